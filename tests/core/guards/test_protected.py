"""protected: what no playbook may touch."""

from __future__ import annotations

import pytest

from remediator.core.guards.protected import GUARD, ProtectedSettings, is_protected
from remediator.core.target import Target, parse_target
from remediator.core.verdict import Ruling
from tests.core.guards.cases import HOST, a_subject, facts, ruling


@pytest.mark.parametrize(
    ("target", "pattern", "expected"),
    [
        ("host/db1", "host/db1", True),
        ("host/db1", "host/db*", True),
        ("host/web1", "host/db*", False),
        ("host/db1", "volume/db1", False),
        ("host/db1", "*/db1", False),
        ("host/db10", "host/db1", False),
        ("host/DB1", "host/db1", True),
        ("host/db1.example.com.", "host/DB1.Example.COM", True),
        ("host/db1", "host/DB*", True),
        ("host/db1:9100", "host/db1", True),
        ("host/[2001:db8::11]:9100", "host/2001:DB8:0:0::11", True),
        ("host/::ffff:10.0.0.7", "host/10.0.0.7", True),
        ("host/167772167", "host/10.0.0.7", True),
        ("instance/i-0ABCDEF1", "instance/i-0abcdef1", True),
        ("instance/i-0abcdef1@eu-west-1", "instance/I-0ABCDEF1", True),
        ("node/db1", "node/DB1", True),
        ("node/db1", "node/db1@eu", True),
        ("deployment/kube-system/dns", "namespace/Kube-System", True),
        ("deployment/kube-system/dns@eu", "namespace/kube-system@eu", True),
        ("deployment/kube-system/dns@us", "namespace/kube-system@eu", False),
        ("deployment/kube-system/dns", "namespace/kube-system", True),
        ("deployment/kube-system-2/dns", "namespace/kube-system", False),
        ("deployment/kube-system/dns", "namespace/kube-*", True),
        ("deployment/kube-system/dns", "deployment/kube-system/*", True),
        ("deployment/kube-system/dns@eu", "namespace/kube-system", True),
        ("deployment/shop/api@eu", "deployment/shop/api", True),
        ("deployment/shop/api@eu", "deployment/shop/api@eu", True),
        ("deployment/shop/api@us", "deployment/shop/api@eu", False),
        ("pod/shop/kube-system", "namespace/kube-system", False),
        ("namespace/kube-system", "namespace/kube-system", True),
        ("host/kube-system", "namespace/kube-system", False),
        ("host/db1", "host", False),
        ("host/[2001:db8::1]", "host/[2001:db8::1]", True),
    ],
)
def test_patterns_name_targets_and_namespaces(target: str, pattern: str, expected: bool) -> None:
    assert is_protected(parse_target(target), pattern) is expected


@pytest.mark.parametrize("acted", [False, True])
def test_one_protected_target_is_enough(acted: bool) -> None:
    subject = a_subject(targets=(HOST, Target("host", "db1")), acted=acted)
    known = facts(protected=("host/db*",))
    assert ruling(GUARD, ProtectedSettings(), subject, known) is Ruling.DENY


def test_nothing_is_said_about_other_targets() -> None:
    known = facts(protected=("host/db*", "namespace/kube-system"))
    assert ruling(GUARD, ProtectedSettings(), a_subject(), known) is None
