"""Verdicts: what guards say, with reasons and numbers. The strictest wins; unknown means no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum


class Ruling(IntEnum):
    """allow < ask < defer < deny."""

    ALLOW = 0
    ASK = 1
    DEFER = 2
    DENY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One guard's answer. `until` says when to ask again (defer); `clears` what would change the answer."""

    guard: str
    ruling: Ruling
    reason: str
    numbers: Mapping[str, float | int | str] = field(default_factory=dict)
    until: datetime | None = None
    clears: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All guards' verdicts on one run at one moment."""

    verdicts: tuple[Verdict, ...]

    @property
    def ruling(self) -> Ruling:
        """The strictest ruling; allow where no guard had anything to say."""
        return max((v.ruling for v in self.verdicts), default=Ruling.ALLOW)

    @property
    def strictest(self) -> Verdict | None:
        """The first verdict that decided, or None where everything was allowed without a word."""
        return max(self.verdicts, key=lambda v: v.ruling, default=None)

    @property
    def seen(self) -> tuple[str, ...]:
        """What those who have no objection saw, where they say it."""
        return tuple(v.reason for v in self.verdicts if v.ruling is Ruling.ALLOW and v.reason)

    @property
    def until(self) -> datetime | None:
        """When every deferring guard may have changed its mind."""
        return max(
            (v.until for v in self.verdicts if v.ruling is Ruling.DEFER and v.until), default=None
        )


NO_OBJECTION = Judgement(verdicts=())
