"""What a drill found: for every playbook and target, whether it could be helped now. Nothing is changed by one.

A playbook that could not act on a host at three in the morning could not act on it the evening before either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from remediator.core.messages import Message, MessageKind
from remediator.core.vocabulary import counted

GRACE = timedelta(hours=1)
"""How long after its time a night's drill may still begin; a daemon that starts at noon waits for the next."""
MOST_NAMED = 20


class Help(StrEnum):
    """How far a playbook could help a target."""

    FULL = "full"  # every step could be proposed, or has nothing to do now
    PART = "part"  # some steps would be left out
    NONE = "none"  # no change could be made
    KEPT_OUT = "kept_out"  # nothing may touch it, or look


class Sight(StrEnum):
    """What one step would come to."""

    READY = "ready"
    NOTHING = "nothing"
    LEFT_OUT = "left_out"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSight:
    """What a look at one step found; `stops` where the steps behind it would not be reached."""

    step: str
    sight: Sight
    text: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResult:
    """One playbook on one target."""

    playbook: str
    target: str
    help: Help
    reason: str = ""
    steps: tuple[StepSight, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What two drills are compared by."""
        return self.playbook, self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnamed:
    """How many targets of a playbook could not be asked about, because no alert is known that would name them; 0 where
    no target is known at all."""

    playbook: str
    reason: str
    targets: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """A whole drill. `left` were not asked about for want of time or room; `worse` were better in the last drill."""

    night: str
    began_at: datetime
    ended_at: datetime
    results: tuple[DrillResult, ...] = ()
    unnamed: tuple[Unnamed, ...] = ()
    left: int = 0
    worse: tuple[DrillResult, ...] = ()
    is_first: bool = True

    @property
    def counts(self) -> Mapping[tuple[str, Help], int]:
        """How many targets of each playbook could be helped how far."""
        return Counter((each.playbook, each.help) for each in self.results)

    @property
    def helpless(self) -> tuple[DrillResult, ...]:
        """What could not be helped."""
        return tuple(each for each in self.results if each.help is Help.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillLimits:
    """The section `drill` of the settings. `at` is (hour, minute) in `zone`; without it there is no nightly drill."""

    at: tuple[int, int] | None = None
    zone: str = "UTC"
    targets: int = 500
    within: timedelta = timedelta(minutes=10)
    at_once: int = 4
    each: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillWanted:
    """What to drill: all playbooks or one, on all targets that are known or on these."""

    playbook: str = ""
    targets: tuple[str, ...] = field(default=())


def helped(playbook: str, target: str, steps: Sequence[StepSight]) -> DrillResult:
    """Return how far a playbook helps, by what its steps would come to."""
    found, reason = _help(steps)
    return DrillResult(
        playbook=playbook, target=target, help=found, reason=reason, steps=tuple(steps)
    )


def _help(steps: Sequence[StepSight]) -> tuple[Help, str]:
    bad = [s for s in steps if s.sight in (Sight.MISSING, Sight.FAILED)]
    good = [s for s in steps if s.sight in (Sight.READY, Sight.NOTHING)]
    if stopped := next((s for s in bad if s.stops), None):
        return Help.NONE, _because(stopped)
    if bad:
        return (Help.PART if good else Help.NONE), _because(bad[0])
    return (Help.FULL, "") if good else (Help.PART, "no step's `when` holds for this alert")


def _because(step: StepSight) -> str:
    return f"{step.step}: {step.text}"


_ORDER = (Help.FULL, Help.PART, Help.NONE)


def worse_than(before: DrillReport | None, now: Sequence[DrillResult]) -> tuple[DrillResult, ...]:
    """Return what could be helped less far than in the drill before; what was not asked about then is not among it."""
    known = {each.key: each.help for each in before.results} if before else {}
    return tuple(each for each in now if _is_worse(known.get(each.key), each.help))


def _is_worse(before: Help | None, now: Help) -> bool:
    if before not in _ORDER or now not in _ORDER:
        return False
    return _ORDER.index(now) > _ORDER.index(before)


def due_night(limits: DrillLimits, now: datetime) -> str:
    """Return the date of the drill that is due now, "" where none is."""
    if limits.at is None:
        return ""
    local = now.astimezone(ZoneInfo(limits.zone))
    for day in (local, local - timedelta(days=1)):  # a drill at 23:30 may begin after midnight
        begins = day.replace(hour=limits.at[0], minute=limits.at[1], second=0, microsecond=0)
        if begins <= local < begins + GRACE:
            return f"{begins:%Y-%m-%d}"
    return ""


def summary(report: DrillReport) -> str:
    """Say in one line what a drill found: for messages, the status and whoever takes over."""
    names = {each.playbook for each in report.results}
    asked = f"{counted(len(report.results), 'target')} of {counted(len(names), 'playbook')}"
    ways = Counter(each.help for each in report.results)
    words = [
        f"{ways[Help.NONE]} could not be helped" if ways[Help.NONE] else "all could be helped",
        f"{ways[Help.PART]} only in part" if ways[Help.PART] else "",
        f"{report.left} were not asked about for want of time or room" if report.left else "",
    ]
    return f"Drill of {report.night}: of {asked} {', '.join(filter(None, words))}."


def told(report: DrillReport) -> Message | None:
    """Return what people hear of a drill: that something got worse or, of the first one, that something needs help."""
    found = report.helpless if report.is_first else report.worse
    if not found:
        return None
    title = "Drill: not everything could be helped" if report.is_first else "Drill: it got worse"
    return Message(
        kind=MessageKind.NOTICE,
        run_id="",
        thread=f"drill:{report.night}",
        deduplication=f"drill:{report.night}",
        title=title,
        text=f"{summary(report)} {'' if report.is_first else f'{len(found)} got worse. '}"
        "The whole report: remediator drill",
        lines=tuple(_lines(found)),
        body={"night": report.night, "targets": len(report.results), "worse": len(report.worse)},
    )


def _lines(found: Sequence[DrillResult]) -> Iterator[str]:
    for each in found[:MOST_NAMED]:
        yield f"{each.playbook} on {each.target}: {each.reason}"
    if len(found) > MOST_NAMED:
        yield f"and {len(found) - MOST_NAMED} more"
