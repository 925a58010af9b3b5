"""What an outside system brings: the contract of a folder in `integrations`, and of other people's packages.

A folder has a module `integration` with one value `INTEGRATION`; a package names such a module under the entry-point
group `remediator.integrations`. Its actions, checks, probes, channels and grants are found in the folder (`config`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from remediator.core.alert import Alert
from remediator.core.facts import Answer
from remediator.core.target import Target
from remediator.ports.alert_rules import RoutingSource, RuleSource
from remediator.ports.check import Question
from remediator.ports.door import Door, DoorServices, DoorSigns
from remediator.ports.gateways import Reads, Writes
from remediator.ports.identity import Names
from remediator.ports.inspection import Finding, WrittenCheck
from remediator.ports.members import Members
from remediator.ports.past import Memory
from remediator.ports.rights import Need, Right
from remediator.ports.sections import Section, Sections
from remediator.ports.source import Source
from remediator.ports.targets import TargetKinds, UsualTarget

Closer = Callable[[], Awaitable[None]]
Destination = Mapping[str, object]
"""One way to reach people: a channel's name and its settings."""
Filter = Callable[[str, Mapping[str, str]], str]
"""What a template makes of a value's text and the alert's labels; raises InvalidTarget."""
Firing = Callable[[Reads], Awaitable[Sequence[Alert]]]
"""The alerts of which we are told now; empty where nobody is set who could be asked. Raises Transient or Permanent."""
Silences = Callable[[Question], Awaitable[Answer]]
"""Whether people silenced an alert; value 0 where it is not there at all. Raises Transient or Permanent where nobody
can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a system is connected with. `contacts` are all ways to people by their contact ("" for all runs), `secrets`
    are our own, to be masked, `addresses` are those of the machines that some integration knows by name."""

    sections: Sections = field(default_factory=Sections)
    contacts: Mapping[str, tuple[Destination, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Every way to people, in the order of the settings."""
        return tuple(
            destination for destinations in self.contacts.values() for destination in destinations
        )


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
class PlayedWorld:
    """A system as tests of playbooks play it: its fake, made from what a test gives under `key`.

    `shape` is pydantic's annotation of that. `kinds` are the kinds of target that are played; `play` makes the gateways
    and is told what the clock of the test shows. `opened` returns the sections that let every target be touched, for
    tests without settings.
    """

    key: str
    shape: object
    kinds: tuple[str, ...]
    play: Callable[[Any, Callable[[], datetime]], Connected]
    opened: Callable[[Sections], Sections] = lambda sections: sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What `check --online` asks about: the sections, the gateways that look, and what the playbooks need.

    `declared` are the rights that any action could ever need: what is granted of them and not needed is too much.
    `ways` are all that settings and playbooks name; `people` all who have a role in an outside system, may approve, or
    are called without being a contact. `checks` are those of all playbooks.
    """

    services: Services
    reads: Reads
    needs: tuple[Need, ...]
    declared: tuple[Right, ...] = ()
    destinations: tuple[Destination, ...] = ()
    people: tuple[str, ...] = ()
    checks: tuple[WrittenCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A channel whose `to` is any `@name`, also one that is no contact; without the section it calls nobody."""

    name: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One outside system. Every field but the name may be left out.

    `connect` builds its gateways from its sections; SDKs load when first used. `gather` is called after all systems
    are connected, and may put together what they brought. `inspect` asks the system whether it lets us do our work.
    `addresses` are those of the machines that its sections name. `filters` are for templates, by name.

    `target_kinds` are how its targets are written, and which of them the settings let us touch. `protected` is what no
    remedy touches where the settings say nothing else; `own_places` is what none ever touches, as the daemon lives
    there. `servers` are those that we see or hear by, (setting, URL): no remedy touches the machine of one.
    `databases` are those of its targets that are databases, with their URLs: none touches the one that is our store.

    `same` are groups of names that the settings say are one machine each, `same_by` the words for where they say it;
    `names` is whoever can be asked for more.
    `sources` are the kinds of notifications that it sends us; `silences` is whoever knows which alerts people
    silenced, `firing` whoever can list what fires now. `notify` returns the ways for all runs where the settings
    name none; `caller` is its channel that can call every `@name`. `members` are those who have roles by names that
    it knows them by. `door` opens where people answer, `door_signs` is how metrics and log show it where it is the
    door that connects. `starter` are files for the system
    itself that `remediator init` writes, by name. `rules` and `routing` read its alert rules, and its routes to us;
    `usual_targets` are the targets that alerts usually name, by their labels. `world` is its fake, for tests of
    playbooks; `memory` is what it remembers of the past, for `remediator replay`. `known_targets` are those that its
    sections name one by one, and that may be touched.
    """

    name: str
    sections: tuple[Section[object], ...] = ()
    connect: Callable[[Services], Connected] | None = None
    gather: Callable[[Services, Connected], Connected] | None = None
    inspect: Callable[[Inspected], Awaitable[Sequence[Finding]]] | None = None
    addresses: Callable[[Sections], Mapping[str, str]] | None = None
    target_kinds: Callable[[Sections], TargetKinds] | None = None
    protected: tuple[str, ...] = ()
    own_places: Callable[[], tuple[str, ...]] | None = None
    servers: Callable[[Sections], Iterable[tuple[str, str]]] | None = None
    databases: Callable[[Sections], Iterable[tuple[Target, str]]] | None = None
    same: Callable[[Sections], Iterable[frozenset[Target]]] | None = None
    same_by: tuple[str, ...] = ()
    names: Callable[[Sections, Reads], Names | None] | None = None
    filters: Callable[[Sections], Mapping[str, Filter]] | None = None
    sources: tuple[Source, ...] = ()
    silences: Callable[[Reads], Silences | None] | None = None
    firing: Firing | None = None
    notify: Callable[[Sections], tuple[Destination, ...]] | None = None
    members: Members | None = None
    caller: Caller | None = None
    door: Callable[[DoorServices], Door] | None = None
    door_signs: DoorSigns | None = None
    starter: Callable[[], Mapping[str, str]] | None = None
    rules: RuleSource | None = None
    routing: RoutingSource | None = None
    usual_targets: tuple[UsualTarget, ...] = ()
    world: PlayedWorld | None = None
    memory: Memory | None = None
    known_targets: Callable[[Sections], Iterable[Target]] | None = None
