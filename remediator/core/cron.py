"""Cron expressions of five fields, as a pure question: does this minute match? Used by the windows guard.

Ours, because the core may not import a library. As in Vixie cron, where both day fields are restricted either may match.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The allowed values of each field; `any_day` of month or week says that its field was `*`."""

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
        any_day=fields[2] == "*",
        any_weekday=fields[4] == "*",
    )


def _values(field: str, name: str, lowest: int, highest: int) -> frozenset[int]:
    try:
        values = frozenset(v for part in field.split(",") for v in _span(part, lowest, highest))
    except ValueError as error:
        raise ValueError(f"{field!r} is not a cron {name}") from error
    if not values or min(values) < lowest or max(values) > highest:
        raise ValueError(f"{field!r} is not a cron {name}: it runs from {lowest} to {highest}")
    return values


def _span(part: str, lowest: int, highest: int) -> range:
    span, _, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        return range(lowest, highest + 1, int(step or 1))
    end = int(last) if dash else (highest if step else int(first))
    return range(int(first), end + 1, int(step or 1))
