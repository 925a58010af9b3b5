"""The catalog: what registers itself is found, and two things never share a name."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from remediator.config import catalog
from remediator.config.catalog import by_name, find_catalog
from remediator.config.playbook_report import PlaybookRules
from remediator.config.playbooks import PlaybookLoader
from remediator.core.errors import InvalidSettings
from remediator.documents.yaml_source import read_yaml
from remediator.ports.parameters import NoParameters
from tests.config.catalogs import an_action

CATALOG = find_catalog()
HEAD = "name: x\nmatch: [alertname=A]\nmode: approve\n"
ALERT = "verify: {all: [{alert: resolved}]}\n"


def loads(text: str) -> bool:
    loaded = PlaybookLoader(CATALOG).read([read_yaml("p.yaml", text.encode())])
    assert not loaded.has_errors, loaded.problems
    return True


def test_our_own_rooms_are_found() -> None:
    assert {"journal.vacuum", "docker.prune", "service.restart", "host.command"} <= set(
        CATALOG.actions
    )
    assert {"promql", "alert", "firing", "http", "tcp", "disk"} <= set(CATALOG.checks)
    assert {"disk.usage", "host.top", "journal.errors"} <= set(CATALOG.probes)
    assert {"console", "webhook"} <= set(CATALOG.channels)


def test_two_things_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidSettings, match=r"two of the name 'a\.b' in the catalog"):
        by_name([an_action("a.b", NoParameters), an_action("a.b", NoParameters)])


def test_one_thing_found_twice_is_one_thing() -> None:
    action = an_action("a.b", NoParameters)

    assert by_name([action, action]) == {"a.b": action}


def test_two_integrations_with_one_section_or_one_kind_of_notification_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = {each.name: each for each in CATALOG.integrations}["alertmanager"]
    for theirs in (replace(ours, name="theirs", sections=()), replace(ours, name="b", sources=())):
        modules = [SimpleNamespace(INTEGRATION=each) for each in (ours, theirs)]
        monkeypatch.setattr(catalog, "_integration_modules", lambda found=modules: found)

        with pytest.raises(InvalidSettings, match="two integrations bring 'alertmanager'"):
            catalog.find_integrations.__wrapped__()


@pytest.mark.parametrize("name", sorted(CATALOG.actions))
def test_the_example_of_every_action_loads(name: str) -> None:
    action = CATALOG.actions[name]

    assert action.example.startswith(f"{name}:") or action.example == name
    example = action.example.strip().replace("\n", "\n    ")
    assert loads(f"{HEAD}{ALERT}target: {action.targets[0]}/a\nsteps:\n  - {example}\n")


@pytest.mark.parametrize("name", sorted(CATALOG.checks))
def test_the_example_of_every_check_loads(name: str) -> None:
    example = CATALOG.checks[name].example.strip().replace("\n", "\n      ")

    assert example.startswith(f"{name}:")
    steps = "target: host/a\nsteps:\n  - journal.vacuum: {keep_size: 1G}\n"
    assert loads(f"{HEAD}{steps}verify:\n  all:\n    - {example}\n")


@pytest.mark.parametrize("name", sorted(CATALOG.probes))
def test_the_example_of_every_probe_loads(name: str) -> None:
    probe = CATALOG.probes[name]
    example = probe.example.strip().replace("\n", "\n    ")

    assert example.startswith(name)
    kind = probe.targets[0]
    fitting = next(a for a in CATALOG.actions.values() if kind in a.targets)
    step = fitting.example.strip().replace("\n", "\n    ")
    steps = f"target: {kind}/a\nsteps:\n  - {step}\n"
    assert loads(f"{HEAD}{ALERT}{steps}diagnose:\n  - {example}\n")


@pytest.mark.parametrize(
    ("target", "action", "column"),
    [("host/a", "host.command", 26), ("pod/shop/web", "kubernetes.pod_command", 36)],
)
def test_a_free_command_is_one_that_the_settings_allow(
    target: str, action: str, column: int
) -> None:
    text = f"{HEAD}{ALERT}target: {target}\nsteps:\n  - {action}: {{name: restrt}}\n"
    rules = PlaybookRules(commands=frozenset({"restart"}))

    loaded = PlaybookLoader(CATALOG, rules).read([read_yaml("p.yaml", text.encode())])

    assert [str(problem) for problem in loaded.problems if problem.code != "no-runbook"] == [
        f"p.yaml:7:{column}: error[unknown-command]: `restrt` is not a command that the settings allow. "
        "Did you mean `restart`?"
    ]


def test_other_packages_add_to_the_catalog_by_entry_points(tmp_path: Path) -> None:
    (tmp_path / "house_actions.py").write_text(
        "from dataclasses import replace\n"
        "from remediator.integrations.hosts.actions.journal.vacuum import ACTIONS as OURS\n"
        "ACTIONS = (replace(OURS[0], name='house.clean'),)\n"
    )
    metadata = tmp_path / "house-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: house\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[remediator.actions]\nhouse = house_actions\n")
    code = "from remediator.config.catalog import find_catalog; print(*find_catalog().actions)"
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))

    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"house.clean", "journal.vacuum"} <= set(found.stdout.split())
