"""The settings know one spelling of a host and of a person, and refuse what would make one thing two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.settings_reader import LoadedSettings, load_settings
from remediator.core.errors import InvalidTarget
from remediator.core.target import Target
from remediator.integrations.hosts.settings.hosts import HostResolver, HostRule, RuleKind
from remediator.integrations.hosts.settings.inventory import HostAddress, Inventory, read_inventory
from remediator.integrations.hosts.settings.section import HOSTS_SECTION

TOKENS = "users:\n  tokens: [{name: ana, role: approver, token: one}, {name: bo, role: viewer, token: two}]\n"


def load(folder: Path, text: str) -> LoadedSettings:
    (folder / "settings.yaml").write_text(text)
    return load_settings(folder / "settings.yaml", find_catalog())


def errors(folder: Path, text: str) -> list[str]:
    return [str(p) for p in load(folder, text).problems if "error" in str(p)]


@pytest.mark.parametrize(
    "instance",
    ["DB1.example.com:9100", "db1.example.com.", "10.0.0.11:9100", "[::ffff:10.0.0.11]:9100"],
)
def test_an_inventory_finds_a_host_in_every_spelling(instance: str) -> None:
    hosts = {"Db1.Example.com": HostAddress(host="10.0.0.11")}
    rule = HostRule(kind=RuleKind.INVENTORY, inventory=Inventory(hosts=hosts))

    assert HostResolver(rules=(rule,)).resolve(instance, {}) == "db1.example.com"


@pytest.mark.parametrize("pattern", [r"web\d", r"WEB\d", r"(?s)Web\d", r"(?i)web\d"])
def test_the_allow_list_does_not_care_about_case(pattern: str) -> None:
    resolver = HostResolver(allow=(pattern,))

    assert resolver.resolve("WEB1.:9100", {}) == "web1"
    with pytest.raises(InvalidTarget):
        resolver.resolve("web12", {})


def test_an_exception_in_the_allow_list_is_not_passed_by_another_case() -> None:
    with pytest.raises(InvalidTarget):
        HostResolver(allow=("[^d].*",)).resolve("DB1", {})


def test_two_spellings_of_one_host_cannot_be_in_two_places(tmp_path: Path) -> None:
    hosts = {"web1": {"ansible_host": "10.0.0.1"}, "WEB1": {"ansible_host": "10.0.0.2"}}
    (tmp_path / "i.json").write_text(json.dumps({"_meta": {"hostvars": hosts}}))

    with pytest.raises(ValueError, match="another spelling of that name"):
        read_inventory(tmp_path / "i.json")


def test_people_and_machines_are_read(tmp_path: Path) -> None:
    people = "  people: [{name: Ana, tokens: [ANA], proxy: [a@example.com], slack: [U0ANA0000]}]\n"
    same = "hosts: {same: [[host/DB1, instance/I-0ABCDEF12]]}\n"
    settings = load(tmp_path, TOKENS + people + same).checked()

    (ana,) = settings.users.people
    assert ana.known_as == ("Ana", "ANA", "a@example.com", "U0ANA0000")
    assert settings.sections[HOSTS_SECTION].same == (
        (Target("host", "db1"), Target("instance", "i-0abcdef12")),
    )


@pytest.mark.parametrize(
    ("people", "complaint"),
    [
        ("{name: x, tokens: [anna]}", "there is no token named `anna`"),
        ("{name: x, proxy: [c]}, {name: y, proxy: [C]}", "`C` is somebody else already"),
        ("{name: x, proxy: [c]}, {name: X, proxy: [d]}", "`X` is somebody else already"),
        ("{name: ana, proxy: [c]}", "the token `ana` has this name"),
        ('{name: x, proxy: ["c\\u200b"]}', "a name must be text that people can read"),
    ],
)
def test_what_would_make_one_person_two_is_an_error(
    tmp_path: Path, people: str, complaint: str
) -> None:
    found = errors(tmp_path, f"{TOKENS}  people: [{people}]\n")

    assert complaint in "\n".join(found)


def test_two_tokens_cannot_be_two_spellings_of_one_name(tmp_path: Path) -> None:
    found = errors(tmp_path, TOKENS.replace("name: bo", "name: Ana"))

    assert "there are two tokens named `Ana`" in "\n".join(found)


def test_a_token_whose_name_nobody_can_read_is_an_error(tmp_path: Path) -> None:
    found = errors(tmp_path, TOKENS.replace("name: bo", 'name: "b\\u200bo"'))

    assert "a name must be text that people can read" in "\n".join(found)


@pytest.mark.parametrize("name", ["deployment/shop/api", "host/..", "web1"])
def test_only_machines_can_be_the_same_machine(tmp_path: Path, name: str) -> None:
    assert errors(tmp_path, f"hosts: {{same: [[host/web1, {name}]]}}\n")
