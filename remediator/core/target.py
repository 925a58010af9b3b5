"""The one thing in the world that a change touches, as kind/name; used in every room."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediator.core.errors import InvalidTarget

_KIND = re.compile(r"[a-z][a-z0-9_]{0,30}")
_NAME = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9._:@/\[\]-]{0,252}")
_BAD_PART = re.compile(r"/(?![A-Za-z0-9_\[])")


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """`host/web1`, `deployment/payments/api`, `volume/vol-0a1b`: a kind and a name within the kind."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def namespace(self) -> str | None:
        """The first part of a name with several parts, as in `deployment/payments/api`."""
        first, slash, _ = self.name.partition("/")
        return first if slash else None


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
