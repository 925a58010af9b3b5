"""`approve` and `reject`: only what was seen, and never by accident."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from remediator.core.run import Run
from remediator.core.verdict import Judgement, Ruling, Verdict
from tests.cli.command import as_json, remediator
from tests.http.daemon import Daemon, a_waiting_run, keep, running

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def digest_of(run: Run) -> str:
    assert run.plan
    return run.plan.digest


async def phase(daemon: Daemon) -> str:
    return str((await daemon.get("/api/v1/runs/run_1")).json["phase"])


async def on_terminal(daemon: Daemon, typed: str, *words: str) -> tuple[int, str]:
    """Run the real program on a pseudo-terminal and type into it."""
    ours, theirs = pty.openpty()
    program = "from remediator.cli import main; main()"
    environment = {**os.environ, "REMEDIATOR_URL": daemon.url, "TERM": "xterm"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    await asyncio.wait_for(process.wait(), 30)
    text = os.read(ours, 1_000_000).decode()
    os.close(ours)
    return process.returncode or 0, text


async def test_on_a_terminal_the_plan_is_shown_and_a_yes_approves_it(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        code, text = await on_terminal(daemon, "y\n", "approve", "run_1")

        assert (code, await phase(daemon)) == (0, "acting")
        assert "shrink the journal to 500 MiB" in text
        assert "CANNOT be undone" in text
        assert "Approve this plan? [y/N]" in text
        assert "\x1b[1m" in text


async def test_on_a_terminal_the_state_of_the_object_is_shown_before_the_question(
    tmp_path: Path,
) -> None:
    saw = Verdict(guard="require", ruling=Ruling.ALLOW, reason="disk: /var holds (3 % is free)")
    async with running(tmp_path) as daemon:
        await keep(daemon.store, replace(a_waiting_run(), judgement=Judgement(verdicts=(saw,))))

        _, text = await on_terminal(daemon, "n\n", "approve", "run_1")

        assert text.index("disk: /var holds (3 % is free)") < text.index("Approve this plan?")


@pytest.mark.parametrize("typed", ["n\n", "\n"])
async def test_on_a_terminal_anything_but_yes_approves_nothing(tmp_path: Path, typed: str) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        code, _ = await on_terminal(daemon, typed, "approve", "run_1")

        assert (code, await phase(daemon)) == (1, "awaiting_approval")


async def test_on_a_terminal_a_rejection_asks_for_its_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        code, text = await on_terminal(daemon, "y\nbackup is running\n", "reject", "run_1")

        run = (await daemon.get("/api/v1/runs/run_1")).json
        assert (code, run["approval"]["state"]) == (0, "rejected"), text
        assert run["approval"]["votes"][0]["reason"] == "backup is running"


async def test_without_a_terminal_nothing_is_approved_unless_it_was_asked_for_plainly(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        result = await remediator(daemon, "approve", "run_1", input="y\n")

        assert result.exit_code == 2
        assert "give --yes, or the --digest" in result.stderr
        assert await phase(daemon) == "awaiting_approval"


async def test_yes_approves_the_plan_that_waits_by_the_door_of_the_command_line(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        words = ["approve", "run_1", "--yes", "--reason", "seen", "-o", "json"]
        run = as_json(await remediator(daemon, *words))

        (vote,) = run["approval"]["votes"]
        assert (vote["door"], vote["reason"], run["phase"]) == ("cli", "seen", "acting")


async def test_an_approval_is_approved_by_its_own_id_too(tmp_path: Path) -> None:
    waiting = a_waiting_run()
    assert waiting.approval
    async with running(tmp_path) as daemon:
        await keep(daemon.store, waiting)

        unknown = await remediator(daemon, "approve", "apr_none", "--yes")
        run = as_json(
            await remediator(daemon, "approve", waiting.approval.id, "--yes", "-o", "json")
        )

        assert (unknown.exit_code, run["phase"]) == (1, "acting")
        assert "no plan waits for the approval apr_none" in unknown.stderr


async def test_a_digest_approves_that_plan_only(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, run)

        other = await remediator(daemon, "approve", "run_1", "--digest", "0" * 64)
        short = await remediator(daemon, "approve", "run_1", "--digest", digest_of(run)[:8])
        right = await remediator(daemon, "approve", "run_1", "--digest", digest_of(run))

        assert (other.exit_code, short.exit_code, right.exit_code) == (1, 2, 0)
        assert "the plan has changed" in other.stderr
        assert digest_of(run)[:8] not in other.stderr + short.stderr
        assert right.stdout.startswith(f"Approved plan {digest_of(run)[:8]}.")


async def test_the_first_of_two_approvals_says_that_others_must_follow(tmp_path: Path) -> None:
    run = a_waiting_run()
    two = replace(run.order.approval, count=2)
    async with running(tmp_path) as daemon:
        await keep(daemon.store, replace(run, order=replace(run.order, approval=two)))

        result = await remediator(daemon, "approve", "run_1", "--yes")

        assert "is noted: 1 of 2. Others must still approve." in result.stdout
        assert await phase(daemon) == "awaiting_approval"


async def test_a_run_that_does_not_wait_cannot_be_decided(tmp_path: Path) -> None:
    run = a_waiting_run()
    async with running(tmp_path) as daemon:
        await keep(daemon.store, replace(run, phase=type(run.phase).ACTING))

        result = await remediator(daemon, "approve", "run_1", "--yes")

        assert result.exit_code == 1
        assert "does not wait for an approval" in result.stderr


async def test_a_rejection_needs_a_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        without = await remediator(daemon, "reject", "run_1", "--yes")
        result = await remediator(daemon, "reject", "run_1", "--reason", "wrong host")

        assert (without.exit_code, result.exit_code) == (2, 0)
        assert "a rejection needs a reason" in without.stderr
        assert result.stdout.startswith("Rejected plan ")
