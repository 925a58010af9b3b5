"""The machines that remediator stands on: its own, and those of the servers that the settings name. A remedy there may
end whoever applies it, or what it is seen by."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from remediator.core.guards.protected import is_protected
from remediator.core.identity import OwnMachine
from remediator.core.machine_names import hosts_of

_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of nobody (RFC 5737, RFC 3849): nothing is sent, the kernel only says from where it would be."""


def own_machines(
    servers: Iterable[tuple[str, str]], unprotected: Iterable[str]
) -> tuple[OwnMachine, ...]:
    """Return the daemon's machine and those of these servers, (setting, URL), without what may be touched all the same.

    What is reached by a loopback address is the daemon's machine, or behind a tunnel.
    """
    free = tuple(unprotected)
    called = [("the daemon's own machine", name) for name in _own_names()]
    called += [(f"the machine of `{key}`", urlsplit(url).hostname or "") for key, url in servers]
    found = (
        OwnMachine(target=target, what=what) for what, name in called for target in hosts_of([name])
    )
    return tuple(each for each in found if not any(is_protected(each.target, p) for p in free))


def _own_names() -> Iterator[str]:
    yield socket.gethostname()
    for family, address in _OUTSIDE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((address, 9))
            yield way.getsockname()[0]
