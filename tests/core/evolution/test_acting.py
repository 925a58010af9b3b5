"""What follows from intents, their outcomes and doubts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import Measure, Observation
from remediator.core.evolution import evolve
from remediator.core.evolution.acting import MOST_ATTEMPTS, PENDING_GRACE, SETTLE_WITHIN
from remediator.core.run import Run, StepProgress, StepState
from remediator.testing.builders import MOMENT, a_change, a_step, an_order
from tests.core.lifecycle.runs import LATER, TWO, acting, step

NOT_AFTER = MOMENT + timedelta(minutes=5)
FREED = Measure(summary="freed 1 GB", freed_bytes=1_000_000_000)


def intent(step_id: str = "vacuum", n: int = 1) -> ev.IntentCommitted:
    return ev.IntentCommitted(
        step=step_id, n=n, token="t", fence=3, target_fence=8, not_after=NOT_AFTER
    )


def doubtful(state: StepState = StepState.DOUBTED, n: int = 1, **order: object) -> Run:
    progress = (step(state, n=n, not_after=NOT_AFTER),)
    return acting(progress=progress, order=an_order(steps=(a_step(**order),)))


def observed(observation: Observation) -> ev.Observed:
    return ev.Observed(step="vacuum", observation=observation, detail="looked", measure=FREED)


def test_an_intent_keeps_all_that_a_later_look_needs() -> None:
    run = acting(progress=(step(observe_at=LATER, observe_until=LATER),), not_before=LATER)
    after = evolve(run, intent(), MOMENT)
    kept = step(StepState.INTENDED, n=1, token="t", fence=3, target_fence=8, not_after=NOT_AFTER)
    assert after.at("vacuum") == kept
    assert after.not_before is None


@pytest.mark.parametrize(
    ("run", "event"),
    [
        (acting(), intent(n=2)),
        (acting(), intent(n=0)),
        (acting(progress=(step(n=1),)), intent(n=1)),
        (acting(progress=(step(StepState.INTENDED, n=1),)), intent(n=2)),
        (acting(progress=(step(StepState.DOUBTED, n=1),)), intent(n=2)),
        (acting(progress=(step(StepState.APPLIED, n=1),)), intent(n=2)),
        (acting(progress=(step(StepState.SKIPPED),)), intent()),
        (
            acting(
                order=an_order(steps=TWO),
                progress=(
                    step(StepState.UNKNOWN, n=1),
                    StepProgress(step="second", change=a_change()),
                ),
            ),
            intent("second"),
        ),
    ],
    ids=[
        "a number is left out",
        "a number is too small",
        "a number is used again",
        "it is intended already",
        "it is in doubt",
        "it is done",
        "it is left out",
        "another step is in doubt",
    ],
)
def test_an_intent_that_does_not_fit_is_refused(run: Run, event: ev.IntentCommitted) -> None:
    with pytest.raises(IllegalEvent):
        evolve(run, event, MOMENT)


@pytest.mark.parametrize("state", [StepState.INTENDED, StepState.DOUBTED])
def test_an_applied_change_keeps_its_measure(state: StepState) -> None:
    after = evolve(doubtful(state), ev.Applied(step="vacuum", measure=FREED), MOMENT)
    assert (after.at("vacuum").state, after.at("vacuum").measure) == (StepState.APPLIED, FREED)


@pytest.mark.parametrize(
    ("n", "retry", "most", "state", "waits"),
    [
        (1, True, 2, StepState.WAITING, 10),
        (2, True, 2, StepState.WAITING, 20),
        (3, True, 2, StepState.FAILED, None),
        (1, True, 0, StepState.FAILED, None),
        (1, False, 2, StepState.FAILED, None),
    ],
)
def test_a_change_that_was_not_made_is_tried_again_a_few_times_and_ever_later(
    n: int, retry: bool, most: int, state: StepState, waits: int | None
) -> None:
    run = doubtful(StepState.INTENDED, n, max_retries=most, backoff=timedelta(seconds=10))
    event = ev.NotApplied(step="vacuum", reason="locked", retry=retry)
    after = evolve(run, event, MOMENT)
    assert (after.at("vacuum").state, after.at("vacuum").reason) == (state, "locked")
    assert after.not_before == (None if waits is None else MOMENT + timedelta(seconds=waits))


@pytest.mark.parametrize("in_part", [True, False])
def test_what_was_begun_and_failed_is_remembered_as_such(in_part: bool) -> None:
    event = ev.NotApplied(step="vacuum", reason="1 of 2", retry=False, in_part=in_part)
    after = evolve(doubtful(StepState.INTENDED), event, MOMENT)
    assert (after.at("vacuum").state, after.at("vacuum").in_part) == (StepState.FAILED, in_part)


def test_a_doubt_stays_open() -> None:
    after = evolve(doubtful(StepState.INTENDED), ev.Doubted(step="vacuum", reason="cut"), MOMENT)
    assert after.at("vacuum").state is StepState.DOUBTED
    assert after.open_attempt is not None


@pytest.mark.parametrize("found", [StepState.INTENDED, StepState.DOUBTED])
@pytest.mark.parametrize(
    ("observation", "state"),
    [
        (Observation.APPLIED, StepState.APPLIED),
        (Observation.NOT_APPLIED, StepState.WAITING),
        (Observation.DIVERGED, StepState.FAILED),
        (Observation.PENDING, StepState.DOUBTED),
        (Observation.UNKNOWABLE, StepState.UNKNOWN),
    ],
)
def test_a_look_says_what_became_of_an_attempt(
    found: StepState, observation: Observation, state: StepState
) -> None:
    after = evolve(doubtful(found), observed(observation), MOMENT).at("vacuum")
    assert after.state is state
    assert after.diverged is (observation is Observation.DIVERGED)
    assert after.reason == ("" if observation is Observation.APPLIED else "looked")
    assert (after.measure == FREED) is (observation is Observation.APPLIED)


@pytest.mark.parametrize(
    ("n", "state"),
    [
        (1, StepState.WAITING),
        (MOST_ATTEMPTS - 1, StepState.WAITING),
        (MOST_ATTEMPTS, StepState.FAILED),
    ],
)
def test_there_is_an_end_to_attempts_that_were_not_applied(n: int, state: StepState) -> None:
    after = evolve(doubtful(n=n), observed(Observation.NOT_APPLIED), MOMENT)
    assert after.at("vacuum").state is state


def test_what_is_on_its_way_is_looked_at_again_until_it_is_too_late() -> None:
    last = NOT_AFTER + PENDING_GRACE
    pending = observed(Observation.PENDING)
    again = evolve(doubtful(), pending, last).at("vacuum")
    assert again.observe_at is not None
    assert again.observe_at > last
    late = evolve(doubtful(), pending, last + timedelta(microseconds=1)).at("vacuum")
    assert late.state is StepState.UNKNOWN


def test_people_have_a_day_to_say_what_nobody_could_observe() -> None:
    after = evolve(doubtful(), observed(Observation.UNKNOWABLE), MOMENT).at("vacuum")
    assert after.observe_until == MOMENT + SETTLE_WITHIN


OUTCOMES = [
    ev.Applied(step="vacuum", measure=FREED),
    ev.NotApplied(step="vacuum", reason="locked", retry=True),
    ev.Doubted(step="vacuum", reason="cut"),
    observed(Observation.APPLIED),
]
SETTLED = [
    StepState.WAITING,
    StepState.APPLIED,
    StepState.FAILED,
    StepState.SKIPPED,
    StepState.UNKNOWN,
]


@pytest.mark.parametrize("state", SETTLED)
@pytest.mark.parametrize("event", OUTCOMES, ids=lambda event: event.kind)
def test_an_outcome_without_an_open_attempt_is_refused(state: StepState, event: ev.Event) -> None:
    with pytest.raises(IllegalEvent):
        evolve(doubtful(state), event, MOMENT)


def test_a_step_that_is_wanted_is_kept_so() -> None:
    assert evolve(acting(), ev.StepWanted(step="vacuum"), MOMENT).at("vacuum").wanted


def test_the_undoing_of_a_step_is_tried_again_as_often_as_the_step() -> None:
    undoing = StepProgress(step="undo:vacuum", state=StepState.INTENDED, change=a_change(), n=1)
    run = acting(progress=(step(StepState.APPLIED, n=1), undoing))
    event = ev.NotApplied(step="undo:vacuum", reason="locked", retry=True)
    assert evolve(run, event, MOMENT).at("undo:vacuum").state is StepState.WAITING
