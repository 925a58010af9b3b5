"""`playbooks`: records drawn for people, from a real daemon."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.events import Outcome
from remediator.core.run import Phase, StepProgress, StepState
from remediator.testing import builders as make
from tests.cli.command import as_json, remediator
from tests.http.daemon import a_waiting_run, keep, running

pytestmark = pytest.mark.slow  # a real store and socket each


def that_acted(number: int, outcome: Outcome) -> Any:
    began = make.MOMENT + timedelta(days=2 * number)
    return a_waiting_run(
        f"run_{number}",
        phase=Phase.CLOSED,
        outcome=outcome,
        created_at=began,
        closed_at=began + timedelta(minutes=5),
        progress=(StepProgress(step="vacuum", state=StepState.APPLIED, n=1),),
        approval=make.an_approval(granted=True),
    )


async def test_a_playbook_is_shown_with_its_record_and_the_reasons(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, that_acted(1, Outcome.RESOLVED), that_acted(2, Outcome.UNRESOLVED))

        told = await remediator(daemon, "playbooks", "show", "disk-space-low")

    assert told.exit_code == 0, told.output
    assert "disk-space-low: mode approve" in told.stdout
    assert "2 approved, 0 rejected, 0 expired" in told.stdout
    assert "2: 1 verified, 1 not fixed" in told.stdout
    assert "Ready for auto? not yet" in told.stdout
    assert "- 1 runs acted and were verified; at least 10 are asked for" in told.stdout


async def test_the_list_names_what_does_worse(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, *(that_acted(n, Outcome.UNRESOLVED) for n in range(3)))

        told = await remediator(daemon, "playbooks")
        raw = as_json(await remediator(daemon, "playbooks", "list", "-o", "json"))

    assert "disk-space-low does worse: none of its last 3 changes" in told.stdout
    assert "not auto: " in told.stdout
    assert [each["record"]["acted"] for each in raw] == [3]


async def test_a_playbook_that_nobody_knows_is_exit_code_1(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        told = await remediator(daemon, "playbooks", "show", "nope")

    assert told.exit_code == 1
    assert "there is no playbook nope" in told.stderr
