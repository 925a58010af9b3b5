"""Cron expressions of five fields, as a pure question: does this minute match? Used by the windows guard.

Ours, because the core may not import a library. As in Vixie cron, where both day fields are restricted either may
match, and a field that begins with `*` (also `*/2`) is not a restriction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_SPAN = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The allowed values of each field; `any_day` of month or week says that its field began with `*`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def matches(self, moment: datetime) -> bool:
        """Say whether the expression names this local minute."""
        if moment.minute not in self.minutes or moment.hour not in self.hours:
            return False
        return moment.month in self.months and self._names_day(moment)

    def latest(self, moment: datetime) -> datetime | None:
        """Return the last minute named at or before a local moment, today or yesterday by the wall clock."""
        today = moment.replace(second=0, microsecond=0)
        yesterday = (today - timedelta(days=1)).replace(hour=23, minute=59)
        found = (self._latest_on(day) for day in (today, yesterday))
        return next((minute for minute in found if minute is not None), None)

    def _latest_on(self, moment: datetime) -> datetime | None:
        if moment.month not in self.months or not self._names_day(moment):
            return None
        for hour in sorted((h for h in self.hours if h <= moment.hour), reverse=True):
            most = moment.minute if hour == moment.hour else 59
            minute = max((m for m in self.minutes if m <= most), default=None)
            if minute is not None:
                return moment.replace(hour=hour, minute=minute)
        return None

    def _names_day(self, moment: datetime) -> bool:
        day, weekday = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        return day and weekday if self.any_day or self.any_weekday else day or weekday


@lru_cache(maxsize=256)
def parse_cron(text: str) -> Cron:
    """Read `0 2 * * 1-5`: lists, ranges, steps, numbers only; ValueError says which field is wrong."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{text!r} is not a cron expression: it needs five fields")
    minutes, hours, days, months, weekdays = (
        _values(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True)
    )
    return Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        any_day=fields[2].startswith("*"),
        any_weekday=fields[4].startswith("*"),
    )


def _values(field: str, name: str, lowest: int, highest: int) -> frozenset[int]:
    try:
        values = frozenset(v for part in field.split(",") for v in _span(part, lowest, highest))
    except ValueError as error:
        raise ValueError(
            f"{field[:40]!r} is not a cron {name}: it runs from {lowest} to {highest}"
        ) from error
    return values


def _span(part: str, lowest: int, highest: int) -> range:
    match = _SPAN.fullmatch(part)
    if not match:
        raise ValueError(part[:40])
    first, last, step = match.groups()
    start = int(first or lowest)
    end = int(last or (highest if step or not first else first))
    if not lowest <= start <= end <= highest:
        raise ValueError(part)
    return range(start, end + 1, int(step or 1))
