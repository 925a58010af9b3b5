"""The hash chain of a journal, a run's or the site's: each entry's hash covers the one before, so none can be changed
or left out alone.

Used when entries are appended and when the journal is checked. It covers the text as stored, so a journal still proves
itself when a later program would write the same event differently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from remediator.core.canonical import canonical_json
from remediator.ports.chains import ChainBreak, ChainHead, ChainLook
from remediator.stores.columns import microseconds

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One journal entry as stored, its event as text. The site's journal is that of the run `ports.chains.SITE`."""

    run_id: str
    seq: int
    at: datetime
    document: str
    hash: str


def chained_hash(previous: str, *, run_id: str, seq: int, at: datetime, document: str) -> str:
    """Return the hash of an entry whose predecessor has the hash `previous`."""
    covered = canonical_json([run_id, seq, microseconds(at), document])
    return hashlib.sha256((previous + covered).encode()).hexdigest()


def verify_chain(links: Iterable[Link]) -> int | None:
    """Return the number of the first entry of a run's whole journal that is not what was written, or None."""
    head = ChainHead(hash=GENESIS)
    for expected, link in enumerate(links, start=1):
        if not _is_next(head, link):
            return expected
        head = _head(link)
    return None


def follow(head: ChainHead, links: Iterable[Link]) -> ChainLook:
    """Follow entries of any number of runs, each run's together and in order, on from `head`.

    Behind a break the stored hashes are taken for right, so that each run is named once.
    """
    breaks: dict[str, ChainBreak] = {}
    runs, entries = 0, 0
    for link in links:
        if link.run_id != head.run_id:
            head = ChainHead(run_id=link.run_id, hash=GENESIS)
            runs += 1
        entries += 1
        if not _is_next(head, link):
            breaks.setdefault(link.run_id, ChainBreak(run_id=link.run_id, seq=head.seq + 1))
        head = _head(link)
    return ChainLook(head=head, runs=runs, entries=entries, breaks=tuple(breaks.values()))


def _head(link: Link) -> ChainHead:
    return ChainHead(run_id=link.run_id, seq=link.seq, hash=link.hash)


def _is_next(head: ChainHead, link: Link) -> bool:
    proven = chained_hash(
        head.hash, run_id=link.run_id, seq=link.seq, at=link.at, document=link.document
    )
    return link.seq == head.seq + 1 and link.hash == proven
