"""The names that AWS and a cluster give a machine: read from their own answers; pure, used by `app.identities`.

Fields from the EC2 API reference (Instance) and Kubernetes' (Node: `spec.providerID`, `status.addresses`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from remediator.core.spelling import canonical_host
from remediator.core.target import Target

_PROVIDER_ID = re.compile(r"aws:///(?:[^/]*/)*(i-[0-9a-fA-F]{8,17})")
_HOST = re.compile(r"[A-Za-z0-9:][A-Za-z0-9._:-]{0,252}")
_FIELDS = {
    "private-dns-name": "PrivateDnsName",
    "dns-name": "PublicDnsName",
    "private-ip-address": "PrivateIpAddress",
    "ip-address": "PublicIpAddress",
}
_LISTED = ("PrivateIpAddresses", "Ipv6Addresses")


def instance_names(raw: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return an EC2 instance's id, addresses and DNS names."""
    texts = [raw.get(name) for name in _FIELDS.values()]
    for interface in raw.get("NetworkInterfaces") or ():
        texts += _interface_texts(interface)
    return (Target("instance", str(raw["InstanceId"])), *_hosts(texts))


def instance_hosts(raw: Mapping[str, Any], instance_by: Iterable[str]) -> tuple[Target, ...]:
    """Return the hosts that an instance is by its tags, where the settings find instances by these tags."""
    tags = {each.get("Key"): each.get("Value") for each in raw.get("Tags") or ()}
    keys = (key.removeprefix("tag:") for key in instance_by if key.startswith("tag:"))
    return tuple(_hosts(tags.get(key) for key in keys))


def node_names(raw: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return a node's addresses, host names and, at AWS, its instance."""
    status, spec = raw.get("status") or {}, raw.get("spec") or {}
    found = _PROVIDER_ID.fullmatch(str(spec.get("providerID") or ""))
    instance = (Target("instance", found[1]),) if found else ()
    listed: Sequence[Mapping[str, Any]] = status.get("addresses") or ()
    return (*instance, *_hosts(each.get("address") for each in listed))


def attached_to(raw: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the instances that an EBS volume is attached to, or is about to be."""
    attachments = raw.get("Attachments") or ()
    ids = (each.get("InstanceId") for each in attachments if each.get("State") != "detached")
    return tuple(Target("instance", str(one)) for one in ids if one)


def _interface_texts(interface: Mapping[str, Any]) -> Iterator[Any]:
    for listed in (interface.get(name) or () for name in _LISTED):
        for each in listed:
            yield each.get("PrivateIpAddress")
            yield each.get("Ipv6Address")
            yield (each.get("Association") or {}).get("PublicIp")


def _hosts(texts: Iterable[Any]) -> Iterator[Target]:
    for text in dict.fromkeys(texts):
        if isinstance(text, str) and _HOST.fullmatch(text) and not _is_loopback(text):
            yield Target("host", text)


def _is_loopback(text: str) -> bool:
    name = canonical_host(text)
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return name.split(".")[0] == "localhost"
