"""The sections of the settings as values, each by its own name. Put together in `settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from remediator.core.people import DeclaredPerson
from remediator.core.selection import EVERYTHING, Reach
from remediator.core.spelling import is_loopback
from remediator.documents.secret import Secret
from remediator.documents.sign_in import BasicLogin


class Role(StrEnum):
    """What a user may do; each includes those before it."""

    VIEWER = "viewer"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenAddress:
    """Where the daemon listens; an empty host means everywhere."""

    host: str = "127.0.0.1"
    port: int = 9095

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """A database other than SQLite in the data directory. The URL holds no password."""

    url: str
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Our certificate and, for client certificates, whom to trust."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who may post alerts, by any of its credentials, and what those alerts may set off."""

    name: str
    tokens: tuple[Secret, ...] = ()
    basic: BasicLogin | None = None
    client_cn: str = ""
    reach: Reach = EVERYTHING

    @property
    def has_credentials(self) -> bool:
        """Whether anything tells this source from a stranger."""
        return bool(self.tokens or self.basic or self.client_cn)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserToken:
    """A named person or program with a role; two tokens at once while one replaces the other."""

    name: str
    role: Role
    tokens: tuple[Secret, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """A proxy that signs people in: trusted by address and secret, roles by the groups it names."""

    trusted: tuple[IPv4Network | IPv6Network, ...]
    secret: Secret
    roles: Mapping[Role, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Who may call the API and use the pages; `members` says who has which role by a name that an outside
    system knows them by, under the system's key, `people` which of all these names are one person.
    """

    tokens: tuple[UserToken, ...] = ()
    proxy: ProxySettings | None = None
    members: Mapping[str, Mapping[Role, tuple[str, ...]]] = field(default_factory=dict)
    people: tuple[DeclaredPerson, ...] = ()

    @property
    def have_credentials(self) -> bool:
        """Whether anybody can prove who they are to the API."""
        return bool(self.tokens or self.proxy)

    @property
    def approving(self) -> frozenset[str]:
        """The keys of the systems in which the roles give anybody the right to approve."""
        return frozenset(key for key, roles in self.members.items() if _lets_approve(roles))


def _lets_approve(roles: Mapping[Role, tuple[str, ...]]) -> bool:
    return any(names and role is not Role.VIEWER for role, names in roles.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long closed runs and raw notifications are kept."""

    runs: timedelta = timedelta(days=90)
    notifications: timedelta = timedelta(days=30)
