"""What an outside system brings: the contract of a folder in `integrations`, and of other people's packages.

A folder has a module `integration` with one value `INTEGRATION`; a package names such a module under the entry-point
group `remediator.integrations`. Its actions, checks, probes and channels are found in the folder (`config/catalog`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from remediator.ports.door import Door, DoorServices
from remediator.ports.gateways import Reads, Writes
from remediator.ports.inspection import Finding
from remediator.ports.members import Members
from remediator.ports.rights import Need
from remediator.ports.sections import Section, Sections
from remediator.ports.source import Source

Closer = Callable[[], Awaitable[None]]
Way = Mapping[str, object]
"""One way to reach people: a channel's name and its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a system is connected with. `contacts` are all ways to people by their contact ("" for all runs), `mask`
    hides our own secrets, `addresses` are those of the machines that some integration knows by name."""

    sections: Sections = field(default_factory=Sections)
    contacts: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way to people, in the order of the settings."""
        return tuple(way for ways in self.contacts.values() for way in ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A system's gateways: what looks, what changes things, and how to end its connections."""

    reads: Reads = field(default_factory=Reads)
    writes: Writes = field(default_factory=Writes)
    closers: tuple[Closer, ...] = ()

    async def close(self) -> None:
        """Close every connection."""
        for closer in self.closers:
            await closer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What `check --online` asks about: the sections, the gateways that look, and what the playbooks need.

    `ways` are all that settings and playbooks name; `people` all who have a role in an outside system, may approve, or
    are called without being a contact.
    """

    services: Services
    reads: Reads
    needs: tuple[Need, ...]
    ways: tuple[Way, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One outside system. Every field but the name may be left out.

    `connect` builds its gateways from its sections; SDKs load when first used. `gather` is called after all systems
    are connected, and may put together what they brought. `inspect` asks the system whether it lets us do our work.
    `sources` are the kinds of notifications that it sends us. `notify` returns the ways for all runs where the settings
    name none; `members` are those who have roles by names that it knows them by. `door` opens where people answer.
    """

    name: str
    sections: tuple[Section[object], ...] = ()
    connect: Callable[[Services], Connected] | None = None
    gather: Callable[[Services, Connected], Connected] | None = None
    inspect: Callable[[Inspected], Awaitable[Sequence[Finding]]] | None = None
    addresses: Callable[[Sections], Mapping[str, str]] | None = None
    sources: tuple[Source, ...] = ()
    notify: Callable[[Sections], tuple[Way, ...]] | None = None
    members: Members | None = None
    door: Callable[[DoorServices], Door] | None = None
