"""Which names of hosts are one machine: an inventory ties a name to its address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remediator.core.identity import is_loopback
from remediator.core.spelling import canonical_host
from remediator.core.target import Target
from remediator.integrations.hosts.settings.inventory import HostAddress


def by_way_in(inventory: Mapping[str, HostAddress]) -> Iterable[frozenset[Target]]:
    """Return the hosts that share an address and a port; the address is theirs where no other port leads elsewhere."""
    ways: dict[str, dict[int | None, set[Target]]] = {}
    for name, address in inventory.items():
        by_port = ways.setdefault(canonical_host(address.host), {})
        by_port.setdefault(address.port, set()).add(Target("host", name))
    for text, ports in ways.items():
        place = Target("host", text)
        leads_elsewhere = len(ports) > 1 and not is_loopback(place)
        for hosts in ports.values():
            yield frozenset(hosts if leads_elsewhere else hosts | {place})
