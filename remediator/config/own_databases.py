"""The database of the store, where a target names it: a remedy there may end whoever applies it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from remediator.core.identity import Identity, OwnMachine, look_alike
from remediator.core.machine_names import hosts_of
from remediator.core.machines import Machines
from remediator.core.target import Target

_SERVER = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]*))(?::([0-9]{1,5}))?")
_PORT = "5432"
"""Of a store whose URL names none."""
_HERE = "localhost"
_LOCAL = Target("host", _HERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a database is: any of `servers`, (host, port), as its client reads the URL."""

    kind: str
    servers: frozenset[tuple[str, int]]
    name: str


def place_of(url: str) -> Place:
    """Read what asyncpg does: several servers, sockets (this machine), and what stands behind `?`. Never fails for
    what `urlsplit` takes."""
    parts = urlsplit(url)
    more = dict(parse_qsl(parts.query))
    user, _, hosts = parts.netloc.rpartition("@")
    ports = "" if hosts else more.get("port", "")
    named = (unquote(parts.path.removeprefix("/")), more.get("dbname"), more.get("database"))
    owner = (unquote(user.partition(":")[0]), more.get("user"), "")
    return Place(
        kind=parts.scheme,
        servers=frozenset(_servers(hosts or more.get("host", ""), ports.split(","))),
        name=next(filter(None, (*named, *owner)), ""),
    )


def _servers(hosts: str, ports: list[str]) -> Iterable[tuple[str, int]]:
    for number, text in enumerate(hosts.split(",")):
        usual = ports[number if number < len(ports) else 0]
        server = unquote(text)
        read = _SERVER.fullmatch("" if server.startswith("/") else server)
        if read is None:
            continue
        port = read[3] or (usual if usual.isdecimal() else _PORT)
        yield read[1] or read[2] or _HERE, int(port)


def own_databases(
    store: str, databases: Iterable[tuple[Target, str]], own_names: Iterable[str], known: Machines
) -> tuple[OwnMachine, ...]:
    """Return the targets that are the store at this URL: one server, under any name that the settings tie to it, and
    one database there. `databases` are (target, URL), `own_names` those of the daemon's machine."""
    place = place_of(store)
    hosts = _Hosts(own_names, known)
    return tuple(
        OwnMachine(target=target, what="the database of `store`")
        for target, url in databases
        if hosts.is_one(place, place_of(url))
    )


class _Hosts:
    def __init__(self, own_names: Iterable[str], known: Machines) -> None:
        self._known = known
        self._here = frozenset((_LOCAL, *hosts_of(own_names)))

    def is_one(self, mine: Place, theirs: Place) -> bool:
        """A port on a loopback address is the same one for both: what is behind a tunnel is behind it for both."""
        if (mine.kind, mine.name) != (theirs.kind, theirs.name) or not mine.name:
            return False
        return any(
            port == other_port and self._is_one_machine(host, other)
            for host, port in mine.servers
            for other, other_port in theirs.servers
        )

    def _is_one_machine(self, host: str, other: str) -> bool:
        one, two = self._identity(host), self._identity(other)
        return not set(one.all_names).isdisjoint(two.all_names) or look_alike(one, two)

    def _identity(self, host: str) -> Identity:
        target = next(hosts_of([host]), _LOCAL)
        names = self._here if target == _LOCAL else frozenset((target,))
        tied = self._known.tied_to(names)
        return Identity(target=target, names=tuple(names | tied), declared=tied)
