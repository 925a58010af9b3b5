"""The catalog: what registers itself is found, and two things never share a name."""

from __future__ import annotations

import pytest

from remediator.config.catalog import by_name, find_catalog
from remediator.config.playbooks import PlaybookLoader
from remediator.config.yaml_source import read_yaml
from remediator.core.errors import InvalidSettings
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
    steps = "target: host/a\nsteps:\n  - journal.vacuum: {keep_size: 1G}\n"
    assert loads(f"{HEAD}{ALERT}{steps}diagnose:\n  - {example}\n")
