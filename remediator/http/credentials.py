"""What people and sources prove themselves with, as values: made by `app` from the settings, compared by `auth`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from remediator.core.person import Person
from remediator.core.role import Role as Role  # noqa: PLC0414 -- mypy asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKeys:
    """How one source proves itself: any of its tokens (two while one is replaced), a password, a certificate's CN."""

    name: str
    tokens: Sequence[str] = field(default=(), repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    client_cn: str = ""

    @property
    def are_set(self) -> bool:
        """Whether anything tells this source from a stranger."""
        return bool(self.tokens or self.basic or self.client_cn)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserKeys:
    """One named token of a person or a program."""

    name: str
    role: Role
    tokens: Sequence[str] = field(repr=False)
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyTrust:
    """A proxy that signs people in: believed from these networks only, and only with the shared secret.

    `roles` maps a role to the groups that have it; the group `*` is everybody.
    """

    networks: Sequence[str | IPv4Network | IPv6Network]
    secret: str = field(repr=False)
    roles: Mapping[Role, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """A person with the highest role that they have here."""

    person: Person
    role: Role
