"""`runs cancel`, `take-over` and `settle`: a person steps in, and is told what follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from remediator.core.events import Outcome
from remediator.core.run import Phase, Run, StepState
from remediator.http.auth import Authenticator
from remediator.http.credentials import Role, UserKeys
from tests.cli.command import as_json, remediator
from tests.http.daemon import a_waiting_run, keep, running

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def a_run_in_doubt() -> Run:
    run = a_waiting_run()
    step = replace(run.progress[0], state=StepState.UNKNOWN, n=1, reason="connection lost")
    return replace(run, phase=Phase.ACTING, progress=(step,))


async def test_cancelling_says_what_happens_now(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        result = await remediator(daemon, "runs", "cancel", "run_1", "--reason", "by hand")
        run = (await daemon.get("/api/v1/runs/run_1")).json

    assert result.exit_code == 0
    assert result.stdout.startswith("Disk space low on web1: ")
    assert run["cancelled_by"] == "local"


async def test_taking_over_stops_the_run_and_keeps_everybody_else_from_the_target(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        words = ["runs", "take-over", "run_1", "--reason", "moving the data"]
        result = await remediator(daemon, *words)
        run = (await daemon.get("/api/v1/runs/run_1")).json
        (pause,) = (await daemon.get("/api/v1/pauses")).json["items"]

    assert result.exit_code == 0, result.output
    assert "host/web1 is yours: paused for two hours." in result.stdout
    assert "remediator resume target/host/web1" in result.stdout
    assert (run["cancelled_by"], run["taken_over"]) == ("local", True)
    assert (pause["scope"], pause["reason"]) == ("target/host/web1", "moving the data")


SETTLEMENTS = [
    ("--applied", "applied", None),
    ("--not-applied", "failed", "failed"),
    ("--abandon", "failed", "outcome_unknown"),
]


@pytest.mark.parametrize(("choice", "step", "outcome"), SETTLEMENTS)
async def test_what_became_of_a_change_can_be_said_in_three_ways(
    tmp_path: Path, choice: str, step: str, outcome: str | None
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_run_in_doubt())

        words = ["runs", "settle", "run_1", choice, "--reason", "df shows it"]
        result = await remediator(daemon, *words)
        run = (await daemon.get("/api/v1/runs/run_1")).json
        journal = (await daemon.get("/api/v1/runs/run_1/events")).json["items"]

    assert result.exit_code == 0, result.output
    assert f"settled ({choice.removeprefix('--').replace('-', ' ')})" in result.stdout
    assert (run["steps"][0]["state"], run["outcome"]) == (step, outcome)
    assert ("is let go" in result.stdout) is bool(outcome)
    assert any("df shows it" in event["text"] for event in journal)


async def test_settling_without_a_choice_is_wrong_usage_and_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_run_in_doubt())

        result = await remediator(daemon, "runs", "settle", "run_1")
        run = (await daemon.get("/api/v1/runs/run_1")).json

    assert result.exit_code == 2
    assert "--applied, --not-applied or --abandon" in result.stderr
    assert run["steps"][0]["state"] == "unknown"


async def test_a_run_without_a_doubt_cannot_be_settled(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        result = await remediator(daemon, "runs", "settle", "run_1", "--applied")

    assert result.exit_code == 1
    assert "it takes no settled" in result.stderr


async def test_the_target_of_an_unknown_outcome_can_be_let_go_afterwards(tmp_path: Path) -> None:
    run = replace(
        a_run_in_doubt(),
        phase=Phase.CLOSED,
        outcome=Outcome.OUTCOME_UNKNOWN,
        closed_at=a_waiting_run().created_at,
    )
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)
        await daemon.store.submit(lambda tx: tx.hold(run.order.target, run.id))

        result = await remediator(daemon, "runs", "settle", "run_1", "--applied")

    assert result.exit_code == 0, result.output
    assert "host/web1 is let go." in result.stdout


@pytest.mark.parametrize("verb", ["cancel", "take-over", "settle"])
async def test_every_verb_speaks_json_and_knows_runs_that_are_not_there(
    tmp_path: Path, verb: str
) -> None:
    choice = ["--applied"] if verb == "settle" else []
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_run_in_doubt())

        gone = await remediator(daemon, "runs", verb, "run_9", *choice)
        found = as_json(await remediator(daemon, "runs", verb, "run_1", *choice, "-o", "json"))

    assert (gone.exit_code, found["id"]) == (1, "run_1")
    assert gone.stderr.startswith("error: there is no")


@pytest.mark.parametrize("verb", ["take-over", "settle"])
async def test_an_approver_may_not_step_in(tmp_path: Path, verb: str) -> None:
    token = tmp_path / "token"
    token.write_text("an-approvers-token")
    keys = [UserKeys(name="ana", role=Role.APPROVER, tokens=["an-approvers-token"])]
    authenticator = Authenticator(users=keys, on_loopback=True)
    choice = ["--abandon"] if verb == "settle" else []
    async with running(tmp_path, authenticator=lambda: authenticator) as daemon:
        await keep(daemon.store, a_run_in_doubt())

        words = ["runs", verb, "run_1", *choice, "--token-file", str(token)]
        result = await remediator(daemon, *words)

    assert result.exit_code == 1
    assert "operator" in result.stderr
