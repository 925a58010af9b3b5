"""Past runs of a playbook, of which a test names only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from remediator.core.events import Outcome
from remediator.core.playbook import Mode
from remediator.core.track_record import PastRun
from remediator.testing.builders import MOMENT

DIGEST = "d" * 64
APART = timedelta(hours=25)


def a_past_run(**changes: Any) -> PastRun:
    """Return a run that people approved, that acted, and whose alert was gone ten minutes after its start."""
    run = PastRun(
        id="run_1",
        digest=DIGEST,
        mode=Mode.APPROVE,
        outcome=Outcome.RESOLVED,
        alert=("alertmanager", "f1"),
        episode="eps_1",
        target="host/web1",
        created_at=MOMENT,
        closed_at=MOMENT + timedelta(minutes=5),
        began_at=MOMENT - timedelta(minutes=5),
        fixed_at=MOMENT + timedelta(minutes=5),
        would_change=True,
        acted=True,
        approved=True,
    )
    return replace(run, **changes)


def rehearsed(**changes: Any) -> PastRun:
    """Return a dry run with a plan that no guard forbade."""
    dry = {"mode": Mode.DRY_RUN, "outcome": Outcome.DRY_RUN, "acted": False, "approved": False}
    return a_past_run(**(dry | changes))


def in_turn(*runs: PastRun, apart: timedelta = APART) -> Sequence[PastRun]:
    """Return these runs, the newest first, each with an id and an episode of its own and so long before the last."""
    return [_moved(run, number, -apart * number) for number, run in enumerate(runs)]


def _moved(run: PastRun, number: int, by: timedelta) -> PastRun:
    return replace(
        run,
        id=f"run_{number}",
        episode=f"eps_{number}",
        created_at=run.created_at + by,
        closed_at=run.closed_at + by if run.closed_at else None,
        began_at=run.began_at + by,
        fixed_at=run.fixed_at + by if run.fixed_at else None,
    )
