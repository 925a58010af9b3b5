"""When a playbook is ready for the next mode, and when it does worse: by its runs and the thresholds alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from remediator.core.events import Outcome
from remediator.core.playbook import Mode, VerifyOrder
from remediator.core.track_record import PastRun
from remediator.core.trust import ForApprove, Thresholds, Trust, trust_in
from remediator.testing.builders import MOMENT
from tests.http.daemon import a_playbook
from tests.parts.past_runs import a_past_run, in_turn, rehearsed

BAD = a_past_run(outcome=Outcome.UNRESOLVED)
SLOW = {"fixed_at": MOMENT + timedelta(hours=2)}


def weighed(mode: Mode, *runs: PastRun, thresholds: Thresholds | None = None, **more: Any) -> Trust:
    playbook = a_playbook(mode=mode, **more)
    return trust_in(playbook, in_turn(*runs), thresholds or Thresholds(), MOMENT)


def against(trust: Trust) -> list[str]:
    return [reason.text for reason in trust.reasons if not reason.holds]


def test_enough_plans_over_some_days_make_a_dry_run_ready_to_ask_people() -> None:
    trust = weighed(Mode.DRY_RUN, *[rehearsed()] * 5)

    assert trust.is_ready
    assert trust.next_mode is Mode.APPROVE
    assert "5 dry runs had a plan that no guard forbade; at least 5 are asked for" in [
        reason.text for reason in trust.reasons
    ]


def test_enough_verified_changes_make_a_playbook_ready_to_act_alone() -> None:
    trust = weighed(Mode.APPROVE, *[a_past_run()] * 15)

    assert (trust.is_ready, trust.next_mode) == (True, Mode.AUTO)


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.APPROVE])
def test_no_runs_are_a_reason_against(mode: Mode) -> None:
    assert not weighed(mode).is_ready


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([rehearsed()] * 4, "4 dry runs had a plan"),
        ([rehearsed(would_change=False)] * 9, "0 dry runs had a plan"),
        (
            [*[rehearsed()] * 5, *[rehearsed(unplanned=True)] * 2],
            "2 of 7 runs could not be planned",
        ),
        ([a_past_run()] * 9, "0 dry runs had a plan"),
    ],
    ids=["too few", "none would act", "too many without a plan", "not dry"],
)
def test_what_speaks_against_asking_people(runs: list[PastRun], words: str) -> None:
    trust = weighed(Mode.DRY_RUN, *runs)

    assert not trust.is_ready
    assert words in " ".join(against(trust))


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([a_past_run()] * 9, "9 runs acted and were verified"),
        ([*[a_past_run()] * 15, BAD], "15 of 16 changes were verified; 95 %"),
        (
            [*[a_past_run()] * 15, a_past_run(rejected_by="ana", rejected_why="too much")],
            "1 rejected plan (too much); at most 0 may be",
        ),
        (
            [*[a_past_run()] * 30, a_past_run(outcome=Outcome.OUTCOME_UNKNOWN)],
            "what became of 1 change is not known",
        ),
    ],
    ids=["too few", "not verified", "rejected", "unknown"],
)
def test_what_speaks_against_acting_alone(runs: list[PastRun], words: str) -> None:
    trust = weighed(Mode.APPROVE, *runs)

    assert not trust.is_ready
    assert words in " ".join(against(trust))


def test_alerts_that_come_back_speak_against_acting_alone() -> None:
    runs = in_turn(*[a_past_run()] * 15, apart=timedelta(hours=23))
    trust = trust_in(a_playbook(), runs, Thresholds(), MOMENT)

    assert "14 of 15 alerts came back within a day; at most 10 % may" in against(trust)


def test_a_record_of_a_few_days_is_too_young() -> None:
    runs = in_turn(*[rehearsed()] * 9, apart=timedelta(hours=1))
    trust = trust_in(a_playbook(mode=Mode.DRY_RUN), runs, Thresholds(), MOMENT)

    assert against(trust) == ["this version has a record of 8h; 3d are asked for"]


def test_runs_of_an_earlier_version_of_the_file_earn_it_nothing() -> None:
    trust = weighed(Mode.APPROVE, a_past_run(), *[a_past_run(digest="e" * 64)] * 15)

    assert (trust.record.verified, trust.current.verified) == (16, 1)
    assert not trust.is_ready


def test_without_a_verification_no_playbook_is_ready_to_act_alone() -> None:
    trust = weighed(Mode.APPROVE, *[a_past_run()] * 15, verify=VerifyOrder(checks=()))

    assert against(trust) == ["it has no `verify`: no playbook may be auto without it"]


def test_the_thresholds_are_the_settings_own() -> None:
    few = Thresholds(approve=ForApprove(plans=1, over=timedelta(0)))

    assert weighed(Mode.DRY_RUN, rehearsed(), thresholds=few).is_ready


def test_a_playbook_that_is_auto_goes_as_far_as_there_is() -> None:
    trust = weighed(Mode.AUTO, *[a_past_run()] * 15)

    assert (trust.next_mode, trust.is_ready) == (None, False)


def test_a_playbook_that_is_off_has_to_rehearse_first() -> None:
    assert weighed(Mode.OFF).next_mode is Mode.DRY_RUN


def test_a_full_window_says_that_there_may_be_more() -> None:
    few = Thresholds(runs=10)

    assert not weighed(Mode.AUTO, *[a_past_run()] * 10, thresholds=few).record.is_all
    assert weighed(Mode.AUTO, *[a_past_run()] * 9, thresholds=few).record.is_all


def test_three_changes_in_a_row_that_did_not_help_are_worse() -> None:
    assert weighed(Mode.AUTO, BAD, BAD, BAD, *[a_past_run()] * 3).worse == (
        "none of its last 3 changes fixed its alert for a day",
    )
    assert weighed(Mode.AUTO, BAD, BAD, a_past_run(), BAD, BAD).worse == ()


def test_its_newest_changes_are_held_against_those_before() -> None:
    newest = [a_past_run() if n % 2 else BAD for n in range(10)]

    assert weighed(Mode.AUTO, *newest, *[a_past_run()] * 5).worse == (
        "5 of its newest 10 changes fixed their alerts, of the 5 before 5",
    )
    assert weighed(Mode.AUTO, *newest, *[a_past_run()] * 4).worse == ()  # too few to compare
    assert weighed(Mode.AUTO, *newest, *newest).worse == ()


def test_alerts_that_last_longer_with_it_than_without_are_worse() -> None:
    slow, quick = a_past_run(**SLOW), rehearsed(outcome=Outcome.WITHDRAWN)

    assert weighed(Mode.AUTO, *[slow] * 5, *[quick] * 5).worse == (
        "alerts on which it acted lasted 2h5m, others 10m",
    )
    assert weighed(Mode.AUTO, *[slow] * 5, *[quick] * 4).worse == ()


def test_what_does_worse_is_ready_for_nothing() -> None:
    good = [a_past_run()] * 100

    trust = weighed(Mode.APPROVE, BAD, BAD, BAD, *good)

    assert [text for text in against(trust) if "worse" in text]
    assert weighed(Mode.APPROVE, BAD, *good).is_ready
