"""The hash chain of a run's journal: each entry's hash covers the one before, so none can be changed or left out alone.

Used when entries are appended and when the journal is checked. It covers the text as stored, so a journal still proves
itself when a later program would write the same event differently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from remediator.core.canonical import canonical_json
from remediator.stores.columns import microseconds

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One journal entry as stored, its event as text."""

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
    previous = GENESIS
    for expected, link in enumerate(links, start=1):
        proven = chained_hash(
            previous, run_id=link.run_id, seq=link.seq, at=link.at, document=link.document
        )
        if link.seq != expected or link.hash != proven:
            return expected
        previous = link.hash
    return None
