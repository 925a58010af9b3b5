"""Where the web gateway may go: the pure half of our answer to forged URLs (security.md, SSRF).

A host must be listed in the settings as it is written. An address that only this machine or its cloud can mean
(loopback, link-local, metadata) must be listed itself: a listed name that resolves to one is refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from yarl import URL

from remediator.core.errors import InvalidSettings, Permanent

_ENTRY = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[a-z0-9_.-]+))(?::(?P<port>\d{1,5}))?")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
Address = IPv4Address | IPv6Address


class Destinations:
    """The allowed hosts: `host` (any port) or `host:port`, IPv6 in brackets."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(_read_entry(entry) for entry in allowed)

    def check_url(self, text: str) -> URL:
        """Return the URL exactly as it will be requested; raise Permanent unless it may be."""
        if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
            raise Permanent("the URL has characters that no URL has")
        try:
            url = URL(text)
        except ValueError as error:
            raise Permanent("the URL cannot be read") from error
        if url.scheme not in ("http", "https") or not url.raw_host or not url.port:
            raise Permanent("the URL must begin with http:// or https:// and a host")
        if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
            raise Permanent("the URL has credentials in it: send them in a header")
        self.check_host(url.raw_host, url.port)
        return url

    def check_host(self, host: str, port: int) -> None:
        """Raise Permanent unless this host is listed, spelled like this; a literal address is checked as one, too."""
        if not self._lists(host, port):
            place = f"{host[:100]!r} port {port}"
            raise Permanent(f"{place} is not an allowed host: list it under `http.allow`")
        address = _address(host)
        if address is not None:
            self.check_address(host, address, port)

    def check_address(self, host: str, address: Address, port: int) -> None:
        """Raise Permanent where a host leads to an address that has to be listed itself and is not."""
        meant = _embedded(address)
        if not _is_internal(meant) or self._lists(str(meant), port):
            return
        if host.lower() == "localhost" and meant.is_loopback:
            return
        raise Permanent(
            f"{host[:100]!r} leads to {address}, which is not for requests: "
            "list the address itself under `http.allow` if it is meant"
        )

    def _lists(self, host: str, port: int) -> bool:
        name = _normal(host)
        return (name, None) in self._allowed or (name, port) in self._allowed


def place_of(url: str) -> str:
    """Return `host:port` of a URL from the settings, to be allowed because it stands there."""
    parsed = URL(url)
    return f"{parsed.host_subcomponent}:{parsed.port}"


def _read_entry(entry: str) -> tuple[str, int | None]:
    text = entry.strip().lower()
    if (address := _address(text)) is not None:
        return str(address), None
    match = _ENTRY.fullmatch(text)
    port = int(match["port"]) if match and match["port"] else None
    if not match or (match["six"] and _address(match["six"]) is None) or not _is_port(port):
        raise InvalidSettings(f"http.allow: {entry!r} is not a host: write it like db1 or db1:9090")
    return _normal(match["six"] or match["host"]), port


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port < 65536


def _normal(host: str) -> str:
    address = _address(host)
    return host.lower() if address is None else str(address)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, where it does (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _is_internal(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address.is_reserved
        or address in _METADATA
        or (isinstance(address, IPv4Address) and address.packed[0] == 0)
    )
