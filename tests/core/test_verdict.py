"""Judgements: the strictest wins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.verdict import NO_OBJECTION, Judgement, Ruling, Verdict
from remediator.testing.builders import MOMENT


def says(ruling: Ruling, guard: str = "g", minutes: int | None = None) -> Verdict:
    until = None if minutes is None else MOMENT + timedelta(minutes=minutes)
    return Verdict(guard=guard, ruling=ruling, reason="so", until=until)


def test_the_order_of_rulings_is_the_one_that_is_promised() -> None:
    assert Ruling.ALLOW < Ruling.ASK < Ruling.DEFER < Ruling.DENY


@pytest.mark.parametrize(
    ("rulings", "expected"),
    [
        ((), Ruling.ALLOW),
        ((Ruling.ASK,), Ruling.ASK),
        ((Ruling.ASK, Ruling.ALLOW), Ruling.ASK),
        ((Ruling.DEFER, Ruling.ASK), Ruling.DEFER),
        ((Ruling.DENY, Ruling.DEFER, Ruling.ASK), Ruling.DENY),
    ],
)
def test_the_strictest_wins(rulings: tuple[Ruling, ...], expected: Ruling) -> None:
    assert Judgement(verdicts=tuple(says(r) for r in rulings)).ruling is expected


def test_the_first_of_the_strictest_is_the_reason() -> None:
    judgement = Judgement(
        verdicts=(says(Ruling.ASK), says(Ruling.DENY, "first"), says(Ruling.DENY, "second"))
    )
    assert judgement.strictest is not None
    assert judgement.strictest.guard == "first"
    assert NO_OBJECTION.strictest is None


def test_a_run_is_deferred_until_the_last_deferring_guard_may_change_its_mind() -> None:
    judgement = Judgement(
        verdicts=(
            says(Ruling.DEFER, minutes=5),
            says(Ruling.DEFER, minutes=9),
            says(Ruling.DEFER),
            says(Ruling.ASK, minutes=60),
        )
    )
    assert judgement.until == MOMENT + timedelta(minutes=9)
    assert NO_OBJECTION.until is None
