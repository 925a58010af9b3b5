"""Every name under which EC2 knows a machine is one by which it is held, protected and counted."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.core.target import Target
from remediator.integrations.aws.knowledge.instance_names import (
    attached_to,
    instance_hosts,
    instance_names,
)

I1 = "i-0a1b2c3d4e5f60718"


def interface(**listed: Any) -> dict[str, Any]:
    return {"InstanceId": I1, "NetworkInterfaces": [listed]}


@pytest.mark.parametrize(
    ("raw", "host"),
    [
        (
            {"InstanceId": I1, "PrivateDnsName": "ip-10-0-0-7.ec2.internal"},
            "ip-10-0-0-7.ec2.internal",
        ),
        ({"InstanceId": I1, "PublicDnsName": "ec2-1.example.com"}, "ec2-1.example.com"),
        ({"InstanceId": I1, "PrivateIpAddress": "10.0.0.7"}, "10.0.0.7"),
        ({"InstanceId": I1, "PublicIpAddress": "192.0.2.7"}, "192.0.2.7"),
        (interface(PrivateIpAddresses=[{"PrivateIpAddress": "10.0.0.8"}]), "10.0.0.8"),
        (interface(PrivateIpAddresses=[{"Association": {"PublicIp": "192.0.2.8"}}]), "192.0.2.8"),
        (interface(Ipv6Addresses=[{"Ipv6Address": "2001:db8::7"}]), "2001:db8::7"),
    ],
)
def test_an_instance_is_every_host_that_one_of_its_fields_names(
    raw: dict[str, Any], host: str
) -> None:
    assert instance_names(raw) == (Target("instance", I1), Target("host", host))


@pytest.mark.parametrize(
    "raw", [{"InstanceId": I1}, interface(), {"InstanceId": I1, "NetworkInterfaces": None}]
)
def test_an_instance_without_addresses_is_itself(raw: dict[str, Any]) -> None:
    assert instance_names(raw) == (Target("instance", I1),)


@pytest.mark.parametrize(
    ("instance_by", "hosts"),
    [
        (("tag:Name",), (Target("host", "web1"),)),
        (("private-dns-name", "tag:Name", "tag:Missing"), (Target("host", "web1"),)),
        (("Name",), ()),
        ((), ()),
    ],
)
def test_a_tag_names_a_host_where_the_settings_look_for_instances_by_it(
    instance_by: tuple[str, ...], hosts: tuple[Target, ...]
) -> None:
    raw = {"Tags": [{"Key": "Name", "Value": "web1"}, {"Key": "Team", "Value": "sre"}]}

    assert instance_hosts(raw, instance_by) == hosts


def test_a_volume_belongs_to_every_instance_that_it_has_not_left() -> None:
    states = {
        "i-1": "attached",
        "i-2": "attaching",
        "i-3": "detached",
        "i-4": "busy",
        "": "attached",
    }
    raw = {"Attachments": [{"InstanceId": i, "State": state} for i, state in states.items()]}

    assert [target.name for target in attached_to(raw)] == ["i-1", "i-2", "i-4"]
    assert attached_to({}) == ()
