"""Decisions, and the playbook versions they were made with: why something was done, or not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as insert_once

from remediator.ports.store import DecisionRecord, Listing, Page
from remediator.stores.columns import Moment
from remediator.stores.listing import Catalogue, Lists
from remediator.stores.prepared import Row
from remediator.stores.schema import decision, playbook_version

_DECIDE = insert_once(decision).on_conflict_do_nothing()
_KEEP = insert_once(playbook_version).on_conflict_do_nothing()
_DOCUMENT = select(playbook_version.c.document).where(
    playbook_version.c.digest == bindparam("p_digest")
)
_REFUSED = select(func.count(decision.c.fingerprint.distinct())).where(
    decision.c.at > bindparam("p_since", type_=Moment()),
    decision.c.playbook == bindparam("p_playbook"),
    decision.c.by == bindparam("p_by"),
)


def _loaded(row: Row) -> DecisionRecord:
    return DecisionRecord(**row._asdict())


_DECISIONS = Catalogue(
    table=decision,
    at=decision.c.at,
    filters=frozenset({"playbook", "fingerprint", "source", "decision", "run_id", "notification"}),
    read=_loaded,
)


class DecisionReading(Lists):
    """Reads decisions and playbook versions."""

    def decisions(self, listing: Listing) -> Page[DecisionRecord]:
        """Return a page of decisions."""
        return self._page(_DECISIONS, listing)

    def refused_alerts(self, playbook: str, by: str, since: datetime) -> int:
        """Count the alerts of which one playbook was decided so since."""
        return int(self._value(_REFUSED, {"p_playbook": playbook, "p_by": by, "p_since": since}))

    def playbook_document(self, digest: str) -> str | None:
        """Return a playbook version's document."""
        document: str | None = self._value(_DOCUMENT, {"p_digest": digest})
        return document


class DecisionWriting(DecisionReading):
    """Records decisions and keeps playbook versions."""

    def decide(self, decision: DecisionRecord) -> bool:
        """Record a decision; False where one is recorded already, which stays as it is."""
        added = self._change(
            _DECIDE,
            {
                "id": decision.id,
                "at": decision.at,
                "notification": decision.notification,
                "fingerprint": decision.fingerprint,
                "source": decision.source,
                "playbook": decision.playbook,
                "decision": decision.decision,
                "reason": decision.reason,
                "by": decision.by,
                "run_id": decision.run_id,
                "alert_name": decision.alert_name,
            },
        )
        return added > 0

    def keep_playbook(self, digest: str, name: str, document: str, at: datetime) -> None:
        """Keep a version for ever; one that is there already stays as it is."""
        self._change(_KEEP, {"digest": digest, "name": name, "document": document, "at": at})
