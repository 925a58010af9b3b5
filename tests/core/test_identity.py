"""One machine under several names: what is protected under one name is protected under all, and doubt means no."""

from __future__ import annotations

import pytest

from remediator.core.guards.protected import GUARD, ProtectedSettings, in_doubt
from remediator.core.identity import Identity, OwnMachine
from remediator.core.target import Target, parse_target
from remediator.core.verdict import Ruling
from tests.core.guards.cases import a_subject, facts

DB1 = "host/db1.example.com"
FREE = ""


def a(text: str, *names: str, declared: tuple[str, ...] = (), **more: object) -> Identity:
    targets = tuple(parse_target(name) for name in (*names, *declared))
    known = frozenset(parse_target(name) for name in declared)
    return Identity(target=parse_target(text), names=targets, declared=known, **more)


def reason(pattern: str | OwnMachine, own: Identity, *others: Identity) -> str:
    known = {each.target: each for each in (own, *others)}
    asked = facts(protected=(pattern,), identities=known)
    verdict = GUARD.judge(ProtectedSettings(), a_subject(targets=(own.target,)), asked)
    assert verdict is None or verdict.ruling is Ruling.DENY
    return verdict.reason if verdict else FREE


@pytest.mark.parametrize(
    "own",
    [
        a("host/10.0.0.11", declared=(DB1,)),
        a("host/2001:DB8:0:0::11", declared=(DB1,)),
        a("instance/i-0abcdef1", "host/10.0.0.11", declared=(DB1,)),
        a("instance/i-0abcdef1", DB1),
        a("node/db1", "instance/i-0abcdef1", "host/DB1.example.com."),
        a("volume/vol-0abcdef1", machines=(a("instance/i-0abcdef1", declared=(DB1,)),)),
    ],
    ids=lambda own: str(own.target),
)
def test_a_protected_machine_is_protected_under_every_name_that_is_known(own: Identity) -> None:
    assert "which is protected by the settings (host/DB1.Example.com)" in reason(
        "host/DB1.Example.com", own
    )


@pytest.mark.parametrize(
    "own",
    [
        a("host/10.0.0.11"),
        a("host/2001:db8::11"),
        a("host/db1"),
        a("instance/i-0abcdef1"),
        a("instance/i-0abcdef1", "host/10.0.0.7", "host/ip-10-0-0-7.ec2.internal"),
        a("node/db1"),
        a("node/worker7", "host/worker7"),
        a("volume/vol-0abcdef1"),
        a("volume/vol-0abcdef1", machines=(a("instance/i-0abcdef1"),)),
        a("host/web1", perhaps=frozenset({parse_target(DB1)})),
    ],
    ids=lambda own: " ".join(map(str, own.all_names)),
)
def test_what_nobody_can_tell_from_the_protected_machine_counts_as_it(own: Identity) -> None:
    for pattern in (DB1, "host/db*") if own.target != Target("host", "web1") else (DB1,):
        said = reason(pattern, own)
        assert "is protected by the settings" in said
    assert "say which machine it is" in reason(DB1, own)


@pytest.mark.parametrize(
    ("own", "others"),
    [
        (a("host/web1"), ()),
        (a("host/web1.example.com"), ()),
        (a("host/db10.example.com"), ()),
        (a("host/10.0.0.7", declared=("host/web1",)), ()),
        (a("instance/i-0abcdef1", declared=("host/web1",)), ()),
        (a("instance/i-0abcdef1"), (a(DB1, declared=("instance/i-0abcdef2",)),)),
        (a("node/web1", "host/10.0.0.7"), (a(DB1, declared=("host/10.0.0.11",)),)),
        (a("volume/vol-0abcdef1", machines=()), ()),
        (a("pod/shop/api-1"), ()),
        (a("deployment/shop/db1.example.com"), ()),
    ],
    ids=lambda value: str(value.target) if isinstance(value, Identity) else "",
)
def test_what_is_known_to_be_another_machine_is_free(
    own: Identity, others: tuple[Identity, ...]
) -> None:
    assert reason(DB1, own, *others) == FREE


def test_two_names_with_two_declared_addresses_are_two_machines_though_they_look_alike() -> None:
    own = a("host/db1", declared=("host/10.0.0.7",))

    assert reason(DB1, own, a(DB1, declared=("host/10.0.0.11",))) == FREE
    assert reason(DB1, own, a(DB1)) != FREE


def test_a_protected_instance_holds_for_the_host_that_it_is_and_for_no_other() -> None:
    instance = a("instance/i-0abcdef1", "host/10.0.0.11", "host/10.1.0.11")

    assert reason("instance/I-0ABCDEF1", a("host/web1", declared=("host/10.1.0.11",)), instance)
    other = a("host/web2", declared=("host/10.0.0.7",))
    assert reason("instance/i-0abcdef1", other, instance) == FREE
    assert reason("instance/i-0abcdef1", other) != FREE


def test_only_those_protected_machines_are_asked_about_that_could_be_the_target() -> None:
    known = facts(protected=(DB1, "host/db*", "instance/i-0abcdef1", "namespace/shop"))

    assert in_doubt(a_subject(targets=(Target("host", "web1"),)), known) == (
        Target("instance", "i-0abcdef1"),
    )
    assert in_doubt(a_subject(targets=(Target("pod", "shop/a"),)), known) == ()


def test_a_container_is_held_with_its_pod_and_an_id_without_its_region() -> None:
    assert a("pod/shop/api-1/main@eu").all_names[1] == Target("pod", "shop/api-1@eu")
    assert a("volume/vol-1@eu-west-1").all_names[1] == Target("volume", "vol-1")
    assert a("asg/web@eu-west-1").all_names == (Target("asg", "web@eu-west-1"),)


@pytest.mark.parametrize(
    ("told_by", "end"),
    [
        ((), "say which machine it is"),
        (("`a`",), "say which machine it is, by `a`"),
        (("`a`", "`b`", "`c`"), "say which machine it is, by `a`, `b` or `c`"),
    ],
)
def test_where_nobody_can_tell_the_settings_that_could_are_named(
    told_by: tuple[str, ...], end: str
) -> None:
    assert reason("node/n1", a("host/web1", told_by=told_by)).endswith(end)


MONITOR = OwnMachine(target=parse_target("host/10.0.0.9"), what="the machine of `prometheus.url`")
HOME = OwnMachine(target=parse_target("host/mon1"), what="the daemon's own machine")
STORE = OwnMachine(target=parse_target("postgres/runs"), what="the database of `store`")


@pytest.mark.parametrize(
    ("machine", "own"),
    [
        (MONITOR, a("host/10.0.0.9")),
        (MONITOR, a("host/mon1", declared=("host/10.0.0.9",))),
        (MONITOR, a("instance/i-0abcdef1", "host/10.0.0.9")),
        (MONITOR, a("volume/vol-0abcdef1", machines=(a("instance/i-0abcdef1", "host/10.0.0.9"),))),
        (HOME, a("host/mon1")),
        (HOME, a("host/mon1.example.com")),
        (HOME, a("node/mon1")),
        (STORE, a("postgres/runs")),
    ],
    ids=lambda value: str(value.target),
)
def test_what_remediator_stands_on_is_protected_under_every_name_that_is_known(
    machine: OwnMachine, own: Identity
) -> None:
    said = reason(machine, own)

    assert f"{own.target} is {machine.what}" in said
    assert f"`unprotected: [{machine.target}]`" in said


@pytest.mark.parametrize(
    "own",
    [
        a("host/web1"),
        a("instance/i-0abcdef1"),
        a("node/web1"),
        a("volume/vol-0abcdef1"),
        a("host/mon10"),
        a("deployment/mon1/api"),
        a("postgres/orders"),
        a("host/runs"),
    ],
    ids=lambda own: str(own.target),
)
def test_doubts_whether_a_machine_is_our_own_stop_nothing(own: Identity) -> None:
    assert reason(MONITOR, own) == FREE
    assert reason(HOME, own) == FREE
    assert reason(STORE, own) == FREE
    known = {own.target: own}
    asked = facts(protected=(MONITOR, HOME), identities=known)
    assert in_doubt(a_subject(targets=(own.target,)), asked) == ()
