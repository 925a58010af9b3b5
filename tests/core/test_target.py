"""Targets: hostile names are refused before anything is made of them."""

from __future__ import annotations

import pytest

from remediator.core.errors import InvalidTarget
from remediator.core.target import Target, parse_target


@pytest.mark.parametrize(
    ("text", "kind", "name", "namespace"),
    [
        ("host/web1", "host", "web1", None),
        ("host/web1.example.com:9100", "host", "web1.example.com:9100", None),
        ("host/[2001:db8::1]:9100", "host", "[2001:db8::1]:9100", None),
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
