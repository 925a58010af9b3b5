"""The site's own journal: what people and daemons did that belongs to no run, in one hash chain, kept for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remediator.core.site_events import SiteEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntry:
    """One event as stored: its number (from 1), and the hash that chains it to the one before."""

    number: int
    at: datetime
    event: SiteEvent
    hash: str


class SiteJournalReader(Protocol):
    """Reads it."""

    def site_events(self, *, before: int | None = None, limit: int = 50) -> tuple[SiteEntry, ...]:
        """Return entries below a number, newest first."""
        ...


class SiteJournalWriter(Protocol):
    """Appends to it."""

    def append_site(self, at: datetime, event: SiteEvent) -> None:
        """Append one entry. From then on this transaction keeps others out until its commit: do it where little
        follows."""
        ...
