"""An exported Ansible inventory (`ansible-inventory --list`): which hosts there are, and how they are reached.

Only that JSON is read; Ansible's own files are never parsed. Used by the settings and the host resolver.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remediator.core.identity import is_loopback
from remediator.core.spelling import canonical_host
from remediator.core.target import Target
from remediator.documents.regular_file import read_regular

LARGEST_INVENTORY = 16 * 1024 * 1024
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,252}")


@dataclass(frozen=True, slots=True)
class HostAddress:
    """How a host is reached; None means as the SSH settings say. `spelled` is its name as the inventory has it."""

    host: str
    port: int | None = None
    user: str | None = None
    spelled: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The hosts of one inventory file by name, in the spelling that targets have."""

    path: str = ""
    hosts: Mapping[str, HostAddress] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spelled = {canonical_host(name): address for name, address in self.hosts.items()}
        object.__setattr__(self, "hosts", spelled)

    def named(self, text: str) -> tuple[str, ...]:
        """Return the hosts that have this name or, where there is none, this address, however they are spelled."""
        sought = canonical_host(text)
        if sought in self.hosts:
            return (sought,)
        found = (n for n, address in self.hosts.items() if canonical_host(address.host) == sought)
        return tuple(found)


def read_inventory(path: Path) -> Inventory:
    """Read the JSON that `ansible-inventory --list` prints; ValueError says what is wrong with it."""
    try:
        raw = read_regular(path, LARGEST_INVENTORY)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if len(raw) > LARGEST_INVENTORY:
        raise ValueError(f"{path} is larger than {LARGEST_INVENTORY >> 20} MiB")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    return Inventory(path=str(path), hosts=_hosts(document, path))


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


def _hosts(document: Any, path: Path) -> dict[str, HostAddress]:
    if not isinstance(document, dict):
        raise ValueError(f"{path} is not what `ansible-inventory --list` prints")
    variables = _mapping(_mapping(document.get("_meta")).get("hostvars"))
    names = dict.fromkeys(variables)
    for group in document.values():
        listed = _mapping(group).get("hosts")
        names |= dict.fromkeys(listed) if isinstance(listed, list) else {}
    hosts: dict[str, HostAddress] = {}
    for name in names:
        if isinstance(name, str):
            _add(hosts, name, _address(name, _mapping(variables.get(name)), path), path)
    return hosts


def _add(hosts: dict[str, HostAddress], name: str, address: HostAddress, path: Path) -> None:
    """File a host under the one spelling of its name; one host cannot be in two places."""
    known = hosts.setdefault(canonical_host(name), address)
    if canonical_host(known.host) != canonical_host(address.host) or known.port != address.port:
        raise ValueError(
            f"{path}: {name[:80]!r} and another spelling of that name are reached in two ways; host names do not "
            "care about case: give the two hosts two names"
        )


def _address(name: str, variables: Mapping[str, Any], path: Path) -> HostAddress:
    host = variables.get("ansible_host", variables.get("ansible_ssh_host", name))
    port = variables.get("ansible_port", variables.get("ansible_ssh_port"))
    user = variables.get("ansible_user", variables.get("ansible_ssh_user"))
    if not isinstance(host, str) or not _ADDRESS.fullmatch(host):
        raise ValueError(f"{path}: ansible_host of {name[:80]!r} is not an address")
    if port is not None and not (str(port).isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"{path}: ansible_port of {name[:80]!r} is not a port")
    return HostAddress(
        host=host,
        port=int(port) if port is not None else None,
        user=user if isinstance(user, str) and user else None,
        spelled=name,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
