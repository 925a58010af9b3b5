"""Who a target is: the question that is asked before anything is done about it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from remediator.core.identity import Identity, Said
from remediator.core.target import Target


class Identities(Protocol):
    """Knows the names of things."""

    async def of(self, target: Target) -> Identity:
        """Return what is known about a target, soon; raise nothing: what could not be asked stays unknown."""
        ...


class Names(Protocol):
    """What one outside system knows about the names of things."""

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of target that are this system's own: about these it is asked before the others."""
        ...

    async def of(self, target: Target, known: frozenset[Target]) -> Said:
        """Say what is known of a target that has these names already; raise ActionError where nobody can be asked."""
        ...


class OwnNames:
    """Knows every target by its own name only."""

    async def of(self, target: Target) -> Identity:
        """See Identities."""
        return Identity(target=target)
