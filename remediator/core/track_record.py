"""What became of a playbook's runs: its record. Counted from the newest runs that are kept, by `trust` and for people.

A record is over a window, never over all history: it says how many runs it looked at, and since when they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from remediator.core.events import Outcome
from remediator.core.playbook import Mode
from remediator.core.run import Run, StepState
from remediator.core.verdict import Ruling

CAME_BACK_WITHIN = timedelta(hours=24)
_REMEMBERED = 5
_REFUSALS = (Ruling.DENY, Ruling.DEFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What a record takes from one run. `fixed_at` is when the alert was reported gone, None where nobody said so.

    `would_change` says that it had a plan, and no guard forbade it; `held_by` names the guard that kept it from acting.
    """

    id: str
    digest: str
    mode: Mode
    outcome: Outcome | None
    alert: tuple[str, str]
    episode: str
    target: str
    created_at: datetime
    closed_at: datetime | None
    began_at: datetime
    fixed_at: datetime | None = None
    would_change: bool = False
    unplanned: bool = False
    acted: bool = False
    held_by: str = ""
    approved: bool = False
    rejected_by: str = ""
    rejected_why: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether it changed something, and the cause was seen to be gone."""
        return self.acted and self.outcome is Outcome.RESOLVED


def past_run(run: Run, fixed_at: datetime | None) -> PastRun:
    """Return what a record takes from a run."""
    order, approval = run.order, run.approval
    strictest = run.judgement.strictest if run.judgement else None
    is_held = strictest is not None and strictest.ruling in _REFUSALS and not run.has_acted
    return PastRun(
        id=run.id,
        digest=order.playbook_digest,
        mode=order.mode,
        outcome=run.outcome,
        alert=(order.source, order.alert.fingerprint),
        episode=run.episode,
        target=str(order.target),
        created_at=run.created_at,
        closed_at=run.closed_at,
        began_at=order.alert.starts_at,
        fixed_at=fixed_at,
        would_change=bool(run.plan and run.plan.changes) and not is_held,
        unplanned=_is_unplanned(run),
        acted=run.has_acted,
        held_by=strictest.guard if strictest and is_held else "",
        approved=bool(approval and approval.granted),
        rejected_by=approval.rejected_by.name if approval and approval.rejected_by else "",
        rejected_why=_why_rejected(run),
    )


def _is_unplanned(run: Run) -> bool:
    """Say whether a run ended because a step could not be planned: nothing was begun, and nobody could be asked."""
    failed = any(step.state is StepState.FAILED for step in run.progress)
    return failed and not run.has_acted and run.plan is None


def _why_rejected(run: Run) -> str:
    votes = run.approval.votes if run.approval else ()
    return next((v.reason for v in reversed(votes) if not v.approve), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long alerts lasted, from their start until they were reported gone: of how many, and the middle one."""

    alerts: int = 0
    middle: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A person's no to a plan."""

    run: str
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """What became of these runs. `with_changes` are the alerts on which the playbook acted, `without` all others that
    it matched; `is_all` says that no more runs are kept than were looked at."""

    runs: int = 0
    is_all: bool = True
    since: datetime | None = None
    targets: int = 0
    would_have_acted: int = 0
    unplanned: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    approved: int = 0
    rejected: int = 0
    rejections: tuple[Rejection, ...] = ()
    expired: int = 0
    acted: int = 0
    verified: int = 0
    came_back: int = 0
    not_fixed: int = 0
    failed: int = 0
    unknown: int = 0
    with_changes: Times = Times()
    without: Times = Times()


def record_of(
    runs: Sequence[PastRun], returned: frozenset[str], *, is_all: bool = True
) -> TrackRecord:
    """Count runs, the newest first; `returned` are the ids of those after which the alert came back."""
    acted = [run for run in runs if run.acted]
    ended = Counter(run.outcome for run in acted)
    rejected = [run for run in runs if run.rejected_by]
    return TrackRecord(
        runs=len(runs),
        is_all=is_all,
        since=min((run.created_at for run in runs), default=None),
        targets=len({run.target for run in runs if run.would_change or run.acted}),
        would_have_acted=sum(run.would_change and run.mode is Mode.DRY_RUN for run in runs),
        unplanned=sum(run.unplanned for run in runs),
        held=dict(sorted(Counter(run.held_by for run in runs if run.held_by).items())),
        approved=sum(run.approved for run in runs),
        rejected=len(rejected),
        rejections=tuple(
            Rejection(run=run.id, by=run.rejected_by, why=run.rejected_why)
            for run in rejected[:_REMEMBERED]
        ),
        expired=sum(run.outcome is Outcome.EXPIRED for run in runs),
        acted=len(acted),
        verified=ended[Outcome.RESOLVED],
        came_back=sum(run.id in returned for run in runs),
        not_fixed=ended[Outcome.UNRESOLVED],
        failed=ended[Outcome.FAILED],
        unknown=ended[Outcome.OUTCOME_UNKNOWN],
        with_changes=_times(runs, acted=True),
        without=_times(runs, acted=False),
    )


def that_came_back(runs: Iterable[PastRun]) -> frozenset[str]:
    """Return the ids of the runs that worked, and whose alert fired again within a day of their end."""
    found: set[str] = set()
    later: dict[tuple[str, str], PastRun] = {}
    for run in sorted(runs, key=lambda run: run.created_at, reverse=True):
        following = later.get(run.alert)
        if following and run.is_verified and _is_return(run, following):
            found.add(run.id)
        later[run.alert] = run
    return frozenset(found)


def _is_return(run: PastRun, following: PastRun) -> bool:
    if run.closed_at is None or following.episode == run.episode:
        return False
    return following.created_at - run.closed_at <= CAME_BACK_WITHIN


def _times(runs: Iterable[PastRun], *, acted: bool) -> Times:
    """Measure each episode once: several runs may have answered it, and one that acted makes it one of those."""
    episodes: dict[str, list[PastRun]] = {}
    for run in runs:
        episodes.setdefault(run.episode, []).append(run)
    lengths = [
        (each[0].fixed_at - each[0].began_at).total_seconds()
        for each in episodes.values()
        if each[0].fixed_at and any(run.acted for run in each) is acted
    ]
    if not lengths:
        return Times()
    return Times(alerts=len(lengths), middle=timedelta(seconds=max(median(lengths), 0)))
