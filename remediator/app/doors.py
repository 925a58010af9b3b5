"""The doors that integrations bring: opened once, and given what each site says. Used by the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from remediator.app.site import Site
from remediator.core.people import People
from remediator.ports.door import Door, DoorRoute, DoorSettings

Renewal = Callable[[], Awaitable[None]]


class Doors:
    """All of them, by the names of their integrations."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    @property
    def all(self) -> tuple[Door, ...]:
        """The open doors."""
        return tuple(self._doors.values())

    @property
    def routes(self) -> tuple[DoorRoute, ...]:
        """Where HTTP leads to them."""
        return tuple(route for door in self.all for route in door.routes)

    def prepare(self, site: Site) -> Sequence[Renewal]:
        """Make what a site asks for, or raise; nothing is in force yet."""
        return [door.prepare(_settings(site, name)) for name, door in self._doors.items()]

    async def close(self) -> None:
        """Let what is under way finish, for a while."""
        for door in self.all:
            await door.close()


async def renew(renewals: Sequence[Renewal]) -> None:
    """Put in force what was prepared, everywhere at once."""
    await asyncio.gather(*(renewal() for renewal in renewals))


def _settings(site: Site, name: str) -> DoorSettings:
    users = site.settings.users
    roles = users.members.get(name, {})
    return DoorSettings(
        sections=site.settings.sections,
        reads=site.gateways.reads,
        roles={role.value: names for role, names in roles.items()},
        people=People(users.people),
        mask=site.mask,
    )
