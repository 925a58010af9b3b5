"""How long to leave alone what has failed: twice as long each time. Used by runs, the courier and Slack's door."""

from __future__ import annotations

from datetime import timedelta


def backoff(first: timedelta, failures: int, *, longest: timedelta = timedelta.max) -> timedelta:
    """Return the rest after so many failures in a row: `first` after one, never more than `longest`."""
    if not first:
        return first
    times = 2 ** (failures - 1)
    return first * times if times < longest / first else longest


def jittered(rest: timedelta, dice: float) -> timedelta:
    """Return between half of a rest and all of it, as dice in [0, 1) say: what failed together comes back apart."""
    return rest * (1 + dice) / 2
