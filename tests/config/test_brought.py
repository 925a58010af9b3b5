"""What another package's integration brings to the settings: members with roles, a default way, a channel that needs
its section."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import StrictStr

from remediator.config.catalog import Catalog
from remediator.config.settings_reader import LoadedSettings, load_settings
from remediator.config.settings_sections import Role
from remediator.ports.integration import Caller, Integration
from remediator.ports.members import Members
from remediator.ports.sections import Section, Sections
from tests.config.catalogs import small_catalog

PAGER: Section[object] = Section(
    key="pager",
    shape=StrictStr | None,
    read=lambda reading, shape: shape,
    absent=None,
)
MEMBERS = Members(
    key="pager",
    title="the Pager",
    is_name=str.isdecimal,
    how_to_write="Write a number.",
    everybody="everybody with a pager",
)
CALLER = Caller(name="pager", needs="pager")


def notify(sections: Sections) -> tuple[dict[str, object], ...]:
    return ({"pager": {"to": "1"}},) if sections[PAGER] else ()


def catalog() -> Catalog:
    small = small_catalog()
    slack = small.channels["slack"]
    channel = replace(slack, name="pager", title="the Pager", needs="pager", how_to_set="Buy one.")
    brought = Integration(
        name="pager", sections=(PAGER,), notify=notify, members=MEMBERS, caller=CALLER
    )
    return replace(small, channels={"pager": channel}, integrations=(brought,))


@pytest.fixture
def load(tmp_path: Path):
    def read(text: str) -> LoadedSettings:
        path = tmp_path / "settings.yaml"
        path.write_text(text)
        return load_settings(path, catalog())

    return read


def test_its_members_have_roles_and_are_people_and_its_way_is_the_default(load) -> None:
    text = "pager: set\nusers: {pager: {roles: {approver: ['112']}}, people: [{name: ana, pager: ['7']}]}\n"
    found = load(text).checked()

    assert found.users.members == {"pager": {Role.APPROVER: ("112",)}}
    assert found.users.people[0].names["pager"] == ("7",)
    assert found.playbook_rules().approving == {"pager"}
    assert (found.notify, found.handles) == (({"pager": {"to": "1"}},), "pager")


def test_without_its_section_nobody_has_a_role_and_nobody_is_told(load) -> None:
    text = "users: {pager: {roles: {admin: [ana]}}}\nnotify: {pager: '1'}\n"

    assert [str(each).partition("settings.yaml:")[2] for each in load(text).problems] == [
        "1:9: error[no-pager]: `users.pager` gives roles in the Pager, "
        "but the settings have no section `pager`",
        "1:33: error[pager-name]: 'ana' is nobody in the Pager. Write a number.",
        "2:10: error[no-pager]: nobody can be told in the Pager: "
        "the settings have no section `pager`. Buy one.",
    ]


def test_without_the_integration_its_names_are_unknown_keys(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("slack: {channel: '#sre'}\nusers: {slack: {roles: {}}}\n")

    found = load_settings(path, replace(small_catalog(), integrations=())).problems

    assert [each.code for each in found] == ["unknown-key", "unknown-key"]
