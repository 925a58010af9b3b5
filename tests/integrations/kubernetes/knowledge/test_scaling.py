"""Numbers of replicas: what is asked for, what the playbook allows, and who else rules them."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.scaling import (
    Bounds,
    Refusal,
    is_made_by_keda,
    replicas_wanted,
    ruler_of,
)

BOUNDS = Bounds(least=2, most=10)


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [
        (3, "6", 6),
        (3, "3", 3),
        (0, "2", 2),
        (3, "+2", 5),
        (3, "-1", 2),
        (9, "+5", 10),
        (3, "-5", 2),
        (3, "2", 2),
        (1, "+2", 3),
    ],
)
def test_a_number_is_reached_within_the_bounds(current: int, wanted: str, expected: int) -> None:
    assert replicas_wanted(current, wanted, BOUNDS) == expected


@pytest.mark.parametrize(
    ("current", "wanted", "word"),
    [
        (3, "11", "beyond"),
        (3, "0", "beyond"),
        (10, "+1", "no more"),
        (14, "+1", "no more"),
        (2, "-1", "no fewer"),
        (0, "+2", "switched it off"),
        (3, "", "not a number"),
        (3, "1.5", "not a number"),
        (3, "+", "not a number"),
        (3, "\u0663", "not a number"),
    ],
)
def test_what_is_not_to_be_had_is_refused_with_its_reason(
    current: int, wanted: str, word: str
) -> None:
    found = replicas_wanted(current, wanted, BOUNDS)

    assert isinstance(found, Refusal)
    assert word in found.reason


def autoscaler(name: str, kind: str | None = "Deployment", owner: str = "") -> dict[str, Any]:
    reference = {"name": name} | ({"kind": kind} if kind else {})
    owners = [{"kind": owner, "name": "x"}] if owner else []
    return {
        "metadata": {"name": f"hpa-{name}", "ownerReferences": owners},
        "spec": {"scaleTargetRef": reference},
    }


@pytest.mark.parametrize(
    ("kind", "name", "rules"),
    [
        ("deployment", "api", True),
        ("deployment", "web", False),
        ("statefulset", "api", False),
        ("deployment", "keda", True),
    ],
)
def test_an_autoscaler_rules_only_what_it_names(kind: str, name: str, rules: bool) -> None:
    known = [autoscaler("api"), autoscaler("keda", kind=None)]

    assert (ruler_of(kind, name, known) is not None) is rules


def test_kedas_own_autoscaler_is_known_by_its_owner() -> None:
    assert is_made_by_keda(autoscaler("api", owner="ScaledObject"))
    assert not is_made_by_keda(autoscaler("api"))
