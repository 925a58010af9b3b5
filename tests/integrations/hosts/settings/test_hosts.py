"""From an alert's `instance` to a host that may be touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.core.errors import InvalidTarget
from remediator.core.spelling import canonical_host
from remediator.integrations.hosts.settings.hosts import (
    HostResolver,
    HostRule,
    RuleKind,
    strip_port,
)
from remediator.integrations.hosts.settings.inventory import HostAddress, Inventory, read_inventory
from tests.config.playbook_texts import assert_lines
from tests.config.settings_texts import problems

LABEL = HostRule(kind=RuleKind.LABEL, label="ssh_host")
REWRITE = HostRule(kind=RuleKind.REWRITE, match=r"(.+)\.example\.com:\d+", to=r"\1")
STRIP = HostRule(kind=RuleKind.STRIP_PORT)
INVENTORY = HostRule(
    kind=RuleKind.INVENTORY,
    inventory=Inventory(
        path="inventory.json",
        hosts={
            "web1": HostAddress(host="10.0.0.1", port=2222),
            "web2": HostAddress(host="10.0.0.2"),
            "old1": HostAddress(host="10.0.0.9"),
            "old2": HostAddress(host="10.0.0.9"),
        },
    ),
)
ANYTHING = (r".*",)


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("web1", "web1"),
        ("web1:9100", "web1"),
        ("web1.example.com:9100", "web1.example.com"),
        ("10.0.0.1:9100", "10.0.0.1"),
        ("[::1]:9100", "::1"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("web1:http", ""),
        ("web1:", ""),
        ("[::1", ""),
        ("[::1]x", ""),
        ("web1:123456", ""),
    ],
)
def test_a_port_is_stripped(instance: str, host: str) -> None:
    assert strip_port(instance) == host


@pytest.mark.parametrize(
    ("rules", "instance", "labels", "host"),
    [
        ((LABEL, STRIP), "web1:9100", {"ssh_host": "jump1"}, "jump1"),
        ((LABEL, STRIP), "web1:9100", {"ssh_host": ""}, "web1"),
        ((REWRITE, STRIP), "web1.example.com:9100", {}, "web1"),
        ((REWRITE, STRIP), "web1.example.org:9100", {}, "web1.example.org"),
        ((INVENTORY, STRIP), "web1:9100", {}, "web1"),
        ((INVENTORY, STRIP), "10.0.0.2:9100", {}, "web2"),
        ((INVENTORY, STRIP), "10.0.0.3:9100", {}, "10.0.0.3"),
    ],
)
def test_the_first_rule_that_finds_a_host_wins(
    rules: tuple[HostRule, ...], instance: str, labels: dict[str, str], host: str
) -> None:
    assert HostResolver(rules=rules, allow=ANYTHING).resolve(instance, labels) == host


@pytest.mark.parametrize(
    ("resolver", "instance", "reason"),
    [
        (HostResolver(), "web1", "is not in an inventory and `hosts.allow` is not set"),
        (HostResolver(allow=()), "web1", "is not allowed by `hosts.allow`"),
        (HostResolver(allow=(r"web\d",)), "web12", "is not allowed by `hosts.allow`"),
        (HostResolver(allow=(r"web\d",)), "web1\n", "is not a host name"),
        (HostResolver(rules=(INVENTORY,)), "10.0.0.9:22", "more than one host by ansible_inv"),
        (HostResolver(rules=(INVENTORY,), allow=ANYTHING), "evil:22", "none of `hosts.resolve`"),
        (HostResolver(allow=ANYTHING), "", "must have 1 to 256 characters"),
        (HostResolver(allow=ANYTHING), "a" * 300, "must have 1 to 256 characters"),
        (HostResolver(allow=ANYTHING), "-oProxyCommand=x", "is not a host name"),
        (HostResolver(allow=ANYTHING), "a;id", "is not a host name"),
        (HostResolver(allow=ANYTHING), "a/../b", "is not a host name"),
        (HostResolver(allow=ANYTHING), "a b", "is not a host name"),
        (HostResolver(rules=(LABEL,), allow=ANYTHING), "web1", "none of `hosts.resolve`"),
    ],
)
def test_what_is_no_allowed_host_is_refused_with_the_reason(
    resolver: HostResolver, instance: str, reason: str
) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        resolver.resolve(instance, {})

    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("pattern", "host", "is_allowed"),
    [
        (r"Web1\.Example\.com", "web1.example.com", True),
        (r"web1\.example\.com", "WEB1.example.com.", True),
        (r"web1\.example\.com", "web1xexample.com", False),
        (r"web1.example.com", "web1.example.com", True),
        (r"web1.example.com", "web1xexample.com", True),  # a bare dot is any character
        (r"web1", "web12", False),
        (r"web\d", "WEB7", True),
    ],
)
def test_a_name_that_is_spelled_out_is_that_host_alone(
    pattern: str, host: str, is_allowed: bool
) -> None:
    names = (*(f"other{n}" for n in range(50)), pattern)

    assert HostResolver(allow=names).knows(canonical_host(host)) is is_allowed


def test_without_an_allow_list_only_the_inventory_names_hosts() -> None:
    resolver = HostResolver(rules=(LABEL, INVENTORY, STRIP))

    assert resolver.resolve("web1:9100", {}) == "web1"
    with pytest.raises(InvalidTarget):
        resolver.resolve("web1:9100", {"ssh_host": "db-master"})
    with pytest.raises(InvalidTarget):
        resolver.resolve("db-master:9100", {})


def test_an_explanation_says_what_each_rule_found() -> None:
    resolver = HostResolver(rules=(LABEL, INVENTORY, STRIP), allow=(r"web\d",))

    findings = resolver.explain("web1:9100", {})

    assert [(finding.rule, finding.note) for finding in findings] == [
        ("label: ssh_host", "finds nothing"),
        ("ansible_inventory: inventory.json", "this is the host"),
        ("strip_port", "not asked, an earlier rule decided"),
    ]


@pytest.mark.parametrize(
    ("match", "to", "instance", "host"),
    [
        (r"(?P<h>\w+)-x", r"\g<h>", "web1-x", "web1"),
        (r"(\w+)-(\w+)", r"\g<2>.\1", "a-b", "b.a"),
        (r"(a)?b", r"x\1", "b", "x"),
        (r"web", r"\g<0>1", "web", "web1"),
        (r"web", "grün", "web", None),
        (r"(a+)+b", r"\1", "a" * 256, None),
    ],
)
def test_a_rewrite_fills_in_what_its_groups_caught(
    match: str, to: str, instance: str, host: str | None
) -> None:
    rule = HostRule(kind=RuleKind.REWRITE, match=match, to=to)
    resolver = HostResolver(rules=(rule,), allow=ANYTHING)

    if host is None:
        with pytest.raises(InvalidTarget):
            resolver.resolve(instance, {})
    else:
        assert resolver.resolve(instance, {}) == host


def test_addresses_come_from_the_inventory() -> None:
    resolver = HostResolver(rules=(INVENTORY,))

    assert resolver.addresses()["web1"] == HostAddress(host="10.0.0.1", port=2222)


@given(st.text(max_size=300), st.text(max_size=50))
def test_no_instance_gives_a_host_outside_the_allow_list(instance: str, label: str) -> None:
    resolver = HostResolver(rules=(LABEL, REWRITE, INVENTORY, STRIP), allow=(r"web\d+",))

    try:
        host = resolver.resolve(instance, {"ssh_host": label})
    except InvalidTarget:
        return
    assert host.startswith("web")
    assert host[3:].isdigit()


def inventory_file(folder: Path, document: Any) -> Path:
    path = folder / "inventory.json"
    path.write_text(json.dumps(document))
    return path


def test_an_exported_inventory_is_read(tmp_path: Path) -> None:
    hostvars = {
        "web1": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "ansible_user": "ops"},
        "web2": {},
    }
    document = {
        "_meta": {"hostvars": hostvars},
        "all": {"children": ["web"]},
        "web": {"hosts": ["web1", "web2", "web3"]},
    }

    inventory = read_inventory(inventory_file(tmp_path, document))

    assert inventory.hosts == {
        "web1": HostAddress(host="10.0.0.1", port=2222, user="ops"),
        "web2": HostAddress(host="web2"),
        "web3": HostAddress(host="web3"),
    }


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "is not what `ansible-inventory --list` prints"),
        ({"_meta": {"hostvars": {"a": {"ansible_host": "-x"}}}}, "ansible_host of 'a' is not"),
        ({"_meta": {"hostvars": {"a": {"ansible_host": ["b"]}}}}, "ansible_host of 'a' is not"),
        ({"_meta": {"hostvars": {"a": {"ansible_port": "x"}}}}, "ansible_port of 'a' is not"),
        ({"_meta": {"hostvars": {"a": {"ansible_port": 70000}}}}, "ansible_port of 'a' is not"),
        ({"_meta": {"hostvars": {"a": {"ansible_user": "{{ u }}"}}}}, "ansible_user of 'a' is not"),
        ({"_meta": {"hostvars": {"a": {"ansible_user": {"x": 1}}}}}, "ansible_user of 'a' is not"),
        (
            {"_meta": {"hostvars": {"a": {"ansible_host": "b", "ansible_ssh_host": "c"}}}},
            "ansible_host and ansible_ssh_host of 'a' differ",
        ),
    ],
)
def test_a_wrong_inventory_is_refused(tmp_path: Path, document: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=r"inventory\.json") as refusal:
        read_inventory(inventory_file(tmp_path, document))

    assert reason in str(refusal.value)


def test_what_an_inventory_says_of_the_way_and_we_do_not_do_is_named_by_check(
    tmp_path: Path,
) -> None:
    jump = {"ansible_ssh_common_args": "-J bastion"}
    hostvars = {"web1": jump, "web2": jump, "me": {"ansible_connection": "local"}, "db1": {}}
    path = inventory_file(tmp_path, {"_meta": {"hostvars": hostvars}})

    told = problems(tmp_path, "hosts: {resolve: [{ansible_inventory: inventory.json}]}\n")

    assert sorted(read_inventory(path).hosts) == ["db1", "web1", "web2"]
    assert_lines(
        told,
        [
            "settings.yaml:1:39: warning[inventory]: web1 and 1 more has `ansible_ssh_common_args`, which is not …",
            "settings.yaml:1:39: warning[inventory]: me is not reached by SSH (ansible_connection): it is left out",
        ],
    )


def test_an_inventory_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "ini.json").write_text("[web]\nweb1\n")

    for name in ("deep.json", "ini.json", "missing.json"):
        with pytest.raises(ValueError, match=name):
            read_inventory(tmp_path / name)
