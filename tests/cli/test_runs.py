"""`runs`, `why`: what a tired engineer reads."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from remediator.core import events as ev
from remediator.core.events import Measure, Outcome
from remediator.core.facts import Answer, Known
from remediator.core.run import Phase, Run, StepState, Verification
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.testing import builders as make
from tests.cli.command import as_json, remediator
from tests.http.daemon import a_waiting_run, keep, running

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def a_closed_run(outcome: Outcome = Outcome.RESOLVED, **more: object) -> Run:
    run = a_waiting_run(f"run_{outcome.value}")
    measure = Measure(summary="freed 1.1 GB", freed_bytes=1_100_000_000)
    verification = Verification(
        started_at=run.created_at,
        deadline=run.created_at + timedelta(minutes=10),
        next_look=run.created_at,
        looks=3,
        known=Known.HOLDS,
        answers=(("alert: resolved", Answer(known=Known.HOLDS, detail="since 14:02")),),
    )
    return replace(
        run,
        phase=Phase.CLOSED,
        outcome=outcome,
        reason="all checks hold",
        closed_at=run.created_at + timedelta(minutes=3),
        progress=(replace(run.progress[0], state=StepState.APPLIED, n=1, measure=measure),),
        verification=verification,
        **more,  # type: ignore[arg-type]
    )


async def test_runs_are_listed_with_what_matters_and_filters_are_passed_on(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run(), a_closed_run())

        every = await remediator(daemon, "runs", "list")
        some = await remediator(daemon, "runs", "list", "--outcome", "resolved")
        none = await remediator(daemon, "runs", "list", "--target", "host/other")

    heading, *rows = every.stdout.splitlines()
    assert heading.split() == ["RUN", "BEGAN", "STATE", "PLAYBOOK", "TARGET", "REASON"]
    assert len(rows) == 2
    assert "awaiting approval…" in every.stdout
    assert [row.split()[0] for row in some.stdout.splitlines()[1:]] == ["run_resolved"]
    assert (none.exit_code, none.stdout) == (0, "There are no such runs.\n")


async def test_a_long_list_says_how_to_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run("run_1"), a_waiting_run("run_2"))

        first = await remediator(daemon, "runs", "list", "--limit", "1")
        cursor = first.stderr.strip().removeprefix("more: --before ")
        second = await remediator(daemon, "runs", "list", "--limit", "1", "--before", cursor)

    assert [page.stdout.splitlines()[1].split()[0] for page in (first, second)] == [
        *("run_2", "run_1"),
    ]


async def test_the_same_comes_as_json_and_yaml_for_programs(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        listed = as_json(await remediator(daemon, "runs", "list", "--output", "json"))
        shown = await remediator(daemon, "runs", "show", "run_1", "-o", "yaml")

    assert listed["items"][0]["id"] == "run_1"
    document = yaml.safe_load(shown.stdout)
    assert (document["id"], document["events"][0]["kind"]) == ("run_1", "admitted")


async def test_the_story_of_a_waiting_run_begins_with_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        shown = await remediator(daemon, "runs", "show", "run_1")

    text = shown.stdout
    assert text.startswith("Disk space low on web1\nplaybook disk-space-low, target host/web1,")
    order = [
        *("WAITS FOR APPROVAL until", "needs 1 of any approver; approved by nobody yet"),
        *("remediator approve run_1", "What is wrong", "DiskSpaceLow, firing since"),
        *("/var is 94 % full", "What was found", "4.1 GB /var/log", "1 change, cannot be undone"),
        *("1. journal.vacuum on host/web1: shrink the journal", "CANNOT be undone; not begun"),
        *("before: journal 2.0 GB", "after:  journal 500 MB", "Timeline (UTC)", "Admitted: "),
    ]
    places = [text.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)


async def test_the_story_of_a_resolved_run_says_what_was_done_and_how_it_was_proven(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_closed_run())

        text = (await remediator(daemon, "runs", "show", "run_resolved")).stdout

    assert "RESOLVED: the remedy worked and was verified" in text
    assert "done: freed 1.1 GB" in text
    assert "alert: resolved: holds (since 14:02)" in text


async def test_the_story_of_a_run_that_waits_for_a_guard_says_for_which_and_how_long(
    tmp_path: Path,
) -> None:
    run = make.a_run(created_at=a_waiting_run().created_at)
    until = run.created_at + timedelta(hours=2, seconds=30)
    verdict = Verdict(
        guard="cooldown", ruling=Ruling.DEFER, reason="web1 rests", until=until, clears="patience"
    )
    rests = replace(run, judgement=Judgement(verdicts=(verdict,)), not_before=until)
    async with running(tmp_path) as daemon:
        await keep(daemon.store, rests)

        text = (await remediator(daemon, "runs", "show", "run_1")).stdout

    assert "WAITS until" in text
    assert "(in 2 h)" in text
    assert "cooldown: web1 rests" in text
    assert "would clear it: patience" in text


async def test_the_story_of_a_change_that_nobody_could_see_says_what_people_must_do(
    tmp_path: Path,
) -> None:
    run = a_waiting_run()
    step = replace(run.progress[0], state=StepState.UNKNOWN, n=1, reason="connection lost")
    async with running(tmp_path) as daemon:
        await keep(daemon.store, replace(run, phase=Phase.ACTING, progress=(step,)))

        text = (await remediator(daemon, "runs", "show", "run_1")).stdout

    assert "NOBODY KNOWS whether vacuum was made" in text
    assert "host/web1 stays held" in text
    for choice in ("--applied", "--not-applied", "--abandon"):
        assert f"remediator runs settle run_1 {choice}\n" in text


async def test_the_story_of_an_unknown_outcome_says_how_its_target_is_let_go(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_closed_run(Outcome.OUTCOME_UNKNOWN))

        text = (await remediator(daemon, "runs", "show", "run_outcome_unknown")).stdout

    assert "OUTCOME UNKNOWN" in text
    assert "remediator runs settle run_outcome_unknown --abandon" in text


@pytest.mark.parametrize("phase", [Phase.PLANNING, Phase.ACTING, Phase.VERIFYING])
async def test_every_open_phase_has_a_story(tmp_path: Path, phase: Phase) -> None:
    proof = a_closed_run().verification if phase is Phase.VERIFYING else None
    async with running(tmp_path) as daemon:
        run = replace(a_waiting_run(), phase=phase, verification=proof)
        await keep(daemon.store, run)

        shown = await remediator(daemon, "runs", "show", "run_1")

    assert shown.exit_code == 0
    assert phase.value.upper() in shown.stdout


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_every_outcome_has_a_story(tmp_path: Path, outcome: Outcome) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_closed_run(outcome))

        shown = await remediator(daemon, "runs", "show", f"run_{outcome.value}")

    assert shown.exit_code == 0
    assert "all checks hold" in shown.stdout
    assert "  ended " in shown.stdout


async def test_hostile_labels_cannot_steer_the_terminal(tmp_path: Path) -> None:
    labels = {"alertname": "A\x1b]0;owned\x07", "instance": "\x1b[2Jweb1\u202e", "x": "\x9b31m"}
    run = a_waiting_run()
    alert = make.an_alert(labels=labels, annotations={"summary": "a\nb\x1b[31mred"})
    hostile = replace(run, order=replace(run.order, alert=alert), reason="\x1b[1A\x1b[2K")
    async with running(tmp_path) as daemon:
        await keep(daemon.store, hostile)

        for words in (
            ["runs", "show", "run_1"],
            ["runs", "list"],
            ["why", "run_1"],
            ["runs", "show", "run_1", "-o", "json"],
            ["runs", "show", "run_1", "-o", "yaml"],
        ):
            text = (await remediator(daemon, *words)).output
            assert not set(text) & set("\x1b\x07\x9b\u202e"), words


async def test_watching_tells_events_as_they_come_and_ends_with_the_run(tmp_path: Path) -> None:
    run = a_waiting_run("run_resolved")
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)
        watching = asyncio.create_task(
            remediator(daemon, "runs", "watch", run.id, "--every", "0.1")
        )
        await asyncio.sleep(0.5)

        def close(transaction: object) -> None:
            locked = transaction.lock_run(run.id)  # type: ignore[attr-defined]
            over = replace(a_closed_run(), version=locked.version)
            event = ev.Closed(outcome=Outcome.RESOLVED, reason="all checks hold")
            transaction.save_run(over, None)  # type: ignore[attr-defined]
            transaction.append(run.id, make.MOMENT, [event])  # type: ignore[attr-defined]

        await daemon.store.submit(close)
        result = await asyncio.wait_for(watching, 20)

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.partition("  ")[2][:8] for line in lines[1:3]] == ["Admitted", "Resolved"]
    assert lines[-1] == "resolved: all checks hold"


async def test_watching_a_run_that_failed_is_exit_code_1(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_closed_run(Outcome.FAILED))

        result = await remediator(daemon, "runs", "watch", "run_failed")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "failed: all checks hold"


async def test_a_journal_of_many_events_is_read_to_its_end(tmp_path: Path) -> None:
    events = [ev.Noted(text=f"note {n}") for n in range(1_100)]
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run(), events=events)

        shown = as_json(await remediator(daemon, "runs", "show", "run_1", "-o", "json"))

    assert [event["seq"] for event in shown["events"]] == list(range(1, 1_101))


async def test_a_run_that_is_not_there_is_exit_code_1_with_a_hint(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        for words in (["runs", "show", "run_9"], ["why", "x y"]):
            result = await remediator(daemon, *words)
            assert result.exit_code == 1, words
            assert result.stderr.startswith("error: there is no"), words


async def test_why_tells_decisions_once_and_what_other_playbooks_say(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)
        for number in range(3):
            decision = make.a_decision(
                id=f"dec_{number}", decision="blocked", by="require", reason="no data"
            )
            await daemon.store.submit(lambda tx, decision=decision: tx.decide(decision))

        text = (await remediator(daemon, "why", "run_1")).stdout

    assert text.startswith("Disk space low on web1: playbook disk-space-low, awaiting approval.")
    assert "disk-space-low blocked: no data (by require)" in text
    assert ", 3 times" in text
    assert "grow-disk skipped: no label volume" in text
    assert "The whole story: remediator runs show run_1" in text


async def test_why_nothing_was_done_is_told_from_the_decisions(tmp_path: Path) -> None:
    decision = make.a_decision(decision="skipped", reason="no label mountpoint")
    async with running(tmp_path) as daemon:
        await daemon.store.submit(lambda tx: tx.decide(decision))

        told = await remediator(daemon, "why", decision.fingerprint)
        raw = as_json(await remediator(daemon, "why", decision.fingerprint, "-o", "json"))

    assert told.stdout.startswith("No run was admitted for this alert.")
    assert "disk-space-low skipped: no label mountpoint" in told.stdout
    assert json.dumps(raw["decisions"][0]["reason"]) == '"no label mountpoint"'
