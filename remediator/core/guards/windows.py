"""windows: act only inside the allowed hours and never inside the denied ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from remediator.core.cron import Cron, parse_cron
from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.verdict import Ruling, Verdict

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTE = timedelta(minutes=1)
_FARTHEST = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours on some days (`from` may be later than `to`: over midnight, counted to the day it began), or
    cron + duration.

    Days are `mon` … `sun`, empty means every day; times are `HH:MM` in the IANA time `zone`.
    """

    days: tuple[str, ...] = ()
    from_: str = "00:00"
    to: str = "24:00"
    zone: str = "UTC"
    cron: str | None = None
    duration: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse a window that means nothing, when it is written and not when it is needed."""
        ZoneInfo(self.zone)
        if unknown := [day for day in self.days if day not in DAYS]:
            raise ValueError(
                f"{unknown[0]!r} is not a day: write mon, tue, wed, thu, fri, sat or sun"
            )
        _minutes(self.from_)
        _minutes(self.to)
        if (self.cron is None) != (self.duration is None):
            raise ValueError("a cron window needs both `cron` and `duration`")
        if self.duration is not None and self.duration > timedelta(days=1):
            raise ValueError("a cron window lasts at most 1d")
        if self.cron is not None:
            parse_cron(self.cron)

    def contains(self, moment: datetime) -> bool:
        """Say whether a moment lies within this window."""
        local = moment.astimezone(ZoneInfo(self.zone))
        if self.cron is not None and self.duration is not None:
            return _started(parse_cron(self.cron), local, self.duration)
        start, end, minute = _minutes(self.from_), _minutes(self.to), local.hour * 60 + local.minute
        if start <= end:
            return start <= minute < end and self._on(local.weekday())
        yesterday = (local.weekday() - 1) % 7
        return (minute >= start and self._on(local.weekday())) or (
            minute < end and self._on(yesterday)
        )

    def _on(self, weekday: int) -> bool:
        return not self.days or DAYS[weekday] in self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsSettings:
    """Inside one of `allow` (where there are any) and outside all of `deny`.

    `also` holds more lists like `allow`, in each of which a moment has to be: a floor's hours beside a playbook's own.
    """

    allow: tuple[Window, ...] = ()
    deny: tuple[Window, ...] = ()
    also: tuple[tuple[Window, ...], ...] = ()

    def is_open(self, moment: datetime) -> bool:
        """Say whether runs may act at this moment."""
        if any(window.contains(moment) for window in self.deny):
            return False
        lists = (each for each in (self.allow, *self.also) if each)
        return all(any(window.contains(moment) for window in each) for each in lists)


def judge(settings: WindowsSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Defer to the next moment that is inside; a run that has begun goes on."""
    if subject.changed or settings.is_open(facts.now):
        return None
    until = _next_opening(settings, facts.now)
    return Verdict(
        guard="windows",
        ruling=Ruling.DEFER,
        reason="outside the hours in which this playbook may act",
        numbers={"opens": until.isoformat()},
        until=until,
        clears="time",
    )


def _next_opening(settings: WindowsSettings, now: datetime) -> datetime:
    minute = now.replace(second=0, microsecond=0)
    ahead = (minute + n * _MINUTE for n in range(1, _FARTHEST + 1))
    return next((m for m in ahead if settings.is_open(m)), now + timedelta(days=1))


def _started(cron: Cron, local: datetime, duration: timedelta) -> bool:
    start = cron.latest(local)
    return start is not None and local - start < duration


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not colon or not (hours + minutes).isdecimal() or len(minutes) != 2:
        raise ValueError(f"{text!r} is not a time of day: write it like 22:00")
    total = int(hours) * 60 + int(minutes)
    if total > 24 * 60 or int(minutes) > 59:
        raise ValueError(f"{text!r} is not a time of day")
    return total


def _stricter(own: WindowsSettings, floor: WindowsSettings) -> WindowsSettings:
    if not own.allow:
        own = replace(own, allow=floor.allow)
    missing = (each for each in (floor.allow, *floor.also) if each not in (own.allow, *own.also))
    return WindowsSettings(
        allow=own.allow,
        deny=tuple(dict.fromkeys(own.deny + floor.deny)),
        also=(*own.also, *(each for each in missing if each)),
    )


GUARD = Guard(
    name="windows",
    settings=WindowsSettings,
    judge=judge,
    stricter=_stricter,
)
