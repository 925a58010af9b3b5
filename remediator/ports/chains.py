"""What is found when the journals' hash chains are followed, a share at a time: those of the runs, and the site's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

SITE = "site"
"""Stands for a run's id where the site's own journal is meant; no run is called so."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """What was found over all: in the journals of the runs, and in that of the site."""

    runs: ChainLook = ChainLook(head=ChainHead())
    site: ChainLook = ChainLook(head=ChainHead(run_id=SITE))

    @property
    def breaks(self) -> tuple[ChainBreak, ...]:
        """What is broken, that of the site first."""
        return (*self.site.breaks, *self.runs.breaks)

    def joined(self, look: ChainLook) -> Chains:
        """Return all this, and what one more look found."""
        if look.head.run_id == SITE:
            return replace(self, site=self.site.joined(look))
        return replace(self, runs=self.runs.joined(look))


class ChainReader(Protocol):
    """Follows the chains."""

    def follow_chains(self, after: ChainHead, limit: int) -> ChainLook:
        """Follow at most `limit` entries behind `after`, over all runs in the order of their ids."""
        ...

    def follow_site(self, after: ChainHead, limit: int) -> ChainLook:
        """Follow at most `limit` entries of the site's journal behind `after`; its looks are at no runs."""
        ...

    def site_head(self, upto: int | None = None) -> ChainHead:
        """Return the last entry of the site's journal whose number is at most `upto`."""
        ...
