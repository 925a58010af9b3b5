"""Which names are one machine, as far as the settings say so: before anybody is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from remediator.core.identity import is_loopback
from remediator.core.target import Target


class Machines:
    """Groups of names that are one machine each. `tunnelled` holds names that share a loopback address and a port:
    the same way in, but a tunnel may lead anywhere."""

    def __init__(self, groups: Iterable[Iterable[Target]] = ()) -> None:
        self._groups: dict[Target, frozenset[Target]] = {}
        self._tunnelled: dict[Target, frozenset[Target]] = {}
        for group in groups:
            self._join(group)

    def tied_to(self, names: Iterable[Target]) -> frozenset[Target]:
        """Return all names that the settings tie to any of these, and those of these that they name."""
        return frozenset().union(*(self._groups.get(name, ()) for name in names))

    def tunnelled(self, names: Iterable[Target]) -> frozenset[Target]:
        """Return the names that are reached through the same loopback address and port as any of these."""
        return frozenset().union(*(self._tunnelled.get(name, ()) for name in names))

    def _join(self, names: Iterable[Target]) -> None:
        targets = frozenset(names)
        if any(is_loopback(target) for target in targets):
            hosts = frozenset(target for target in targets if not is_loopback(target))
            self._tunnelled |= dict.fromkeys(hosts, hosts)
            return
        joined = targets | self.tied_to(targets)
        self._groups |= dict.fromkeys(joined, joined)
