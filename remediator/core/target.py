"""The one thing in the world that a change touches, as kind/name; used in every room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from remediator.core.errors import InvalidTarget
from remediator.core.spelling import canonical_name, typed_name

_KIND = re.compile(r"[a-z][a-z0-9_]{0,30}")
_NAME = re.compile(r"(?:[A-Za-z0-9_\[]|::)[A-Za-z0-9._:@/\[\]-]{0,252}")
_BAD_PART = re.compile(r"/(?![A-Za-z0-9_\[])")


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """`host/web1`, `deployment/payments/api`, `volume/vol-0a1b`: a kind and a name within the kind.

    Locks, cooldowns, limits and `protected` go by this value, so a thing has one spelling here, whoever wrote it how.
    """

    kind: str
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", canonical_name(self.kind, self.name))

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def namespace(self) -> str | None:
        """The first part of a name with several parts, as in `deployment/payments/api`."""
        first, slash, _ = self.name.partition("/")
        return first if slash else None


Named = Target | Sequence[Target]
"""One target, or all that it is called."""


def parse_target(text: str) -> Target:
    """Read `kind/name`; raise InvalidTarget for anything that could be an option, a path or markup."""
    kind, slash, name = text.partition("/")
    if not slash or not _KIND.fullmatch(kind):
        raise InvalidTarget(f"{text[:200]!r} is not a target: expected KIND/NAME such as host/web1")
    if not _NAME.fullmatch(name) or ".." in name or _BAD_PART.search(name):
        raise InvalidTarget(
            f"{text[:200]!r} is not a target: the name has characters that no target has"
        )
    return Target(kind, name)


def typed_target(text: str) -> Target:
    """Read a target that a person wrote about what is there: in the settings, a pause, a question. Names that are
    lower case by rule may be written in any case."""
    target = parse_target(text)
    return Target(target.kind, typed_name(target.kind, target.name))


def as_written(text: str) -> str:
    """Return the one spelling of a target that somebody looks for; what is no target stays as it is, and fits none."""
    try:
        return str(typed_target(text))
    except InvalidTarget:
        return text


def is_target(target: Target, written: str) -> bool:
    """Say whether a text names this target, in whatever spelling: without `@CLUSTER` (or region) it names the thing
    in every one, and a target without one is in the only one."""
    kind, _, name = written.partition("/")
    path, _, place = typed_name(kind, name).partition("@")
    own, _, here = target.name.partition("@")
    return (kind, path) == (target.kind, own) and (not place or not here or place == here.lower())


def is_in_namespace(target: Target, written: str) -> bool:
    """Say whether a target is in the namespace that a text names, `NAME` or `NAME@CLUSTER`."""
    if target.namespace is None:
        return False
    return is_target(Target("namespace", _at(target, target.namespace)), f"namespace/{written}")


def _at(target: Target, name: str) -> str:
    _, at, place = target.name.partition("@")
    return f"{name}{at}{place}"
