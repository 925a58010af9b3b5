"""What comes next while verifying, and after the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from remediator.core import effects as do
from remediator.core import events as ev
from remediator.core.events import Outcome
from remediator.core.facts import Known
from remediator.core.lifecycle import due_at, next_effect, step_order
from remediator.core.run import Phase, Run
from remediator.testing.builders import (
    MOMENT,
)
from tests.core.lifecycle.runs import DONE, HOUR, LATER, ROLLBACK, acting, closing, verifying

FOUND = {"looked_at": MOMENT, "looks": 1, "next_look": LATER}
END = MOMENT + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("run", "now", "expected"),
    [
        (verifying(), MOMENT, do.Rest(LATER)),
        (verifying(), LATER, do.Verify()),
        (verifying(Known.HOLDS, held_since=MOMENT, **FOUND), LATER, do.Verify()),
        (
            verifying(Known.HOLDS, held_since=MOMENT - timedelta(minutes=2), **FOUND),
            MOMENT,
            Outcome.RESOLVED,
        ),
        (
            verifying(Known.HOLDS, held_since=MOMENT - timedelta(minutes=1), **FOUND),
            MOMENT + HOUR,
            do.Verify(),
        ),
        (verifying(Known.FAILS, **FOUND), MOMENT, do.Rest(LATER)),
        (verifying(Known.FAILS, **FOUND), LATER, do.Verify()),
        (verifying(Known.FAILS, **FOUND), MOMENT + HOUR, do.Verify()),
        (verifying(Known.FAILS, **(FOUND | {"looked_at": END})), END, Outcome.UNRESOLVED),
        (verifying(Known.UNKNOWN, **(FOUND | {"looked_at": END})), END, Outcome.UNRESOLVED),
        (verifying(Known.HOLDS, held_since=END, **(FOUND | {"looked_at": END})), END, do.Verify()),
        (verifying(), MOMENT + HOUR, do.Verify()),
    ],
    ids=[
        "it waits for the fix to work",
        "it looks",
        "it has to hold for a while",
        "it has held",
        "a daemon that was down looks again before it believes",
        "it does not hold yet",
        "it looks again",
        "a daemon that was down looks once more before it gives up",
        "it was not verified in time",
        "it was never known",
        "it began to hold at the last moment",
        "it has not looked at all",
    ],
)
def test_verifying(run: Run, now: datetime, expected: do.Effect | Outcome) -> None:
    if isinstance(expected, Outcome):
        assert closing(run, now)[0] is expected
        return
    assert next_effect(run, now) == expected


def test_a_fix_that_was_not_verified_is_taken_back_where_the_playbook_says_so() -> None:
    run = verifying(Known.FAILS, **(FOUND | {"looked_at": END}))
    run = replace(run, order=replace(run.order, failure=ROLLBACK), progress=(DONE,))
    event = ev.RollbackStarted(reason="not verified in time", outcome=Outcome.UNRESOLVED)
    assert next_effect(run, END) == do.Note((event,))


def test_a_fix_that_nobody_could_look_at_is_not_taken_back_for_that() -> None:
    run = verifying(Known.UNKNOWN, **(FOUND | {"looked_at": END}))
    run = replace(run, order=replace(run.order, failure=ROLLBACK), progress=(DONE,))
    assert closing(run, END)[0] is Outcome.UNRESOLVED


def test_a_verification_ends_although_the_alert_has_resolved_or_the_deadline_has_passed() -> None:
    run = replace(verifying(), alert_resolved_at=MOMENT, deadline=MOMENT)
    assert next_effect(run, LATER) == do.Verify()


def test_a_closed_run_rests_for_ever() -> None:
    run = acting(phase=Phase.CLOSED)
    assert next_effect(run, MOMENT) == do.Rest(None)
    assert due_at(run, MOMENT) is None


def test_a_run_is_due_now_or_when_its_rest_ends() -> None:
    assert due_at(acting(), MOMENT) == MOMENT
    assert due_at(acting(not_before=LATER), MOMENT) == LATER


def test_the_undoing_of_a_step_follows_the_orders_of_the_step() -> None:
    run = acting()
    assert step_order(run, "undo:vacuum") is step_order(run, "vacuum")
