"""Metrics: what each journal event moves, and what no label ever holds."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.drill import DrillReport, DrillResult, Help
from remediator.core.events import Observation, Outcome, Stage
from remediator.core.facts import Answer, Known, Pause
from remediator.core.person import Person
from remediator.core.playbook import Mode
from remediator.core.run import UNDO_PREFIX
from remediator.core.track_record import TrackRecord
from remediator.core.trust import Reason, Trust
from remediator.core.verdict import Ruling
from remediator.ports.store import Statistics
from remediator.telemetry import Telemetry
from remediator.testing.builders import MOMENT, a_change, a_plan, an_alert
from tests.telemetry.story import SIGNS, Story, applied, closed, judged, shown


def test_a_run_that_ends_is_counted_and_measured_once() -> None:
    story = Story().tell(closed(Outcome.BLOCKED), after=timedelta(seconds=42))

    labels = {"playbook": "disk-space-low"}
    assert story.shows("runs_total", mode="auto", outcome="blocked", **labels) == 1
    assert story.shows("run_duration_seconds_count", **labels) == 1
    assert story.shows("run_duration_seconds_sum", **labels) == 42


def test_broken_journals_and_the_last_look_at_all_of_them_are_gauges() -> None:
    story = Story()
    assert story.shows("chain_verified_timestamp_seconds") == 0

    story.telemetry.chains_broken(2)
    story.telemetry.chains_verified(MOMENT, 7)

    assert story.shows("chain_broken") == 2
    assert story.shows("chain_verified_timestamp_seconds") == MOMENT.timestamp()
    assert story.shows("site_journal_entries") == 7


def test_every_verdict_is_counted_by_guard_and_ruling() -> None:
    story = Story().acting()

    assert story.shows("guard_verdicts_total", guard="cooldown", verdict="allow") == 2


def test_the_start_delay_goes_from_the_notifications_arrival_to_the_first_look_without_the_wait_for_people() -> (
    None
):
    story = Story(heard=timedelta(seconds=4)).asking()
    story.tell(yes(approve=True), after=timedelta(minutes=20)).intended()

    assert story.shows("start_delay_seconds_count") == 1
    assert story.shows("start_delay_seconds_sum") == 5


def test_what_a_guard_blocks_and_what_waits_for_one_is_a_decision_too() -> None:
    story = Story()
    for ruling in (Ruling.DEFER, Ruling.DEFER, Ruling.DENY):
        story.tell(judged(ruling, Stage.BEFORE_PLANNING))
    story.tell(closed(Outcome.BLOCKED))

    labels = {"playbook": "disk-space-low"}
    assert story.shows("decisions_total", decision="waiting", **labels) == 1
    assert story.shows("decisions_total", decision="blocked", **labels) == 1


def yes(*, approve: bool) -> ev.Voted:
    person, digest = Person(name="ana", door="slack"), a_plan(a_change()).digest
    return ev.Voted(person=person, digest=digest, approve=approve, reason="x")


ENDS: list[tuple[ev.Event, str]] = [
    (applied(), "applied"),
    (ev.NotApplied(step="vacuum", reason="busy", retry=True), "not_applied"),
    (ev.NotApplied(step="vacuum", reason="no", retry=False), "failed"),
]


@pytest.mark.parametrize(("event", "result"), ENDS)
def test_an_attempt_is_counted_by_its_end(event: ev.Event, result: str) -> None:
    story = Story().acting().intended().tell(event)

    assert story.shows("actions_total", action="journal.vacuum", result=result) == 1


OBSERVATIONS = [
    (Observation.APPLIED, "applied"),
    (Observation.NOT_APPLIED, "not_applied"),
    (Observation.DIVERGED, "diverged"),
    (Observation.UNKNOWABLE, "unknown"),
    (Observation.PENDING, None),
]


@pytest.mark.parametrize(("observation", "result"), OBSERVATIONS)
def test_a_doubted_attempt_is_counted_once_by_what_was_seen(
    observation: Observation, result: str | None
) -> None:
    story = Story().acting().intended()

    story.tell(
        ev.Doubted(step="vacuum", reason="cut"),
        ev.Observed(step="vacuum", observation=observation, detail="looked"),
    )

    counted = {n: v for n, v in shown(story.telemetry).items() if n[0] == "actions_total"}
    labels = (("action", "journal.vacuum"), ("result", result))
    assert counted == ({("actions_total", labels): 1} if result else {})
    assert story.shows("outcome_unknown_total") == (observation is Observation.UNKNOWABLE)


def test_pending_for_too_long_is_unknown() -> None:
    story = Story().acting().intended()
    pending = ev.Observed(step="vacuum", observation=Observation.PENDING, detail="still")

    story.tell(ev.Doubted(step="vacuum", reason="cut")).tell(pending, after=timedelta(hours=1))

    assert story.shows("outcome_unknown_total") == 1


def test_freed_bytes_add_up_and_less_than_nothing_is_nothing() -> None:
    for freed, total in ((5_000_000_000, 5e9), (0, 0), (-7, 0), (None, 0)):
        story = Story().acting().intended().tell(applied(freed_bytes=freed))
        assert story.shows("reclaimed_bytes_total", action="journal.vacuum") == total


@pytest.mark.parametrize(("own", "expected"), [(0.0, 1.0), (2.5, 2.5)])
def test_applying_takes_as_long_as_measured_or_else_as_long_as_it_was_away(
    own: float, expected: float
) -> None:
    story = Story().acting().intended().tell(applied(seconds=own))

    assert story.shows("action_duration_seconds_sum", action="journal.vacuum") == expected


def test_an_attempt_that_another_replica_began_has_no_known_length() -> None:
    story = Story().acting().intended()
    story.telemetry = Telemetry()

    story.tell(applied())

    assert story.shows("action_duration_seconds_count", action="journal.vacuum") == 0
    assert story.shows("actions_total", action="journal.vacuum", result="applied") == 1


VERIFICATIONS = [
    (Known.HOLDS, Outcome.RESOLVED, "verified"),
    (Known.FAILS, Outcome.UNRESOLVED, "not_verified"),
    (Known.UNKNOWN, Outcome.UNRESOLVED, "inconclusive"),
]


@pytest.mark.parametrize(("known", "outcome", "result"), VERIFICATIONS)
def test_a_verification_is_counted_when_it_ends(
    known: Known, outcome: Outcome, result: str
) -> None:
    looked = ev.Looked(answers={"promql: up": Answer(known=known, detail="")})
    story = Story().verifying().tell(looked, looked, closed(outcome))

    labels = {"playbook": "disk-space-low"}
    assert story.shows("verifications_total", result=result, **labels) == 1


def test_a_rollback_out_of_the_verification_counts_it_once() -> None:
    looked = ev.Looked(answers={"promql: up": Answer(known=Known.FAILS, detail="")})
    rollback = ev.RollbackStarted(reason="no", outcome=Outcome.UNRESOLVED)
    story = Story().verifying().tell(looked, rollback)

    undo = ev.UndoProposed(step="vacuum", change=replace(a_change(), step=f"{UNDO_PREFIX}vacuum"))
    story.tell(undo, closed(Outcome.UNRESOLVED))

    labels = {"playbook": "disk-space-low"}
    assert story.shows("verifications_total", result="not_verified", **labels) == 1


@pytest.mark.parametrize("approve", [True, False])
def test_waiting_for_people_is_measured_when_it_ends(approve: bool) -> None:
    story = Story().asking()
    assert story.shows("approval_wait_seconds_count") == 0

    story.tell(yes(approve=approve), after=timedelta(seconds=90))
    if not approve:
        story.tell(closed(Outcome.REJECTED), after=timedelta(0))

    assert story.shows("approval_wait_seconds_count") == 1
    assert story.shows("approval_wait_seconds_sum") == 90


def test_a_refused_answer_is_counted_by_what_was_wanted() -> None:
    refused = ev.AnswerRefused(
        person=Person(name="mallory", door="slack"), verb="take over", reason="a guest"
    )
    story = Story().asking().tell(refused, refused)

    assert story.shows("answers_refused_total", verb="take_over") == 2
    assert "mallory" not in story.telemetry.render()[0].decode()


def test_a_clock_that_went_back_counts_as_no_time() -> None:
    story = Story().tell(closed(Outcome.BLOCKED), after=-timedelta(hours=1))

    assert story.shows("run_duration_seconds_sum", playbook="disk-space-low") == 0


STATISTICS = Statistics(
    runs_active={"acting": 3},
    approvals_pending=2,
    oldest_due_at=MOMENT - timedelta(seconds=7),
    outbox_pending=4,
    outbox_oldest_at=MOMENT + timedelta(seconds=5),
    inbox_new=1,
    inbox_oldest_at=None,
    pauses=tuple(
        Pause(id=f"p{n}", scope=scope, who="ana", reason="", since=MOMENT, until=None)
        for n, scope in enumerate(("target/host/web1", "target/host/web2", "all"))
    ),
)


def test_the_stores_numbers_become_gauges() -> None:
    story = Story()

    story.telemetry.statistics(STATISTICS, MOMENT)

    assert story.shows("runs_active", phase="acting") == 3
    assert ("runs_active", (("phase", "planning"),)) in shown(story.telemetry)
    assert story.shows("approvals_pending") == 2
    assert story.shows("oldest_due_seconds") == 7
    assert story.shows("outbox_pending") == 4
    assert story.shows("outbox_oldest_seconds") == 0
    assert story.shows("inbox_pending") == 1
    assert (story.shows("paused", scope="target"), story.shows("paused", scope="all")) == (2, 1)


def test_a_pause_that_ended_is_no_longer_shown() -> None:
    story = Story()
    story.telemetry.statistics(STATISTICS, MOMENT)

    story.telemetry.statistics(replace(STATISTICS, pauses=(), runs_active={}), MOMENT)

    assert story.shows("paused", scope="all") == 0
    assert story.shows("runs_active", phase="acting") == 0


def test_what_the_rooms_tell_is_counted() -> None:
    story = Story()
    telemetry = story.telemetry

    telemetry.notification("prod", "202")
    telemetry.alert("firing")
    telemetry.decision("disk-space-low", "run")
    telemetry.store_error()
    telemetry.takeover()
    telemetry.reload(ok=False)
    telemetry.breaker("disk-space-low", is_open=True)
    telemetry.door_connected("slack", True)
    telemetry.door_connected("pager", True)

    assert story.shows("notifications_total", source="prod", code="202") == 1
    assert story.shows("alerts_total", status="firing") == 1
    assert story.shows("decisions_total", playbook="disk-space-low", decision="run") == 1
    assert story.shows("store_errors_total") == 1
    assert story.shows("lease_takeovers_total") == 1
    assert story.shows("config_last_reload_successful") == 0
    assert story.shows("breaker_open", playbook="disk-space-low") == 1
    assert story.shows("slack_connected") == 1


PROMISED = {
    *("notifications_total", "alerts_total", "decisions_total", "runs_total", "runs_active"),
    *("run_duration_seconds", "start_delay_seconds", "guard_verdicts_total", "approvals_pending"),
    *("approval_wait_seconds", "actions_total", "action_duration_seconds", "verifications_total"),
    *("reclaimed_bytes_total", "oldest_due_seconds", "outbox_pending", "outbox_oldest_seconds"),
    *("slack_connected", "breaker_open", "paused", "lease_takeovers_total", "store_errors_total"),
    *(
        "answers_refused_total",
        "outcome_unknown_total",
        "config_last_reload_successful",
        "build_info",
    ),
}


def test_every_promised_metric_has_its_name_and_a_help_text() -> None:
    text, kind = Telemetry(SIGNS).render()

    helped = set(re.findall(r"# HELP remediator_(\w+) \S", text.decode()))
    assert not PROMISED - helped
    assert kind.startswith("text/plain")
    assert b"process_resident_memory_bytes" in text


def test_no_label_holds_a_host_a_fingerprint_or_a_run() -> None:
    alert = an_alert(labels={"alertname": "X", "instance": "web1:9100"}, fingerprint="f1ng3r")
    story = Story(alert=alert).verifying().tell(closed(Outcome.RESOLVED))
    story.telemetry.statistics(STATISTICS, MOMENT)

    text = story.telemetry.render()[0].decode()

    assert not re.search(r"web1|f1ng3r|run_1|eps_1", text)


def a_trust(name: str, *, worse: tuple[str, ...] = ()) -> Trust:
    ready = Reason(holds=True, text="10 runs")
    return Trust(
        playbook=name,
        mode=Mode.APPROVE,
        digest="",
        record=TrackRecord(),
        current=TrackRecord(),
        next_mode=Mode.AUTO,
        reasons=(ready,),
        worse=worse,
    )


def test_what_is_ready_and_what_does_worse_are_gauges_of_the_playbooks_there_are() -> None:
    telemetry = Telemetry()
    telemetry.trust([a_trust("gone")])

    telemetry.trust([a_trust("disk", worse=("it fails",))])

    text = telemetry.render()[0].decode()
    assert 'remediator_playbook_ready{mode="auto",playbook="disk"} 1.0' in text
    assert 'remediator_playbook_worse{playbook="disk"} 1.0' in text
    assert "gone" not in text


def test_the_last_drill_is_shown_by_playbook_and_never_by_target() -> None:
    story = Story()
    found = DrillResult(playbook="disk", target="host/web1", help=Help.NONE)
    times = {"began_at": MOMENT, "ended_at": MOMENT}
    story.telemetry.drill(DrillReport(night="2026-03-14", results=(found, found), left=3, **times))

    story.telemetry.drill(DrillReport(night="2026-03-15", results=(found,), left=0, **times))

    assert story.shows("drill_targets", playbook="disk", help="none") == 1
    assert story.shows("drill_left") == 0
    assert story.shows("drill_timestamp_seconds") == MOMENT.timestamp()
    assert "web1" not in story.telemetry.render()[0].decode()
