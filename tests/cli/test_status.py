"""`status` and `runs watch`: what goes on now, and what changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remediator.cli.watching import news, standing
from tests.cli.command import as_json, remediator
from tests.http.daemon import a_waiting_run, keep, running


def a_run(name: str, outcome: str | None = None, phase: str = "acting", reason: str = "") -> Any:
    where = {"playbook": "disk", "target": "host/web1"}
    return {"id": name, "outcome": outcome, "phase": phase, "reason": reason, **where}


def test_whoever_begins_to_watch_sees_what_is_open_and_not_what_ended_long_ago() -> None:
    found = [a_run("run_2"), a_run("run_1", "resolved")]

    assert [run["id"] for run in news(None, found)] == ["run_2"]


def test_a_run_is_told_again_only_when_it_stands_elsewhere() -> None:
    stood = {"run_1": "acting…", "run_2": "acting…"}
    found = [a_run("run_3"), a_run("run_2"), a_run("run_1", phase="verifying")]

    assert [run["id"] for run in news(stood, found)] == ["run_1", "run_3"]


def test_one_line_tells_which_run_it_is_and_why_it_ended() -> None:
    ended = a_run("run_1", "failed", reason="the disk\nis gone")

    assert standing(ended) == "run_1  disk on host/web1  failed: the disk is gone"


@pytest.mark.slow
async def test_status_says_what_goes_on_and_for_whom_it_waits(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())
        await remediator(daemon, "pause", "--reason", "too eager")

        told = await remediator(daemon, "status")
        raw = as_json(await remediator(daemon, "status", "-o", "json"))

    assert told.exit_code == 0
    assert "healthy, takes alerts" in told.stdout
    assert "1 waiting for approval" in told.stdout
    assert "pauses         all until " in told.stdout
    assert "(too eager)" in told.stdout
    assert "run_1  disk-space-low on host/web1  awaiting approval…" in told.stdout
    assert raw["runs_active"]["awaiting_approval"] == 1


@pytest.mark.slow
async def test_status_of_a_daemon_that_stops_is_exit_code_1(tmp_path: Path) -> None:
    async with running(tmp_path, accepting=lambda: False) as daemon:
        told = await remediator(daemon, "status")

    assert told.exit_code == 1
    assert "takes no alerts, as it stops" in told.stdout
