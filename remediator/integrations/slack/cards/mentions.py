"""How a drawing speaks: who is called by which mention. Made by the deliverer for one message, given to drawings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from remediator.integrations.slack.cards.mrkdwn import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """`mentions` maps a name (`@sre-oncall`, an e-mail, a contact) to the mrkdwn that calls it; others are text."""

    mentions: Mapping[str, str] = field(default_factory=dict)

    def call(self, name: str) -> str:
        """Return the mention of a name, or the name itself as text."""
        return self.mentions.get(name) or escape(name, 80)

    def call_all(self, names: Iterable[str], most: int = 10) -> str:
        """Return the mentions of several names."""
        called = [self.call(name) for name in names if name]
        return ", ".join(called[:most]) + (f" and {len(called) - most} more" * (len(called) > most))


SILENT = Mentions()
"""Calls nobody."""
