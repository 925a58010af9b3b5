"""A daemon imports what its settings and playbooks name, and nothing else."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ABSENT = {
    *("alembic", "asyncpg", "asyncssh", "boto3", "botocore", "cel_expr_python", "cryptography"),
    *("jinja2", "kubernetes", "mako", "matplotlib", "pygments", "slack_bolt", "slack_sdk"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.orm"),
}
PARTS = re.compile(r"remediator\.integrations\.(\w+)\.(?:actions|checks|probes|channel)\b")
PLAYBOOK = """\
name: clean
match: ['alertname="Full"']
requires: [instance]
target: host/{{ labels.instance | host }}
steps: [{journal.vacuum: {keep_time: 2d}}]
verify: {all: [{disk: {path: /, below_percent: 90}}]}
"""
PATIENCE = 60


def imported(folder: Path) -> set[str]:
    """The modules that `serve` has imported when it listens, by the interpreter's own list."""
    said = folder / "said"
    (folder / "settings.yaml").write_text(
        "listen: 127.0.0.1:0\ndata_dir: data\nplaybooks: [playbooks]\n"
        if (folder / "playbooks").is_dir()
        else "listen: 127.0.0.1:0\ndata_dir: data\n"
    )
    argv = [sys.executable, "-X", "importtime", "-m", "remediator", "serve"]
    with (
        said.open("w") as errors,
        subprocess.Popen(
            [*argv, "--config.file", "settings.yaml"], cwd=folder, stderr=errors
        ) as daemon,
    ):
        until = time.monotonic() + PATIENCE
        while "remediator listens on" not in said.read_text():
            assert daemon.poll() is None, said.read_text()[-2000:]
            assert time.monotonic() < until
            time.sleep(0.05)
        daemon.send_signal(signal.SIGTERM)
    lines = said.read_text().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def within(names: set[str], packages: set[str]) -> set[str]:
    return {p for p in packages if any(n == p or n.startswith(f"{p}.") for n in names)}


def systems(names: set[str]) -> set[str]:
    return {found[1] for name in names if (found := PARTS.match(name))}


@pytest.mark.slow
def test_without_sections_and_playbooks_no_system_is_loaded(tmp_path: Path) -> None:
    names = imported(tmp_path)

    assert {"aiohttp", "sqlalchemy", "remediator.stores.sqlite"} <= names
    assert within(names, ABSENT) == set()
    assert (
        systems(names) - {"aws"} == set()
    )  # whose names for machines share a module with its actions


@pytest.mark.slow
def test_a_playbook_loads_the_system_that_it_names_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "clean.yaml").write_text(PLAYBOOK)

    names = imported(tmp_path)

    assert within(names, ABSENT) == {"jinja2"}
    assert systems(names) - {"aws"} == {"hosts"}
    assert not any(name.startswith("remediator.integrations.aws.actions.e") for name in names)
