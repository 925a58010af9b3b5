"""The site's own journal: one hash chain over all replicas, append-only and never pruned.

Whoever appends is alone in the gate until the commit, so that no two entries follow the same one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Integer, bindparam, insert, select

from remediator.core.site_events import SiteEvent
from remediator.ports.chains import SITE, ChainHead, ChainLook
from remediator.ports.codec import decode_site_event, encode_site_event
from remediator.ports.site_journal import SiteEntry
from remediator.stores.hash_chain import GENESIS, Link, chained_hash, follow
from remediator.stores.schema import site_event
from remediator.stores.session import Session

_LIMIT = bindparam("p_limit", type_=Integer())
_NEWEST = select(site_event).order_by(site_event.c.number.desc()).limit(_LIMIT)
_BELOW = _NEWEST.where(site_event.c.number < bindparam("p_before", type_=Integer()))
_BEHIND = (
    select(site_event)
    .where(site_event.c.number > bindparam("p_after", type_=Integer()))
    .order_by(site_event.c.number)
    .limit(_LIMIT)
)
_HEAD = select(site_event.c.number, site_event.c.hash).order_by(site_event.c.number.desc()).limit(1)
_HEAD_UPTO = _HEAD.where(site_event.c.number <= bindparam("p_upto", type_=Integer()))
_APPEND = insert(site_event)


class SiteJournalReading(Session):
    """Reads the site's journal."""

    def site_events(self, *, before: int | None = None, limit: int = 50) -> tuple[SiteEntry, ...]:
        """Return entries below a number, newest first."""
        asked = {"p_limit": limit}
        rows = (
            self._all(_NEWEST, asked)
            if before is None
            else self._all(_BELOW, {**asked, "p_before": before})
        )
        return tuple(
            SiteEntry(
                number=row.number, at=row.at, event=decode_site_event(row.document), hash=row.hash
            )
            for row in rows
        )

    def follow_site(self, after: ChainHead, limit: int) -> ChainLook:
        """Follow the next entries of the site's journal."""
        begun = after if after.seq else ChainHead(run_id=SITE, hash=GENESIS)
        rows = self._all(_BEHIND, {"p_after": begun.seq, "p_limit": limit})
        links = [
            Link(run_id=SITE, seq=row.number, at=row.at, document=row.document, hash=row.hash)
            for row in rows
        ]
        return replace(follow(begun, links), is_last=len(links) < limit)

    def site_head(self, upto: int | None = None) -> ChainHead:
        """Return the last entry whose number is at most `upto`; without any, what the first one follows."""
        last = self._one(_HEAD, {}) if upto is None else self._one(_HEAD_UPTO, {"p_upto": upto})
        if last is None:
            return ChainHead(run_id=SITE, hash=GENESIS)
        return ChainHead(run_id=SITE, seq=last.number, hash=last.hash)


class SiteJournalWriting(SiteJournalReading):
    """Appends to the site's journal."""

    def append_site(self, at: datetime, event: SiteEvent) -> None:
        """Append one entry; others who would wait in the gate until this commit."""
        self.enter_gate()
        head = self.site_head()
        number, document = head.seq + 1, encode_site_event(event)
        chained = chained_hash(head.hash, run_id=SITE, seq=number, at=at, document=document)
        row = {"number": number, "at": at, "document": document, "hash": chained}
        self._change(_APPEND, row)
