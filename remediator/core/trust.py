"""Is a playbook ready for the next mode, and does it do worse than it did? A function of its past runs and thresholds.

Only what the file says now can earn trust: runs of an earlier version count for nothing here, and too few runs are a
reason against. Nobody is promoted by this: a mode is a line in the playbook's file, and people write it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from remediator.core.duration import format_duration
from remediator.core.playbook import Mode, Playbook
from remediator.core.track_record import PastRun, TrackRecord, record_of, that_came_back
from remediator.core.vocabulary import counted

_NEXT = {Mode.OFF: Mode.DRY_RUN, Mode.DRY_RUN: Mode.APPROVE, Mode.APPROVE: Mode.AUTO}
_FEW = 5
_IN_A_ROW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ForApprove:
    """What dry runs must have shown before people are asked: plans that would have been made, since when, and how many
    runs may at most have ended because a step could not be planned."""

    plans: int = 5
    over: timedelta = timedelta(days=3)
    unplanned_percent: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ForAuto:
    """What runs that people approved must have shown before nobody is asked any more."""

    verified: int = 10
    over: timedelta = timedelta(days=14)
    verified_percent: int = 95
    rejected: int = 0
    came_back_percent: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenWorse:
    """When a playbook is named: its newest `runs` that acted against those before, by points of a hundred, and how much
    longer alerts may last with it than without."""

    runs: int = 10
    percent: int = 20
    slower_percent: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The section `trust` of the settings. `runs` is how many of a playbook's newest runs are looked at."""

    runs: int = 200
    approve: ForApprove = ForApprove()
    auto: ForAuto = ForAuto()
    worse: WhenWorse = WhenWorse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for or against the next mode."""

    holds: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A playbook's record, and what follows from it. `current` is the record of the file as it is now alone.

    `without_run` are alerts that it matched and that got no run, by the decision. `next_mode` is None where it goes as
    far as there is; `worse` says in sentences what got worse.
    """

    playbook: str
    mode: Mode
    digest: str
    record: TrackRecord
    current: TrackRecord
    without_run: Mapping[str, int] = field(default_factory=dict)
    next_mode: Mode | None = None
    reasons: tuple[Reason, ...] = ()
    worse: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether every reason speaks for the next mode."""
        return self.next_mode is not None and all(reason.holds for reason in self.reasons)


def trust_in(
    playbook: Playbook, runs: Sequence[PastRun], thresholds: Thresholds, now: datetime
) -> Trust:
    """Weigh a playbook's newest runs, the newest first."""
    returned, is_all = that_came_back(runs), len(runs) < thresholds.runs
    ours = [run for run in runs if run.digest == playbook.digest]
    trust = Trust(
        playbook=playbook.name,
        mode=playbook.mode,
        digest=playbook.digest,
        record=record_of(runs, returned, is_all=is_all),
        current=record_of(ours, returned, is_all=is_all or len(ours) < len(runs)),
        next_mode=_NEXT.get(playbook.mode),
        worse=tuple(_worse(runs, returned, thresholds.worse)),
    )
    weigh = _WEIGHED.get(playbook.mode)
    return replace(trust, reasons=tuple(weigh(playbook, trust, thresholds, now)) if weigh else ())


def _for_dry_run(
    playbook: Playbook, trust: Trust, thresholds: Thresholds, now: datetime
) -> Iterator[Reason]:
    yield Reason(holds=True, text="a dry run changes nothing; without one there is no record")


def _for_approve(
    playbook: Playbook, trust: Trust, thresholds: Thresholds, now: datetime
) -> Iterator[Reason]:
    found, asked = trust.current, thresholds.approve
    yield _at_least(
        found.would_have_acted, asked.plans, "dry runs had a plan that no guard forbade"
    )
    yield _lasted(found, asked.over, now)
    yield _at_most(
        found.unplanned, found.runs, asked.unplanned_percent, "runs could not be planned"
    )
    yield _nothing_worse(trust)


def _for_auto(
    playbook: Playbook, trust: Trust, thresholds: Thresholds, now: datetime
) -> Iterator[Reason]:
    found, asked = trust.current, thresholds.auto
    if not playbook.verify.checks:
        yield Reason(holds=False, text="it has no `verify`: no playbook may be auto without it")
    yield _at_least(found.verified, asked.verified, "runs acted and were verified")
    yield _lasted(found, asked.over, now)
    yield _share_verified(found, asked.verified_percent)
    yield _at_most(
        found.came_back, found.verified, asked.came_back_percent, "alerts came back within a day"
    )
    yield _rejected(found, asked.rejected)
    if found.unknown:
        text = f"what became of {counted(found.unknown, 'change')} is not known"
        yield Reason(holds=False, text=text)
    yield _nothing_worse(trust)


_WEIGHED: dict[Mode, Callable[[Playbook, Trust, Thresholds, datetime], Iterator[Reason]]] = {
    Mode.OFF: _for_dry_run,
    Mode.DRY_RUN: _for_approve,
    Mode.APPROVE: _for_auto,
}


def _at_least(found: int, asked: int, what: str) -> Reason:
    return Reason(holds=found >= asked, text=f"{found} {what}; at least {asked} are asked for")


def _lasted(found: TrackRecord, asked: timedelta, now: datetime) -> Reason:
    length = now - found.since if found.since else timedelta(0)
    days = timedelta(days=length.days) if length.days else timedelta(hours=length.seconds // 3600)
    text = f"this version has a record of {format_duration(days)}"
    return Reason(holds=length >= asked, text=f"{text}; {format_duration(asked)} are asked for")


def _at_most(found: int, of: int, percent: int, what: str) -> Reason:
    text = f"{found} of {of} {what}; at most {percent} % may"
    return Reason(holds=found * 100 <= of * percent, text=text)


def _share_verified(found: TrackRecord, percent: int) -> Reason:
    text = f"{found.verified} of {found.acted} changes were verified; {percent} % are asked for"
    holds = bool(found.acted) and found.verified * 100 >= found.acted * percent
    return Reason(holds=holds, text=text)


def _rejected(found: TrackRecord, most: int) -> Reason:
    whys = "; ".join(dict.fromkeys(each.why for each in found.rejections if each.why))
    text = f"{counted(found.rejected, 'rejected plan')}{f' ({whys})' if whys else ''}; at most {most} may be"
    return Reason(holds=found.rejected <= most, text=text)


def _nothing_worse(trust: Trust) -> Reason:
    text = f"it does worse: {trust.worse[0]}" if trust.worse else "nothing got worse"
    return Reason(holds=not trust.worse, text=text)


def _worse(runs: Sequence[PastRun], returned: frozenset[str], asked: WhenWorse) -> Iterator[str]:
    """Say what got worse; of too few runs nothing is said."""
    acted = [run for run in runs if run.acted and run.outcome is not None]
    good = [run.is_verified and run.id not in returned for run in acted]
    if len(good) >= _IN_A_ROW and not any(good[:_IN_A_ROW]):
        yield f"none of its last {_IN_A_ROW} changes fixed its alert for a day"
    newest, before = good[: asked.runs], good[asked.runs :]
    if len(before) >= _FEW and _percent(before) - _percent(newest) >= asked.percent:
        yield (
            f"{sum(newest)} of its newest {len(newest)} changes fixed their alerts, "
            f"of the {len(before)} before {sum(before)}"
        )
    yield from _slower(record_of(runs, returned), asked.slower_percent)


def _percent(good: Sequence[bool]) -> float:
    return 100 * sum(good) / len(good)


def _slower(record: TrackRecord, percent: int) -> Iterator[str]:
    ours, others = record.with_changes, record.without
    if min(ours.alerts, others.alerts) < _FEW or ours.middle is None or others.middle is None:
        return
    if ours.middle * 100 >= others.middle * (100 + percent):
        yield (
            f"alerts on which it acted lasted {format_duration(ours.middle)}, "
            f"others {format_duration(others.middle)}"
        )
