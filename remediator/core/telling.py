"""One run at one moment, for whoever tells about it: its card, from which texts are taken, and messages about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remediator.core.card import Card, card_of
from remediator.core.messages import Message, MessageKind
from remediator.core.playbook import Escalation
from remediator.core.run import Run


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told of a run is drawn from its card; `run` says what its playbook wants to be done about it."""

    run: Run
    card: Card
    now: datetime

    def message(self, kind: MessageKind, key: str, text: str, **more: Any) -> Message:
        """Return a message in the run's thread. `key` makes it the only one of its kind; `facts` are added to those
        that all but PROGRESS have."""
        about = {"playbook": self.card.playbook, "run": self.card.run}
        facts = more.pop("facts", {})
        return Message(
            kind=kind,
            run_id=self.card.run,
            thread=self.card.run,
            deduplication=f"{self.card.run}:{key}",
            title=more.pop("title", self.card.headline),
            text=text,
            facts=facts if kind is MessageKind.PROGRESS else {**about, **facts},
            body=self._body(),
            at=self.now,
            card=self.card,
            **more,
        )

    def due_at(self, escalation: Escalation) -> datetime:
        """Return when somebody is called, where what is told is told now."""
        return escalation.due_at(self.now, self.run.order.alert.starts_at)

    def _body(self) -> Mapping[str, Any]:
        run, card = self.run, self.card
        alert = run.order.alert
        return {
            "run": card.run,
            "playbook": card.playbook,
            "mode": card.mode,
            "phase": card.phase,
            "outcome": card.outcome or None,
            "reason": card.reason,
            "target": card.target,
            "alert": {"fingerprint": alert.fingerprint, "labels": dict(alert.labels)},
            "plan_digest": card.digest or None,
            "freed_bytes": card.freed_bytes,
            "severity": run.order.severity,
        }


def telling(run: Run, now: datetime, *, settled: bool = False) -> Telling:
    """Return a run as it is told now; `settled` as for `card_of`."""
    return Telling(run, card_of(run, now, settled=settled), now)
