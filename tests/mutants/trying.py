"""Copies of the program in which bugs are planted, and the tests that meet them there, each in a process of its own.

What costs seconds to import is imported once, before the processes fork.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

from .planting import Mutant

COPIED = ("remediator", "tests", "playbooks", "deploy", "docs", "benchmarks")
FILES = (
    "pyproject.toml",
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "requirements.lock",
    "requirements-dev.lock",
)
HEAVY = (
    *("aiohttp.web", "aiohttp.test_utils", "sqlalchemy.ext.asyncio", "alembic.command", "pydantic"),
    *("yaml", "asyncssh", "boto3", "botocore.stub", "kubernetes.client", "kubernetes.config"),
    *("jinja2.sandbox", "cel_expr_python", "re2", "click.testing", "prometheus_client"),
    *("slack_sdk.web.async_client", "slack_bolt.async_app", "matplotlib", "unittest.mock"),
)
LONGEST = 90.0
QUIET = (
    "-q",
    "-x",
    "-n0",
    "-m",
    "not slow",
    "-p",
    "no:cacheprovider",
    "-p",
    "tests.mutants.watching",
)
# What tells of a broken tree, not of a broken program.
LEFT_OUT = ("--ignore=tests/meta", "--ignore=tests/mutants")


def import_what_is_heavy() -> None:
    """Import the libraries; one that is not installed is left out."""
    for name in HEAVY:
        try:
            import_module(name)
        except ImportError:
            continue


def copy_tree(root: Path, folder: Path) -> Path:
    """Copy what the tests need, with times, so that what was compiled stays valid."""
    for name in COPIED:
        shutil.copytree(root / name, folder / name, symlinks=True)
    for name in FILES:
        shutil.copy2(root / name, folder / name)
    return folder


def watch(copy: Path, folder: Path) -> dict[str, tuple[float, list[str]]]:
    """Run the fast tests once and return, by test, how long it took and which functions it called."""
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n2",
        "-m",
        "not slow",
        "-p",
        "tests.mutants.watching",
    ]
    environment = os.environ | {"REMEDIATOR_WATCH": str(folder), "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [*command, *LEFT_OUT],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the tests fail without any bug:\n{done.stdout[-3000:]}")
    seen: dict[str, tuple[float, list[str]]] = {}
    for file in folder.glob("*.json"):
        seen |= json.loads(file.read_text())
    return seen


class Trial:
    """One bug in one copy, with the tests that meet it running in a forked process."""

    def __init__(self, mutant: Mutant, copy: Path, tests: list[str]) -> None:
        self.mutant = mutant
        self.copy = copy
        self._file = copy / mutant.path
        self._original = self._file.read_bytes()
        self._times = self._file.stat()
        self._ends = time.monotonic() + LONGEST
        self._file.write_bytes(mutant.plant(self._original))
        self._chosen = copy / "chosen.json"
        self._chosen.write_text(json.dumps([] if mutant.tests else tests))
        self._process = os.fork()
        if self._process == 0:
            self._child(sorted({test.partition("::")[0] for test in tests}))

    def is_caught(self) -> bool | None:
        """Say whether a test failed (or hung); None while they still run. The original stands again afterwards."""
        ended, status = os.waitpid(self._process, os.WNOHANG)
        if not ended and time.monotonic() < self._ends:
            return None
        if not ended:
            os.killpg(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
        self._file.write_bytes(self._original)
        os.utime(self._file, ns=(self._times.st_atime_ns, self._times.st_mtime_ns))
        return not ended or os.waitstatus_to_exitcode(status) != 0

    def _child(self, files: list[str]) -> None:
        """Become a fresh pytest in the copy; never return."""
        code = 1
        try:
            os.setpgid(0, 0)
            os.chdir(self.copy)
            log = os.open(self.copy / "trial.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.dont_write_bytecode = True
            os.environ |= {"REMEDIATOR_CHOSEN": str(self._chosen), "PYTHONPATH": str(self.copy)}
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            for name in [n for n in sys.modules if n.partition(".")[0] in ("tests", "remediator")]:
                del sys.modules[name]
            sys.path[:] = [str(self.copy), *(p for p in sys.path if p not in ("", os.getcwd()))]
            import pytest

            code = int(pytest.main([*QUIET, *files]))
        finally:
            sys.stdout.flush()
            os._exit(code)
