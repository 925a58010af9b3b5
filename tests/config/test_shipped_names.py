"""What is said to come with a folder is what the folder brings."""

import pytest

from remediator.config.catalog import PARTS, find_catalog
from remediator.config.folders import find_grant_writers, modules
from remediator.core.errors import InvalidSettings
from remediator.integrations.shipped import COMMANDS, SHIPPED, comes_with
from remediator.ports.sections import Sections

CATALOG = find_catalog()


def test_every_name_of_the_catalog_is_listed_and_none_twice() -> None:
    listed = [name for names in SHIPPED.values() for name in names]
    there = {name for room in PARTS for name in getattr(CATALOG, room)}

    there |= set(CATALOG.filters(Sections()))

    assert set(listed) == there


def test_every_command_that_writes_grants_is_listed_with_its_folder() -> None:
    found = {
        writer.command: module.__name__.split(".")[2]
        for module in modules("grants")
        for writer in module.GRANTS
    }

    assert found == COMMANDS


def test_two_integrations_that_bring_one_command_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = list(modules("grants"))
    monkeypatch.setattr("remediator.config.folders.modules", lambda part: [*found, *found])

    with pytest.raises(InvalidSettings, match="bring one command"):
        find_grant_writers()


def test_a_name_is_told_with_the_folder_that_brings_it() -> None:
    assert (
        comes_with("ebs.grow")
        == "`ebs.grow` comes with the integration `aws`, which is not installed."
    )
    assert comes_with("ebs.grove") == ""
