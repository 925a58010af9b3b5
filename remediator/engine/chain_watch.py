"""Follow the journals' hash chains once a day, a small share at each round of the housekeeping.

A round over all that is kept ends when its last entry is reached; the next begins a day after it began. How far it has
come is kept in memory: a start begins anew.
"""

from __future__ import annotations

from datetime import timedelta

from remediator.engine.listener import Listener
from remediator.ports.ambient import Ambient
from remediator.ports.chains import ChainBreak, ChainHead, ChainLook
from remediator.ports.store import Store

SHARE = 200
DAILY = timedelta(days=1)


class ChainWatch:
    """Follows one share at a time."""

    def __init__(self, store: Store, ambient: Ambient, listener: Listener) -> None:
        self._store = store
        self._ambient = ambient
        self._listener = listener
        self._next_round = ambient.monotonic()
        self._broken: frozenset[str] = frozenset()
        self._begin()

    def _begin(self) -> None:
        self._head = ChainHead()
        self._runs = self._entries = 0
        self._found: set[str] = set()

    async def look(self) -> None:
        """Follow the next share, where a round is due or under way."""
        now = self._ambient.monotonic()
        if now < self._next_round:
            return
        after = self._head
        look = await self._store.read(lambda reader: reader.follow_chains(after, SHARE))
        self._head = look.head
        self._runs, self._entries = self._runs + look.runs, self._entries + look.entries
        for broken in look.breaks:
            self._note(broken)
        if look.is_last:
            self._end(look)

    def _note(self, broken: ChainBreak) -> None:
        if broken.run_id in self._found:
            return
        self._found.add(broken.run_id)
        self._listener.chain_broken(broken, len(self._found | self._broken))

    def _end(self, look: ChainLook) -> None:
        self._broken = frozenset(self._found)
        self._listener.chains_followed(
            look.head, self._runs, self._entries, len(self._broken), self._ambient.now()
        )
        self._next_round = self._ambient.monotonic() + DAILY.total_seconds()
        self._begin()
