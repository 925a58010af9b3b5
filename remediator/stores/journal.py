"""The journal: what happened to each run, append-only and hash-chained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Integer, bindparam, exists, insert, select, tuple_

from remediator.core.events import Event
from remediator.ports.chains import ChainBreak, ChainHead, ChainLook
from remediator.ports.codec import decode_event, encode_event
from remediator.ports.store import JournalEntry
from remediator.stores.columns import Words
from remediator.stores.gathered import later_insert
from remediator.stores.hash_chain import GENESIS, Link, chained_hash, follow
from remediator.stores.prepared import Row
from remediator.stores.schema import event, run
from remediator.stores.session import Session

_OF_RUN = event.c.run_id == bindparam("p_run")
_AFTER = (
    select(event)
    .where(_OF_RUN, event.c.seq > bindparam("p_after", type_=Integer()))
    .order_by(event.c.seq)
    .limit(bindparam("p_limit", type_=Integer()))
)
_LINKS = select(event).where(_OF_RUN).order_by(event.c.seq)
_BEHIND = (
    select(event)
    .where(
        tuple_(event.c.run_id, event.c.seq)
        > tuple_(bindparam("p_run", type_=Words()), bindparam("p_after", type_=Integer()))
    )
    .order_by(event.c.run_id, event.c.seq)
    .limit(bindparam("p_limit", type_=Integer()))
)
_BARE = (
    select(run.c.id)
    .where(
        run.c.id > bindparam("p_run", type_=Words()),
        ~exists().where(event.c.run_id == run.c.id),
    )
    .limit(100)
)
_BARE_UPTO = _BARE.where(run.c.id <= bindparam("p_upto", type_=Words()))
_LAST = select(event.c.seq, event.c.hash).where(_OF_RUN).order_by(event.c.seq.desc()).limit(1)
_APPEND = later_insert("journal", insert(event), "run_id", "seq", "at", "document", "hash")


class JournalReading(Session):
    """Reads journals."""

    def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> tuple[JournalEntry, ...]:
        """Return a run's entries behind number `after`, oldest first."""
        rows = self._all(_AFTER, {"p_run": run_id, "p_after": after, "p_limit": limit})
        return tuple(
            JournalEntry(
                run_id=row.run_id,
                seq=row.seq,
                at=row.at,
                event=decode_event(row.document),
                hash=row.hash,
            )
            for row in rows
        )

    def links(self, run_id: str) -> tuple[Link, ...]:
        """Return a run's whole journal as stored, for `verify_chain`."""
        return _links(self._all(_LINKS, {"p_run": run_id}))

    def follow_chains(self, after: ChainHead, limit: int) -> ChainLook:
        """Follow the next entries of all runs; a run without any is broken at its first."""
        asked = {"p_run": after.run_id, "p_after": after.seq, "p_limit": limit}
        links = _links(self._all(_BEHIND, asked))
        look = follow(after, links)
        is_last = len(links) < limit
        upto = {"p_upto": look.head.run_id} if not is_last else {}
        gone = self._all(_BARE if is_last else _BARE_UPTO, {"p_run": after.run_id, **upto})
        breaks = (*look.breaks, *(ChainBreak(run_id=row.id, seq=1) for row in gone))
        return replace(look, breaks=breaks, is_last=is_last)


def _links(rows: Sequence[Row]) -> tuple[Link, ...]:
    return tuple(Link(**row._asdict()) for row in rows)


class JournalWriting(JournalReading):
    """Appends to journals."""

    def append(self, run_id: str, at: datetime, events: Sequence[Event]) -> None:
        """Append to the run's journal; the caller has the run locked."""
        if not events:
            return
        seq, previous = self._tails.get(run_id) or self._tail(run_id)
        rows = []
        for seq_of_event, happened in enumerate(events, start=seq + 1):
            document = encode_event(happened)
            row = {"run_id": run_id, "seq": seq_of_event, "at": at, "document": document}
            previous = chained_hash(
                previous, run_id=run_id, seq=seq_of_event, at=at, document=document
            )
            rows.append(row | {"hash": previous})
        self._later(_APPEND, rows, [(event, run_id)], event)
        self._tails[run_id] = (seq + len(events), previous)

    def _tail(self, run_id: str) -> tuple[int, str]:
        last = self._one(_LAST, {"p_run": run_id})
        return (last.seq, last.hash) if last else (0, GENESIS)
