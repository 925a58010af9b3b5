"""The catalog: every action, check, probe and channel there is, ours and other packages', found at start.

Registration is a module-level tuple (`ACTIONS`, `CHECKS`, `PROBES`, `CHANNELS`) in an integration's `actions`,
`checks`, `probes` or `channel`, a folder or a module. Nothing else is imported, so SDKs stay unloaded. Other packages
name their modules under the entry-point groups `remediator.actions` and so on. Built once, passed around as a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeVar

from remediator.config.folders import GROUP, foreign, modules, systems
from remediator.core.errors import InvalidSettings
from remediator.documents.problem import did_you_mean
from remediator.integrations.shipped import comes_with
from remediator.ports.action import Action
from remediator.ports.channel import Channel
from remediator.ports.check import Check
from remediator.ports.door import DoorSigns
from remediator.ports.integration import Filter, Integration, PlayedWorld
from remediator.ports.members import Members
from remediator.ports.probe import Probe
from remediator.ports.sections import Section, Sections
from remediator.ports.source import Source
from remediator.ports.targets import TargetKinds

T = TypeVar("T", Action, Check, Probe, Channel, Integration)
PARTS = {"actions": "actions", "checks": "checks", "probes": "probes", "channels": "channel"}
"""What is found where in an integration's folder."""
_CONTRACT = "integration"


def by_name(items: Iterable[T]) -> Mapping[str, T]:
    """Return the items by name; raise InvalidSettings where two have the same."""
    named: dict[str, T] = {}
    for item in items:
        if named.setdefault(item.name, item) is not item:
            raise InvalidSettings(f"there are two of the name {item.name!r} in the catalog")
    return named


@cache
def find_integrations() -> tuple[Integration, ...]:
    """Return every outside system there is, by name; raise InvalidSettings where two have one name, or bring one."""
    found = [getattr(module, "INTEGRATION", None) for module in _integration_modules()]
    named = by_name(each for each in found if isinstance(each, Integration))
    _refuse_twins(section.key for each in named.values() for section in each.sections)
    _refuse_twins(source.kind for each in named.values() for source in each.sources)
    _refuse_twins(each.world.key for each in named.values() if each.world)
    return tuple(named[name] for name in sorted(named))


def _refuse_twins(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidSettings(f"two integrations bring {name!r}: one of them has to go")
        seen.add(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What playbooks and settings may name."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    integrations: tuple[Integration, ...] = field(default_factory=find_integrations)

    @property
    def sections(self) -> tuple[Section[object], ...]:
        """The sections of the settings that integrations bring."""
        return tuple(section for each in self.integrations for section in each.sections)

    def target_kinds(self, sections: Sections) -> tuple[TargetKinds, ...]:
        """Return the kinds of target that integrations bring, under these settings."""
        return tuple(each.target_kinds(sections) for each in self.integrations if each.target_kinds)

    def filters(self, sections: Sections) -> Mapping[str, Filter]:
        """Return the filters of templates that integrations bring."""
        brought = [each.filters(sections) for each in self.integrations if each.filters]
        return {name: found for each in brought for name, found in each.items()}

    @property
    def members(self) -> tuple[Members, ...]:
        """Those who have roles by names that integrations know."""
        return tuple(each.members for each in self.integrations if each.members)

    @property
    def door_signs(self) -> Mapping[str, DoorSigns]:
        """How the doors show that connect, by the names of their integrations."""
        return {each.name: each.door_signs for each in self.integrations if each.door_signs}

    @property
    def caller(self) -> Channel | None:
        """The channel that can call every `@name`."""
        return next((each for each in self.channels.values() if each.calls_handles), None)

    @property
    def worlds(self) -> tuple[PlayedWorld, ...]:
        """The systems that tests of playbooks can play."""
        return tuple(each.world for each in self.integrations if each.world)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The kinds of notifications that integrations bring."""
        return tuple(source for each in self.integrations for source in each.sources)


def find_catalog() -> Catalog:
    """Import everything that registers itself; raise InvalidSettings where two things have one name."""
    return Catalog(
        actions=by_name(_found("actions", Action)),
        checks=by_name(_found("checks", Check)),
        probes=by_name(_found("probes", Probe)),
        channels=by_name(_found("channels", Channel)),
    )


def hint_for(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return what helps whoever named something that is not in the catalog."""
    return comes_with(name) or did_you_mean(name, known) or otherwise


def _found(room: str, kind: type[T]) -> Iterator[T]:
    for module in (*modules(PARTS[room]), *foreign(f"remediator.{room}")):
        registered: Any = getattr(module, room.upper(), ())
        for item in registered:
            if not isinstance(item, kind):
                raise InvalidSettings(f"{module.__name__}.{room.upper()} holds a {type(item)}")
            yield item


def _integration_modules() -> Iterator[ModuleType]:
    for system in systems():
        if find_spec(f"{system}.{_CONTRACT}"):
            yield import_module(f"{system}.{_CONTRACT}")
    yield from foreign(GROUP)
