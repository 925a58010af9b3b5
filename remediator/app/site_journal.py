"""What a daemon tells the site's journal of itself: its start and end, and its reloads. Used by the daemon."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from remediator import __version__
from remediator.app.configuration import Configuration, InForce
from remediator.config.playbooks import PlaybookBook
from remediator.core.canonical import digest
from remediator.core.errors import RemediatorError
from remediator.core.site_events import (
    InUse,
    Reloaded,
    ReloadRefused,
    SiteEvent,
    Started,
    Stopped,
    Version,
)
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store
from remediator.telemetry import Telemetry

PATIENCE_SECONDS = 5.0
"""How long a start, a reload or an end waits for the store; then it goes on, and the log says what is not there."""
MOST_PROBLEMS = 20


class SiteJournal:
    """Writes down what the daemon does. A store that cannot store keeps nothing from happening: a reload may be what
    mends it."""

    def __init__(
        self, store: Store, in_force: InForce, ambient: Ambient, telemetry: Telemetry
    ) -> None:
        self._store = store
        self._in_force = in_force
        self._ambient = ambient
        self._telemetry = telemetry
        self._host = socket.gethostname()

    @property
    def configuration(self) -> Configuration:
        """The configuration in force."""
        return self._in_force.now

    async def started(self) -> None:
        """Tell of a start."""
        in_use = in_use_of(self.configuration)
        await self._tell(Started(version=__version__, host=self._host, in_use=in_use))

    async def stopped(self) -> None:
        """Tell of an end in order."""
        await self._tell(Stopped(version=__version__, host=self._host))

    async def reloaded(self, who: str, old: Configuration) -> None:
        """Tell what is in force now in place of `old`."""
        new = self.configuration
        added, changed, removed = differences(old.book, new.book)
        told = Reloaded(
            who=who,
            host=self._host,
            before=in_use_of(old),
            after=in_use_of(new),
            added=added,
            changed=changed,
            removed=removed,
        )
        await self._tell(told)

    async def refused(self, who: str, problems: Sequence[str]) -> None:
        """Tell why nothing new is in force."""
        told = ReloadRefused(
            who=who,
            host=self._host,
            in_use=in_use_of(self.configuration),
            problems=tuple(problems[:MOST_PROBLEMS]),
            more=max(len(problems) - MOST_PROBLEMS, 0),
        )
        await self._tell(told)

    async def _tell(self, event: SiteEvent) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._store.submit(lambda tx: tx.append_site(self._ambient.now(), event))
        except (RemediatorError, TimeoutError) as error:
            problem = str(error) or "the store does not answer"
            self._telemetry.log("not_in_journal", kind=event.kind, problem=problem)


def in_use_of(configuration: Configuration) -> InUse:
    """Return what a configuration is known by."""
    book = configuration.book
    return InUse(
        playbooks=digest({playbook.name: playbook.digest for playbook in book}),
        count=len(book),
        settings=configuration.settings_digest,
    )


def differences(
    old: PlaybookBook, new: PlaybookBook
) -> tuple[tuple[Version, ...], tuple[Version, ...], tuple[Version, ...]]:
    """Return the playbooks that were added, changed and removed, by name."""
    before, after = _versions(old), _versions(new)
    return (
        tuple(after[name] for name in sorted(after.keys() - before.keys())),
        tuple(after[n] for n in sorted(after.keys() & before.keys()) if after[n] != before[n]),
        tuple(before[name] for name in sorted(before.keys() - after.keys())),
    )


def _versions(book: PlaybookBook) -> dict[str, Version]:
    return {p.name: Version(name=p.name, digest=p.digest) for p in book}
