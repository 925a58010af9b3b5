"""One spelling for each thing: whatever somebody wrote, `Target` keeps this. Pure; used by `core.target` and guards.

Host names do not care about case (RFC 1123, RFC 4343) nor about a final dot, addresses have many texts (RFC 4291,
RFC 5952, and the short and hexadecimal ones that `inet_aton` takes), AWS keeps ids in lower case. Names in Kubernetes
are lower case by rule, so there another case is not another spelling: it is a mistake that the settings refuse.

These kinds stand here and not with their systems: what is stored goes by the spelling, so it must be the same whatever
is installed today.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

LOWER_BY_RULE = frozenset(
    {"deployment", "statefulset", "daemonset", "pod", "node", "pvc", "cronjob", "hpa", "namespace"}
)
"""Kinds whose names have no upper case: what people type about them is read in lower case."""
_LOWER = frozenset({"instance", "volume", "database"})
_REGIONAL = frozenset({"asg"})
_PORT = re.compile(r":[0-9]{1,5}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")
_SHORTEST_NUMBER = 1 << 24
"""A lone number below this is more likely a name than an address (0.0.0.0/8)."""


def canonical_name(kind: str, name: str) -> str:
    """Return the one spelling of a name of this kind. Never fails: what is no such name stays as it is."""
    if kind == "host":
        return canonical_host(name)
    if kind in _LOWER:
        return name.lower()
    if kind in _REGIONAL:
        path, at, region = name.rpartition("@")
        return f"{path}@{region.lower()}" if at else name
    return name


def typed_name(kind: str, name: str) -> str:
    """Return the one spelling of what a person wrote in the settings or at a door."""
    return name.lower() if kind in LOWER_BY_RULE else canonical_name(kind, name)


def canonical_host(text: str) -> str:
    """Return a host in lower case, without the port of whatever listens there and without a final dot; an address in
    its shortest form, an IPv4 address within IPv6 as IPv4."""
    bare = without_port(text)
    return canonical_address(bare) or bare.rstrip(".").lower() or text


def canonical_address(text: str) -> str:
    """Return the one text of an IP address, also of those that only `inet_aton` takes; "" for what is none."""
    if not text[:1].isdigit() and ":" not in text:
        return ""  # a name, as nearly all are: an error that is raised and caught takes longer than this look
    try:
        address: IPv4Address | IPv6Address | None = ip_address(text)
    except ValueError:
        address = _loose_ipv4(text.rstrip("."))
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return "" if address is None else str(address)


def without_port(text: str) -> str:
    """Return `web1` for `web1:9100`, `::1` for `[::1]` and for `[::1]:9100`; what is neither stays as it is."""
    if text.startswith("["):
        inside, bracket, port = text[1:].partition("]")
        return inside if bracket and inside and (not port or _PORT.fullmatch(port)) else text
    host, colon, _ = text.partition(":")
    is_port = colon and host and _PORT.fullmatch(text[len(host) :])
    return host if is_port else text


def _loose_ipv4(text: str) -> IPv4Address | None:
    """Read one to four numbers as `inet_aton` does: decimal, octal or hexadecimal; the last fills what is left."""
    parts = text.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *first, last = (_number(part) for part in parts)
    except ValueError:
        return None
    if any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        return None
    if not first and parts[0].isdecimal() and last < _SHORTEST_NUMBER:
        return None
    return IPv4Address(sum(n << (24 - 8 * place) for place, n in enumerate(first)) + last)


def _number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text, 16)
    return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)


def is_loopback(host: str) -> bool:
    """Say whether a host, in its one spelling, is whoever uses its name, and can be nothing else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
