"""What integrations bring of one kind, by name: a folder of ours is imported when one of its names is asked for.

Which names a folder brings, `integrations/shipped` says; what is not listed there is found too, by importing all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, TypeVar

from remediator.config.folders import foreign, modules, modules_of, systems
from remediator.core.errors import InvalidSettings
from remediator.integrations.shipped import folder_of
from remediator.ports.action import Action
from remediator.ports.channel import Channel
from remediator.ports.check import Check
from remediator.ports.probe import Probe

T = TypeVar("T", Action, Check, Probe, Channel)


class Brought(Mapping[str, T]):
    """`room` is the kind in the plural, `part` where it stands in an integration's folder. What other packages bring is
    imported at once. Raise InvalidSettings where two have one name, or something else is registered."""

    def __init__(self, kind: type[T], room: str, part: str) -> None:
        self._kind: type[T] = kind
        self._room, self._part = room, part
        self._found: dict[str, T] = {}
        self._is_whole = False
        for module in foreign(f"remediator.{room}"):
            self._add(module)
        for name in tuple(self._found):
            self._import_folder_of(name)  # which may bring the same name

    def __getitem__(self, name: str) -> T:
        if name not in self._found:
            self._import_folder_of(name)
        if name not in self._found:
            self._import_all()
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        self._import_all()
        return iter(self._found)

    def __len__(self) -> int:
        self._import_all()
        return len(self._found)

    def _import_folder_of(self, name: str) -> None:
        folder = folder_of(name)
        for system in systems():
            if folder and system.endswith(f".{folder}"):
                for module in modules_of(system, self._part):
                    self._add(module)

    def _import_all(self) -> None:
        if self._is_whole:
            return
        for module in modules(self._part):
            self._add(module)
        self._is_whole = True

    def _add(self, module: ModuleType) -> None:
        registered: Any = getattr(module, self._room.upper(), ())
        for item in registered:
            if not isinstance(item, self._kind):
                raise InvalidSettings(
                    f"{module.__name__}.{self._room.upper()} holds a {type(item)}"
                )
            if self._found.setdefault(item.name, item) is not item:
                raise InvalidSettings(f"there are two of the name {item.name!r} in the catalog")
