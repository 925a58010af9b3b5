"""How runs read: plain sentences, also about odd names and doubtful ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core import wording as say
from remediator.core.change import ActionEffect
from remediator.core.events import Evidence, Measure
from remediator.core.facts import Answer, Known
from remediator.core.playbook import ApprovalPolicy
from remediator.core.run import StepProgress, StepState, Verification
from remediator.core.target import Target
from remediator.testing.builders import MOMENT, a_change, a_run, an_alert, an_order
from tests.core.lifecycle.runs import LATER, acting, step


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"alertname": "DiskSpaceLow"}, "Disk space low on web1"),
        ({"alertname": "HTTPErrorsHigh"}, "HTTP errors high on web1"),
        ({"alertname": "node_disk-full"}, "Node disk full on web1"),
        ({"alertname": "x"}, "X on web1"),
        ({"alertname": "---"}, "Alert on web1"),
        ({}, "Alert on web1"),
    ],
)
def test_the_headline_says_what_is_wrong_and_where(labels: dict[str, str], expected: str) -> None:
    order = an_order(alert=an_alert(labels=labels), target=Target("host", "web1"))
    assert say.headline(a_run(order=order)) == expected


def done(freed: int | None = None, name: str = "vacuum") -> StepProgress:
    measure = Measure(freed_bytes=freed)
    return StepProgress(step=name, state=StepState.APPLIED, n=1, measure=measure)


def state(state: StepState, name: str = "prune", **more: object) -> StepProgress:
    return StepProgress(step=name, state=state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        ((), "Nothing was changed."),
        ((state(StepState.FAILED),), "Nothing was changed."),
        ((state(StepState.FAILED, in_part=True),), "Begun, and not done: prune."),
        (
            (done(), state(StepState.FAILED, in_part=True)),
            "Done: vacuum. Begun, and not done: prune.",
        ),
        (
            (done(5_000_000_000), state(StepState.FAILED, in_part=True)),
            "Cleanup ran. Space reclaimed: 5.0 GB. Begun, and not done: prune.",
        ),
        ((done(),), "Done: vacuum."),
        ((done(), done(name="prune")), "Done: vacuum, prune."),
        ((done(2_000_000_000), done(3_000_000_000)), "Cleanup ran. Space reclaimed: 5.0 GB."),
        ((done(-5),), "Cleanup ran. Space reclaimed: 0 B."),
        ((done(), done(name="undo:vacuum")), "Done: vacuum, undo:vacuum."),
        ((state(StepState.UNKNOWN),), "It is not known whether this was done: prune."),
        ((state(StepState.DOUBTED),), "It is not known whether this was done: prune."),
        (
            (state(StepState.FAILED, diverged=True),),
            "It is not known whether this was done: prune.",
        ),
        (
            (done(), state(StepState.UNKNOWN)),
            "Done: vacuum. It is not known whether this was done: prune.",
        ),
    ],
)
def test_the_remedy_never_says_that_nothing_was_changed_where_nobody_knows(
    progress: tuple[StepProgress, ...], expected: str
) -> None:
    assert say.remedy(acting(progress=progress)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            a_change(),
            "1. journal.vacuum on host/web1: shrink the journal to 500 MiB, at most 2.0 GB (cannot be undone)",
        ),
        (
            a_change(bound=3, unit="pods", effect=ActionEffect.REVERSIBLE, summary="drain"),
            "1. journal.vacuum on host/web1: drain, at most 3 pods (reversible)",
        ),
        (
            a_change(
                bound=None,
                effect=ActionEffect.REVERSIBLE,
                undo_hint="scale back to 3",
                summary="scale to 6",
            ),
            "1. journal.vacuum on host/web1: scale to 6 (undo: scale back to 3)",
        ),
        (
            a_change(bound=None, undo_hint="a volume never shrinks", summary="grow"),
            "1. journal.vacuum on host/web1: grow (cannot be undone: a volume never shrinks)",
        ),
    ],
)
def test_a_change_reads_as_one_line(change: object, expected: str) -> None:
    assert say.change_line(1, change) == expected  # type: ignore[arg-type]


def test_a_plan_shows_what_is_left_out_and_why() -> None:
    run = acting(progress=(step(), state(StepState.SKIPPED, reason="not needed")))
    assert say.plan_lines(run)[-1] == "- prune is left out: not needed"


@pytest.mark.parametrize("each", StepState)
def test_every_state_of_a_step_has_words(each: StepState) -> None:
    assert say.step_line(state(each, reason="why")).endswith(", why")


def test_the_last_look_and_the_evidence_have_their_lines() -> None:
    answers = (("promql: up", Answer(known=Known.FAILS, detail="0")),)
    proof = Verification(started_at=MOMENT, deadline=LATER, next_look=LATER, answers=answers)
    evidence = (Evidence(probe="disk", title="/var", lines=("a", "b", "c"), problem="slow"),)
    run = acting(verification=proof, evidence=evidence)
    assert say.verification_lines(run) == ("promql: up: does not hold (0)",)
    assert say.evidence_lines(run, most=2) == ("/var (slow)", "  a", "  b")
    assert say.verification_lines(acting()) == ()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (ApprovalPolicy(), "1 of any approver"),
        (ApprovalPolicy(groups=("@sre",), users=("ana",), count=2), "2 of @sre, ana"),
    ],
)
def test_it_says_who_decides(policy: ApprovalPolicy, expected: str) -> None:
    assert say.who_decides(acting(order=an_order(approval=policy))) == expected


def test_a_run_lasts_until_its_end_or_until_now() -> None:
    run = acting(closed_at=None)
    assert say.lasted(run, MOMENT + timedelta(minutes=5)) == "5m"
    assert say.lasted(acting(closed_at=LATER), MOMENT + timedelta(hours=5)) == "1m"
