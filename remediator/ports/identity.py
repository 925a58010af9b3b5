"""Who a target is: the question that is asked before anything is done about it."""

from __future__ import annotations

from typing import Protocol

from remediator.core.identity import Identity
from remediator.core.target import Target


class Identities(Protocol):
    """Knows the names of things."""

    async def of(self, target: Target) -> Identity:
        """Return what is known about a target, soon; raise nothing: what could not be asked stays unknown."""
        ...


class OwnNames:
    """Knows every target by its own name only."""

    async def of(self, target: Target) -> Identity:
        """See Identities."""
        return Identity(target=target)
