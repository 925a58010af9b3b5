"""Which names are one machine, as far as the settings and inventories say so. Used by `app`, before anybody is asked.

An inventory ties a host's name to its address, `aws.instances` to its instance, and `hosts.same` names of any kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from remediator.core.spelling import canonical_host
from remediator.core.target import Target
from remediator.integrations.hosts.settings.inventory import HostAddress


class Machines:
    """Groups of names that are one machine each. `tunnelled` holds names that share a loopback address and a port:
    the same way in, but a tunnel may lead anywhere."""

    def __init__(
        self,
        *,
        inventory: Mapping[str, HostAddress] | None = None,
        instances: Mapping[str, str] | None = None,
        same: Iterable[Iterable[Target]] = (),
    ) -> None:
        self._groups: dict[Target, frozenset[Target]] = {}
        self._tunnelled: dict[Target, frozenset[Target]] = {}
        for group in _by_way_in(inventory or {}):
            self._join(group)
        for name, instance in (instances or {}).items():
            self._join((Target("host", name), Target("instance", instance)))
        for names in same:
            self._join(names)

    def tied_to(self, names: Iterable[Target]) -> frozenset[Target]:
        """Return all names that the settings tie to any of these, and those of these that they name."""
        return frozenset().union(*(self._groups.get(name, ()) for name in names))

    def tunnelled(self, names: Iterable[Target]) -> frozenset[Target]:
        """Return the names that are reached through the same loopback address and port as any of these."""
        return frozenset().union(*(self._tunnelled.get(name, ()) for name in names))

    def _join(self, names: Iterable[Target]) -> None:
        targets = frozenset(names)
        if any(_is_loopback(target) for target in targets):
            hosts = frozenset(target for target in targets if not _is_loopback(target))
            self._tunnelled |= dict.fromkeys(hosts, hosts)
            return
        joined = targets | self.tied_to(targets)
        self._groups |= dict.fromkeys(joined, joined)


def _by_way_in(inventory: Mapping[str, HostAddress]) -> Iterable[frozenset[Target]]:
    """Return the hosts that share an address and a port; the address is theirs where no other port leads elsewhere."""
    ways: dict[str, dict[int | None, set[Target]]] = {}
    for name, address in inventory.items():
        by_port = ways.setdefault(canonical_host(address.host), {})
        by_port.setdefault(address.port, set()).add(Target("host", name))
    for text, ports in ways.items():
        place = Target("host", text)
        leads_elsewhere = len(ports) > 1 and not _is_loopback(place)
        for hosts in ports.values():
            yield frozenset(hosts if leads_elsewhere else hosts | {place})


def _is_loopback(target: Target) -> bool:
    if target.kind != "host":
        return False
    try:
        return target.name == "localhost" or ip_address(target.name).is_loopback
    except ValueError:
        return False
