"""The README's commands, from a clean clone, in the order in which they stand, with a real Alertmanager at the end."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import ROOT
from tests.parts import web
from tests.parts.require import find, require
from tests.parts.server import Server, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

NOT_HERE = {
    "make test": "this is one of its tests",
    "make test-fast": "the same",
    "make bench": "takes minutes",
    "remediator check --config.file /etc/remediator/remediator.yaml --online": "asks servers of yours",
}
PATIENCE = 60


def commands() -> list[str]:
    """Every command line of the README, without its remark."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.M)
    return [line.partition("  ")[0].strip() for block in blocks for line in block.splitlines()]


class Clone:
    """A newcomer's machine: what git knows of this tree, a virtual environment, and one terminal.

    The environment sees our dependencies, so that pip finds them without a download. Ports are free ones.
    """

    def __init__(self, folder: Path) -> None:
        self.cwd = folder / "clone"
        self.ports = {"9095": str(free_port()), "9093": str(free_port())}
        self.said: dict[str, str] = {}
        self._servers: list[Server] = []
        self._folder = folder
        _copy_tracked(self.cwd)
        _make_environment(self.cwd / ".venv")
        self._shim("pip", f'exec {self.cwd}/.venv/bin/python -m pip "$@"')
        address = f"--web.listen-address=127.0.0.1:{self.ports['9093']} --cluster.listen-address="
        state = f"--storage.path={folder}/alertmanager"
        self._shim("alertmanager", f'exec {find("alertmanager")} "$@" {address} {state}')

    def type(self, line: str) -> None:
        """Do what one line says, as a person would who waits for what it promises."""
        for known, free in self.ports.items():
            line = line.replace(known, free)
        if line.startswith("cd "):
            self.cwd /= line.removeprefix("cd ")
        elif line == "remediator serve":
            self._start(line, f"http://127.0.0.1:{self.ports['9095']}/-/ready")
        elif line.startswith("alertmanager "):
            self._start(line, f"http://127.0.0.1:{self.ports['9093']}/-/ready")
        elif line == "remediator runs list":
            self._run_until(line, "dry run")
        else:
            self._run(line.replace("RUN", self._newest_run()))
        if line.startswith("remediator init"):
            self._hurry(self.cwd / line.split()[-1])

    def close(self) -> None:
        for server in reversed(self._servers):
            print(f"--- {server.name}\n{server.log()}")
            server.stop()

    def log(self, name: str) -> str:
        return next(server.log() for server in self._servers if server.name == name)

    def _run(self, line: str) -> str:
        done = subprocess.run(
            shlex.split(line),
            cwd=self.cwd,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.said[line] = done.stdout
        return done.stdout

    def _run_until(self, line: str, word: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while word not in self._run(line):
            assert time.monotonic() < deadline, self.said[line]
            time.sleep(0.5)

    def _start(self, line: str, url: str) -> None:
        words = shlex.split(line)
        server = Server(words[0], self._folder)
        self._servers.append(server)
        argv = ["env", f"--chdir={self.cwd}", *words]
        server.start(argv, lambda: web.answers(url), env=self._environment(), seconds=PATIENCE)

    def _hurry(self, site: Path) -> None:
        """Free ports, and an Alertmanager that does not wait half a minute."""
        for name in ("remediator.yaml", "alertmanager.yml"):
            text = (site / name).read_text().replace("9095", self.ports["9095"])
            (site / name).write_text(text.replace("group_wait: 30s", "group_wait: 1s"))

    def _newest_run(self) -> str:
        found = re.search(r"run_[0-9a-f]+", self.said.get("remediator runs list", ""))
        return found[0] if found else "RUN"

    def _environment(self) -> dict[str, str]:
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("REMEDIATOR_", "PYTHON"))}
        url = f"http://127.0.0.1:{self.ports['9095']}"
        return ours | {
            "PATH": f"{self._folder}/clone/.venv/bin:{ours['PATH']}",
            "REMEDIATOR_URL": url,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def _shim(self, name: str, text: str) -> None:
        path = self._folder / "clone/.venv/bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


def _copy_tracked(folder: Path) -> None:
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _make_environment(folder: Path) -> None:
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "dependencies.pth").write_text(f"{ours}\n")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    require("alertmanager", "amtool")
    found = Clone(tmp_path)
    try:
        yield found
    finally:
        found.close()


def test_the_commands_of_the_readme_lead_from_a_clean_clone_to_a_dry_run_of_a_real_alert(
    clone: Clone,
) -> None:
    lines = commands()
    assert set(NOT_HERE) <= set(lines)

    for line in lines:
        if line not in NOT_HERE:
            clone.type(line)

    assert "everything is a dry run" in clone.log("remediator")
    assert "[dry run] Disk space low on web1" in clone.log("remediator")
    (told,) = (said for line, said in clone.said.items() if line.startswith("remediator why run_"))
    assert "environment unknown dry_run" in told
