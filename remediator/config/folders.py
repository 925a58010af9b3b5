"""Where outside systems are: our own folders in `integrations`, and the packages that others name by entry point.

Imports no more than what is asked for, so that a command line starts quickly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pkgutil import iter_modules, walk_packages
from types import ModuleType

from remediator import integrations
from remediator.core.errors import InvalidSettings
from remediator.ports.grants import GrantWriter

GROUP = "remediator.integrations"


def systems() -> Iterator[str]:
    """Yield the packages of our own systems."""
    for system in iter_modules(integrations.__path__, f"{integrations.__name__}."):
        if system.ispkg:
            yield system.name


def modules(part: str) -> Iterator[ModuleType]:
    """Yield what is found under one name in each system's package, ours and others': a module, or a folder of them."""
    theirs = (point.module.rpartition(".")[0] for point in _points(GROUP))
    for system in (*systems(), *(package for package in theirs if package)):
        yield from modules_of(system, part)


def modules_of(system: str, part: str) -> Iterator[ModuleType]:
    """Yield what is found under one name in the package of one system."""
    if find_spec(f"{system}.{part}"):
        parent = import_module(f"{system}.{part}")
        yield parent
        for found in walk_packages(getattr(parent, "__path__", ()), f"{parent.__name__}."):
            yield import_module(found.name)


def foreign(group: str) -> Iterator[ModuleType]:
    """Yield the modules that other packages name under an entry-point group."""
    for point in _points(group):
        yield import_module(point.module)


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of a group: asking reads a file of every installed package."""
    return tuple(entry_points(group=group))


def find_grant_writers() -> tuple[GrantWriter, ...]:
    """Return every command that writes what must be granted, by name; raise InvalidSettings where two have one."""
    found = [writer for module in modules("grants") for writer in getattr(module, "GRANTS", ())]
    named = {writer.command: writer for writer in found}
    if len(named) < len(found):
        names = ", ".join(sorted(writer.command for writer in found))
        raise InvalidSettings(f"two integrations bring one command: {names}; one has to go")
    return tuple(named[name] for name in sorted(named))
