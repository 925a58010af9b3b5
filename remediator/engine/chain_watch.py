"""Follow the journals' hash chains once a day, a small share at each round of the housekeeping: the site's, then those
of the runs.

A round over all that is kept ends when its last entry is reached; the next begins a day after it began. How far it has
come is kept in memory: a start begins anew. The site's journal is never pruned, so where it had come to a day before is
still in it, unless its end was cut off.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from remediator.engine.listener import Listener
from remediator.ports.ambient import Ambient
from remediator.ports.chains import SITE, ChainBreak, ChainHead, ChainLook
from remediator.ports.store import Reader, Store

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
        self._site = self._known = ChainHead()
        self._begin()

    def _begin(self) -> None:
        self._head, self._is_site_done = ChainHead(), False
        self._known, self._site = self._site, ChainHead()
        self._runs = self._entries = 0
        self._found: set[str] = set()

    async def look(self) -> None:
        """Follow the next share, where a round is due or under way."""
        if self._ambient.monotonic() < self._next_round:
            return
        if not self._is_site_done:
            await self._look_at_site()
            return
        after = self._head
        look = await self._store.read(lambda reader: reader.follow_chains(after, SHARE))
        self._head = look.head
        self._note(look)
        if look.is_last:
            self._end()

    async def _look_at_site(self) -> None:
        after, known = self._site, self._known
        look = await self._store.read(lambda reader: _followed(reader, after, known))
        self._site, self._is_site_done = look.head, look.is_last
        self._note(look)

    def _note(self, look: ChainLook) -> None:
        self._runs, self._entries = self._runs + look.runs, self._entries + look.entries
        for broken in look.breaks:
            if broken.run_id not in self._found:
                self._found.add(broken.run_id)
                self._listener.chain_broken(broken, len(self._found | self._broken))

    def _end(self) -> None:
        self._broken = frozenset(self._found)
        self._listener.chains_followed(
            self._head,
            self._site,
            self._runs,
            self._entries,
            len(self._broken),
            self._ambient.now(),
        )
        self._next_round = self._ambient.monotonic() + DAILY.total_seconds()
        self._begin()


def _followed(reader: Reader, after: ChainHead, known: ChainHead) -> ChainLook:
    """Follow a share of the site's journal; with its last one, see that what was `known` is still there."""
    look = reader.follow_site(after, SHARE)
    if not look.is_last or not known.seq or reader.site_head(known.seq) == known:
        return look
    return replace(look, breaks=(*look.breaks, ChainBreak(run_id=SITE, seq=known.seq)))
