"""Targets: hostile names are refused before anything is made of them."""

from __future__ import annotations

import pytest

from remediator.core.errors import InvalidTarget
from remediator.core.spelling import LOWER_BY_RULE
from remediator.core.target import Target, parse_target, typed_target
from remediator.integrations.kubernetes.api import KINDS


@pytest.mark.parametrize(
    ("text", "kind", "name", "namespace"),
    [
        ("host/web1", "host", "web1", None),
        ("host/web1.example.com", "host", "web1.example.com", None),
        ("host/2001:db8::1", "host", "2001:db8::1", None),
        ("host/::1", "host", "::1", None),
        ("deployment/payments/api", "deployment", "payments/api", "payments"),
        ("pod/payments/api-7f9/main", "pod", "payments/api-7f9/main", "payments"),
        ("volume/vol-0a1b", "volume", "vol-0a1b", None),
        ("host/_internal", "host", "_internal", None),
    ],
)
def test_a_target_is_a_kind_and_a_name(
    text: str, kind: str, name: str, namespace: str | None
) -> None:
    target = parse_target(text)
    assert target == Target(kind, name)
    assert target.namespace == namespace
    assert str(target) == text


ONE_SPELLING = [
    ("host/DB1.example.com", "host/db1.example.com"),
    ("host/db1.example.com.", "host/db1.example.com"),
    ("host/DB1.EXAMPLE.COM.:9100", "host/db1.example.com"),
    ("host/web1:9100", "host/web1"),
    ("host/2001:DB8:0:0::11", "host/2001:db8::11"),
    ("host/2001:0db8:0000:0000:0000:0000:0000:0011", "host/2001:db8::11"),
    ("host/[2001:db8::11]", "host/2001:db8::11"),
    ("host/[2001:DB8::11]:9100", "host/2001:db8::11"),
    ("host/::ffff:10.0.0.7", "host/10.0.0.7"),
    ("host/[::FFFF:0a00:0007]:22", "host/10.0.0.7"),
    ("host/0:0:0:0:0:0:0:1", "host/::1"),
    ("host/10.0.0.7:9100", "host/10.0.0.7"),
    ("host/10.0.0.7.", "host/10.0.0.7"),
    ("host/10.7", "host/10.0.0.7"),
    ("host/167772167", "host/10.0.0.7"),
    ("host/0x0a000007", "host/10.0.0.7"),
    ("host/0XA.0.0.0x7", "host/10.0.0.7"),
    ("host/012.0.0.7", "host/10.0.0.7"),
    ("host/101", "host/101"),
    ("host/XN--BCHER-KVA.example", "host/xn--bcher-kva.example"),
    ("instance/I-0ABCDEF1@EU-WEST-1", "instance/i-0abcdef1@eu-west-1"),
    ("volume/VOL-0ABCDEF1", "volume/vol-0abcdef1"),
    ("database/Orders", "database/orders"),
    ("asg/Web@EU-WEST-1", "asg/Web@eu-west-1"),
    ("deployment/shop/api", "deployment/shop/api"),
]


@pytest.mark.parametrize(("written", "kept"), ONE_SPELLING)
def test_one_thing_has_one_spelling_whoever_wrote_it_how(written: str, kept: str) -> None:
    assert str(parse_target(written)) == kept
    assert parse_target(written) == parse_target(kept)
    assert str(parse_target(kept)) == kept


@pytest.mark.parametrize(
    "text",
    ["host/999.1.1.1", "host/1.2.3.4.5", "host/0x", "host/089.1", "host/1.2.3.256", "host/[web"],
)
def test_what_only_looks_like_an_address_stays_a_name(text: str) -> None:
    assert str(parse_target(text)) == text


def test_what_people_type_about_kubernetes_may_have_any_case() -> None:
    assert typed_target("deployment/Shop/API@EU") == Target("deployment", "shop/api@eu")
    assert typed_target("asg/Web") == Target("asg", "Web")


def test_every_kind_of_object_in_kubernetes_is_lower_case_by_rule() -> None:
    assert {*KINDS, "namespace"} == LOWER_BY_RULE


HOSTILE = [
    "",
    "web1",
    "host/",
    "/web1",
    "Host/web1",
    "host /web1",
    "1host/web1",
    "host/ web1",
    "host/web1 ",
    "host/web1\n",
    "host/web\n1",
    "host/web\x001",
    "host/-rf",
    "host/--help",
    "host/-oProxyCommand=reboot",
    "host/web1;reboot",
    "host/$(reboot)",
    "host/`reboot`",
    "host/web1|cat",
    "host/web1&",
    "host/web1>x",
    "host/'web1'",
    'host/"web1"',
    "host/web1\\",
    "host/web*",
    "host/~root",
    "host/#web1",
    "host/web1?x=1",
    "host/web1%2f",
    "host/{{7*7}}",
    "host/<!channel>",
    "host/<script>",
    "host/(web1)",
    "host/../etc/passwd",
    "host/a..b",
    "host//etc/passwd",
    "host/a//b",
    "host/a/",
    "host/.ssh",
    "pod/shop/-rf",
    "pod/shop/--all",
    "pod/shop/.",
    "pod/shop/./x",
    "pod/shop/@x",
    "host/wéb1",
    "host/web1\u202e",
    "host/web1\u2028",
    "host/\udcff",
    "host/" + "a" * 254,
    "h" * 40 + "/web1",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_names_are_refused(text: str) -> None:
    with pytest.raises(InvalidTarget, match="is not a target"):
        parse_target(text)


def test_the_complaint_is_short_whatever_was_sent() -> None:
    with pytest.raises(InvalidTarget) as refused:
        parse_target("x" * 1_000_000)
    assert len(str(refused.value)) < 400
