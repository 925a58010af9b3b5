"""Sudoers files as `remediator sudoers` prints them: of the shipped playbooks, and of any others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.cli.command import offline

ROOT = Path(__file__).parents[2]
SUDOERS = ROOT / "deploy/sudoers.d/remediator"
LABEL = "{{ labels.any }}"
WIDE_STEPS: list[dict[str, Any]] = [
    {"journal.vacuum": {"keep_size": LABEL, "path": LABEL}},
    {"journal.vacuum": {"keep_time": LABEL}},
    {"journal.vacuum": {"keep_size": LABEL, "keep_time": LABEL}},
    {"docker.prune": {"older_than": LABEL, "path": LABEL}},
    {"service.restart": {"unit": LABEL}},
    {"filesystem.grow": {"path": LABEL}},
    {"host.command": {"name": "reload", "parameters": {"unit": LABEL}}},
    {"host.command": {"name": "clean", "parameters": {"directory": LABEL, "age": "7"}}},
]
"""Steps of which labels decide all that they may decide."""
WIDE_LOOKS: list[dict[str, Any]] = [
    {"journal.errors": {"since": LABEL, "lines": LABEL}},
    {"journal.errors": {"since": LABEL, "lines": LABEL, "unit": LABEL}},
    {"disk.usage": {"path": LABEL}},
]
COMMANDS: dict[str, Any] = {
    "reload": {
        "argv": ["systemctl", "reload", "{unit}"],
        "parameters": {"unit": "[a-z-]+[.]service"},
    },
    "clean": {
        "argv": ["find", "/data/{directory}", "-mtime", "+{age}", "-delete"],
        "parameters": {"directory": "[a-z0-9-]+", "age": r"\d{1,3}"},
        "check": {"argv": ["test", "-d", "/data/{directory}"]},
    },
    "nginx-test": {"argv": ["nginx", "-t"], "tests": "nginx.service"},
}


def printed(*words: str) -> str:
    result = offline("sudoers", *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def sudoers_for(account: str) -> str:
    """The shipped file for an account of another name."""
    return printed(str(ROOT / "playbooks"), "--account", account)


def wide_sudoers(account: str) -> str:
    """The file for a playbook that says nothing about its values."""
    return sudoers_of(account, WIDE_STEPS, WIDE_LOOKS, COMMANDS)


def sudoers_of(
    account: str,
    steps: Sequence[Mapping[str, Any]],
    looks: Sequence[Mapping[str, Any]] = (),
    commands: Mapping[str, Any] | None = None,
    **more: Any,
) -> str:
    """The file for one playbook of these steps."""
    with TemporaryDirectory() as place:
        settings = written(Path(place), playbook(steps, looks, **more), commands)
        return printed("--config.file", settings, "--account", account)


def written(folder: Path, book: Mapping[str, Any], commands: Mapping[str, Any] | None) -> str:
    """Settings with one playbook."""
    (folder / "playbooks").mkdir()
    (folder / "playbooks/one.yaml").write_text(yaml.safe_dump(dict(book)))
    file = folder / "remediator.yaml"
    file.write_text(yaml.safe_dump({"playbooks": ["playbooks"], "commands": commands or {}}))
    return str(file)


def playbook(
    steps: Sequence[Mapping[str, Any]], looks: Sequence[Mapping[str, Any]] = (), **more: Any
) -> dict[str, Any]:
    return {
        "name": "one",
        "match": ['alertname="X"'],
        "requires": ["any"],
        "target": "host/{{ labels.any | host }}",
        "mode": "approve",
        "diagnose": list(looks),
        "steps": list(steps),
        "verify": {"all": [{"alert": "resolved"}]},
        **more,
    }
