"""The doors that integrations bring: opened once, and given what each site says. Used by the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from remediator.app.configuration import Configuration
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

    def prepare(self, configuration: Configuration) -> Sequence[Renewal]:
        """Make what a site asks for, or raise; nothing is in force yet."""
        return [door.prepare(_settings(configuration, name)) for name, door in self._doors.items()]

    async def close(self) -> None:
        """Let what is under way finish, for a while."""
        for door in self.all:
            await door.close()


async def renew(renewals: Sequence[Renewal]) -> None:
    """Put in force what was prepared, everywhere at once."""
    await asyncio.gather(*(renewal() for renewal in renewals))


def _settings(configuration: Configuration, name: str) -> DoorSettings:
    users = configuration.settings.users
    roles = users.members.get(name, {})
    return DoorSettings(
        sections=configuration.settings.sections,
        reads=configuration.gateways.reads,
        roles={role.value: names for role, names in roles.items()},
        people=People(users.people),
        mask=configuration.mask,
    )
