"""The outside world of a life: what the test gives of it, played by the integrations' own fakes. Nothing else is there.

Real gateways are never built here, whatever the settings say: a test cannot reach the world.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from remediator.app.gateways import joined
from remediator.config.case_shape import GivenShape, world_field
from remediator.core.errors import Missing
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected, Services
from remediator.rehearsal.site import Site


class NotPlayed(Missing):
    """Say that a test gives no such system."""


class _NotPlayed:
    """What stands where a test gives no such system."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotPlayed(f"the test gives nothing of this: {self._name}")


class _PlayedReads(Reads):
    def _get(self, name: str, missing: str) -> object:
        found = self._found()
        return found[name] if name in found else _NotPlayed(name)


class _PlayedWrites(Writes):
    def _get(self, name: str, missing: str) -> object:
        found = self._found()
        return found[name] if name in found else _NotPlayed(name)


@dataclass(frozen=True, slots=True)
class PlayedWorld:
    """The gateways of a life, and the kinds of target that they play."""

    gateways: Connected
    kinds: frozenset[str]


def play(site: Site, given: GivenShape, now: Callable[[], datetime]) -> PlayedWorld:
    """Return the world that a test gives."""
    whole = Connected(reads=_PlayedReads(), writes=_PlayedWrites())
    kinds: set[str] = set()
    for world in site.catalog.worlds:
        written = getattr(given, world_field(world.key), None)
        if written is not None:
            whole = joined(whole, world.play(written, now))
            kinds |= set(world.kinds)
    if not kinds:
        return PlayedWorld(whole, frozenset())
    services = Services(sections=site.settings.sections)
    for integration in site.catalog.integrations:
        if integration.gather:
            whole = joined(whole, integration.gather(services, whole))
    return PlayedWorld(whole, frozenset(kinds))
