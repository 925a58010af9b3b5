"""What remediator stands on: its own machine, those of the servers that the settings name, its database. A remedy there
may end whoever applies it, or what it is seen by."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from remediator.config.own_databases import own_databases, place_of
from remediator.core.guards.protected import is_protected
from remediator.core.identity import OwnMachine
from remediator.core.machine_names import hosts_of
from remediator.core.machines import Machines
from remediator.core.target import Target

_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of nobody (RFC 5737, RFC 3849): nothing is sent, the kernel only says from where it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What integrations say: `servers`, (setting, URL), those of their targets that are `databases`, (target, URL), and
    the groups of names that are `same`, one machine each."""

    servers: tuple[tuple[str, str], ...] = ()
    databases: tuple[tuple[Target, str], ...] = ()
    same: tuple[frozenset[Target], ...] = ()


def own_machines(
    store: str, around: Surroundings, unprotected: Iterable[str]
) -> tuple[OwnMachine, ...]:
    """Return the daemon's machine, those of its store (a URL, or "") and of these servers, and the targets that are
    its store, without what may be touched all the same.

    What is reached by a loopback address is the daemon's machine, or behind a tunnel.
    """
    free, own = tuple(unprotected), tuple(_own_names())
    named = [("store", store), *around.servers] if store else around.servers
    called = [("the daemon's own machine", name) for name in own]
    called += [(f"the machine of `{key}`", host) for key, url in named for host in _hosts(url)]
    found = [
        OwnMachine(target=target, what=what) for what, name in called for target in hosts_of([name])
    ]
    found += own_databases(store, around.databases, own, Machines(around.same)) if store else ()
    return tuple(each for each in found if not any(is_protected(each.target, p) for p in free))


def _hosts(url: str) -> Iterator[str]:
    return (host for host, _ in sorted(place_of(url).servers))


def _own_names() -> Iterator[str]:
    yield socket.gethostname()
    for family, address in _OUTSIDE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((address, 9))
            yield way.getsockname()[0]
