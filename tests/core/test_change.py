"""Changes and plans: what an approval signs, and when a planned change no longer fits."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.core.change import ActionEffect, Nothing, make_plan, still_holds
from remediator.core.target import Target
from remediator.testing.builders import a_change

SIGNED: list[dict[str, Any]] = [
    {"step": "other"},
    {"action": "docker.prune"},
    {"target": Target("host", "web2")},
    {"intent": {"keep_size": 1}},
    {"version": "boot-2"},
    {"effect": ActionEffect.REVERSIBLE},
    {"bound": 1},
    {"bound": None},
]
UNSIGNED: list[dict[str, Any]] = [
    {"summary": "another way to say it"},
    {"estimate": 1},
    {"unit": "pods"},
    {"before": {"size": 1}},
    {"after": {"size": 1}},
    {"undo_hint": "none"},
]


def digest(**changes: Any) -> str:
    return make_plan("d", (a_change(**changes),)).digest


@pytest.mark.parametrize("changes", SIGNED, ids=str)
def test_the_digest_covers_what_will_be_done(changes: dict[str, Any]) -> None:
    assert digest(**changes) != digest()


@pytest.mark.parametrize("changes", UNSIGNED, ids=str)
def test_the_digest_does_not_cover_what_is_only_said(changes: dict[str, Any]) -> None:
    assert digest(**changes) == digest()


def test_the_digest_covers_the_playbook_and_the_order_of_the_changes() -> None:
    first, second = a_change(), a_change(step="second")
    plans = [
        make_plan("d", (first, second)),
        make_plan("d", (second, first)),
        make_plan("d", (first,)),
        make_plan("d", ()),
        make_plan("e", (first, second)),
    ]
    assert len({plan.digest for plan in plans}) == len(plans)


@pytest.mark.parametrize(
    ("proposed", "problem"),
    [
        (a_change(), None),
        (a_change(summary="in other words", before={"x": 1}), None),
        (a_change(estimate=2_000_000_000), None),
        (a_change(estimate=2_000_000_001), "exceed the planned bound of 2000000000 bytes"),
        (a_change(version="boot-2"), "is not what it was when planned"),
        (a_change(target=Target("host", "web2")), "is not what it was when planned"),
        (a_change(intent={"keep_size": 1}), "now means another change"),
        (a_change(effect=ActionEffect.REVERSIBLE), "now means another change"),
        (Nothing(reason="the journal is small already"), "the journal is small already"),
    ],
)
def test_a_planned_change_is_compared_with_a_fresh_look(proposed: Any, problem: str | None) -> None:
    reason = still_holds(a_change(), proposed)
    assert (problem in reason) if problem and reason else reason == problem


@pytest.mark.parametrize(
    ("bound", "estimate", "holds"),
    [(0, None, True), (0, 0, True), (0, 1, False), (5, 5, True), (5, 6, False), (None, 9, True)],
)
def test_a_fresh_estimate_may_come_up_to_the_bound_and_not_above(
    bound: int | None, estimate: int | None, *, holds: bool
) -> None:
    planned = a_change(bound=bound, estimate=0)

    assert (still_holds(planned, a_change(bound=bound, estimate=estimate)) is None) is holds


def test_a_plan_that_was_stored_still_holds() -> None:
    """A tuple comes back from the journal as a list: that is no change of the world."""
    stored = a_change(intent={"what": ["images", "build_cache"]})
    fresh = a_change(intent={"what": ("images", "build_cache")})
    assert still_holds(stored, fresh) is None


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ((), False),
        ((ActionEffect.READ, ActionEffect.REVERSIBLE), False),
        ((ActionEffect.REVERSIBLE, ActionEffect.IRREVERSIBLE), True),
    ],
)
def test_one_irreversible_change_makes_a_plan_irreversible(
    effects: tuple[ActionEffect, ...], expected: bool
) -> None:
    plan = make_plan("d", tuple(a_change(effect=effect) for effect in effects))
    assert plan.irreversible is expected
