"""What is found when the journals' hash chains are followed, a share at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Up to where the journals were followed, by run id and number: this entry's hash proves those before it."""

    run_id: str = ""
    seq: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """The first entry of a run's journal that is not what was written."""

    run_id: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLook:
    """One share: how many runs were begun and entries followed, what is broken, and where the next share goes on."""

    head: ChainHead
    runs: int = 0
    entries: int = 0
    breaks: tuple[ChainBreak, ...] = ()
    is_last: bool = False

    def joined(self, later: ChainLook) -> ChainLook:
        """Return what both found; a run is broken once, at its first wrong entry."""
        known = {each.run_id for each in self.breaks}
        more = (each for each in later.breaks if each.run_id not in known)
        return replace(
            later,
            runs=self.runs + later.runs,
            entries=self.entries + later.entries,
            breaks=(*self.breaks, *more),
        )


class ChainReader(Protocol):
    """Follows the chains."""

    def follow_chains(self, after: ChainHead, limit: int) -> ChainLook:
        """Follow at most `limit` entries behind `after`, over all runs in the order of their ids."""
        ...
