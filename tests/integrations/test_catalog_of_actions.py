"""Every registered action, check and probe of hosts is found, and its example loads."""

import pytest
import yaml

from remediator.config.catalog import find_catalog
from remediator.core.change import ActionEffect, Safety

CATALOG = find_catalog()


@pytest.mark.parametrize(
    "name",
    ["journal.vacuum", "docker.prune", "service.restart", "host.command", "filesystem.grow"],
)
def test_a_host_action_is_found_and_doubts_are_settled_by_receipt(name: str) -> None:
    action = CATALOG.actions[name]

    assert "host" in action.targets
    assert action.safety is Safety.RECEIPT
    assert action.effect is not ActionEffect.READ


@pytest.mark.parametrize("name", CATALOG.actions)
def test_the_example_of_an_action_loads(name: str) -> None:
    loaded = yaml.safe_load(CATALOG.actions[name].example)

    assert list(loaded) == [name]
    assert CATALOG.actions[name].parameters.model_validate(loaded[name])


@pytest.mark.parametrize("name", ["disk.usage", "host.top", "journal.errors"])
def test_the_example_of_a_probe_loads(name: str) -> None:
    loaded = yaml.safe_load(CATALOG.probes[name].example)

    assert list(loaded) == [name]
    assert CATALOG.probes[name].parameters.model_validate(loaded[name])


def test_the_example_of_the_disk_check_loads() -> None:
    loaded = yaml.safe_load(CATALOG.checks["disk"].example)

    assert CATALOG.checks["disk"].parameters.model_validate(loaded["disk"])
