"""The names that EC2 gives a machine, read from its own answers (EC2 API reference, Instance). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from remediator.core.machine_names import hosts_of
from remediator.core.target import Target

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
    return (Target("instance", str(raw["InstanceId"])), *hosts_of(texts))


def instance_hosts(raw: Mapping[str, Any], instance_by: Iterable[str]) -> tuple[Target, ...]:
    """Return the hosts that an instance is by its tags, where the settings find instances by these tags."""
    tags = {each.get("Key"): each.get("Value") for each in raw.get("Tags") or ()}
    keys = (key.removeprefix("tag:") for key in instance_by if key.startswith("tag:"))
    return tuple(hosts_of(tags.get(key) for key in keys))


def attached_to(raw: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return the instances that an EBS volume is attached to, or is about to be."""
    attachments = raw.get("Attachments") or ()
    ids = (each.get("InstanceId") for each in attachments if each.get("State") != "detached")
    return tuple(Target("instance", str(one)) for one in ids if one)


def _interface_texts(interface: Mapping[str, Any]) -> Iterator[object]:
    for listed in (interface.get(name) or () for name in _LISTED):
        for each in listed:
            yield each.get("PrivateIpAddress")
            yield each.get("Ipv6Address")
            yield (each.get("Association") or {}).get("PublicIp")
