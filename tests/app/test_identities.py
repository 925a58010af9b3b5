"""What the settings, AWS and a cluster say about who a machine is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.app.gateways import build_gateways, services_of
from remediator.app.identities import ConfiguredIdentities
from remediator.config.catalog import find_catalog
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.core.identity import Identity
from remediator.core.target import Target, parse_target
from remediator.integrations.aws.settings import AWS_SECTION
from remediator.integrations.kubernetes.api import Object, Ref
from remediator.integrations.kubernetes.knowledge.node_names import node_names
from tests.bound import reads_of
from tests.integrations.aws.amazon import REGION, Amazon, amazon
from tests.parts.cluster import Cluster

INVENTORY = {
    "DB1.example.com": {"ansible_host": "10.0.0.11"},
    "db1-old": {"ansible_host": "10.0.0.11"},
    "six": {"ansible_host": "2001:DB8:0:0::11"},
    "behind1": {"ansible_host": "192.0.2.1", "ansible_port": 2201},
    "behind2": {"ansible_host": "192.0.2.1", "ansible_port": 2202},
    "tunnel1": {"ansible_host": "127.0.0.1", "ansible_port": 2201},
    "tunnel2": {"ansible_host": "127.0.0.1", "ansible_port": 2201},
}


def site(folder: Path, **more: Any) -> Settings:
    (folder / "inventory.json").write_text(json.dumps({"_meta": {"hostvars": INVENTORY}}))
    hosts = {"resolve": [{"ansible_inventory": "inventory.json"}, "strip_port"], "allow": [".*"]}
    hosts |= more.pop("hosts", {})
    (folder / "remediator.yaml").write_text(yaml.safe_dump({"hosts": hosts, **more}))
    return load_settings(folder / "remediator.yaml", find_catalog()).checked()


async def identity(settings: Settings, text: str, **gateways: Any) -> Identity:
    return await ConfiguredIdentities(settings, reads_of(**gateways)).of(parse_target(text))


def names(identity: Identity) -> set[str]:
    return {str(name) for name in identity.all_names}


@pytest.mark.parametrize(
    "text",
    ["host/db1.example.com", "host/DB1.Example.com.", "host/10.0.0.11", "host/::ffff:10.0.0.11"],
)
async def test_an_inventory_ties_names_to_an_address(tmp_path: Path, text: str) -> None:
    known = await identity(site(tmp_path), text)

    assert names(known) == {"host/db1.example.com", "host/db1-old", "host/10.0.0.11"}
    assert known.declared >= {Target("host", "db1.example.com"), Target("host", "10.0.0.11")}


async def test_whoever_is_in_doubt_is_told_where_to_say_which_machine_it_is(tmp_path: Path) -> None:
    known = await identity(site(tmp_path), "host/web9")

    assert known.told_by == ("`ansible_host` in an inventory", "`aws.instances`", "`hosts.same`")


async def test_an_address_in_version_six_is_tied_in_every_spelling(tmp_path: Path) -> None:
    known = await identity(site(tmp_path), "host/[2001:db8::11]:9100")

    assert names(known) == {"host/six", "host/2001:db8::11"}


async def test_two_ports_of_one_address_are_two_machines_and_a_tunnel_may_lead_anywhere(
    tmp_path: Path,
) -> None:
    settings = site(tmp_path)

    assert names(await identity(settings, "host/behind1")) == {"host/behind1"}
    tunnel = await identity(settings, "host/tunnel1")
    assert names(tunnel) == {"host/tunnel1"}
    assert tunnel.perhaps == {Target("host", "tunnel2")}


async def test_the_settings_tie_names_of_any_kind(tmp_path: Path) -> None:
    same = [["host/DB1.example.com", "node/db1", "instance/I-0ABCDEF12"]]
    settings = site(tmp_path, hosts={"same": same}, aws={"instances": {"WEB1": "i-0abcdef13"}})

    assert "host/db1-old" in names(await identity(settings, "node/db1"))
    assert "node/db1" in names(await identity(settings, "instance/i-0abcdef12"))
    assert names(await identity(settings, "host/web1")) == {"host/web1", "instance/i-0abcdef13"}


@pytest.fixture
def aws() -> Iterator[Amazon]:
    with amazon() as found:
        yield found


def at_aws(folder: Path, aws: Amazon, **more: Any) -> tuple[Settings, Amazon]:
    by = ["tag:Name", "private-ip-address"]
    settings = site(folder, aws={"regions": [REGION], "instance_by": by, **more})
    services = services_of(settings)
    found = services.sections[AWS_SECTION]
    return settings, replace(aws, settings=found, addresses=services.addresses)


@pytest.mark.slow
async def test_aws_says_which_instance_a_host_is_and_under_which_addresses(
    tmp_path: Path, aws: Amazon
) -> None:
    made = aws.instance("web1")
    settings, asked = at_aws(tmp_path, aws)
    by_host = await identity(settings, "host/WEB1", aws=asked.looker)
    by_id = await identity(settings, f"instance/{made['InstanceId']}", aws=asked.looker)

    wanted = {f"instance/{made['InstanceId']}", f"host/{made['PrivateIpAddress']}", "host/web1"}
    assert names(by_host) >= wanted
    assert names(by_id) >= wanted
    assert Target("host", "web1") in by_id.declared
    assert Target("host", made["PrivateIpAddress"]) not in by_id.declared


@pytest.mark.slow
async def test_a_volume_is_a_part_of_the_machine_that_it_is_attached_to(
    tmp_path: Path, aws: Amazon
) -> None:
    made = aws.instance("web1")
    attached, free = aws.attached(made["InstanceId"]), aws.volume()
    settings, asked = at_aws(tmp_path, aws)

    known = await identity(settings, f"volume/{attached}", aws=asked.looker)
    assert Target("host", "web1") in known.touched
    assert Target("host", "web1") not in known.all_names
    assert (await identity(settings, f"volume/{free}", aws=asked.looker)).machines == ()


@pytest.mark.slow
async def test_what_aws_does_not_know_is_said_to_be_unknown(tmp_path: Path, aws: Amazon) -> None:
    settings, asked = at_aws(tmp_path, aws)

    host = await identity(settings, "host/web9", aws=asked.looker)
    assert "no instance of eu-west-1 is this host" in host.unsure
    volume = await identity(settings, "volume/vol-0123456789abcdef0", aws=asked.looker)
    assert volume.machines is None
    assert (await identity(site(tmp_path), "volume/vol-0123456789abcdef0")).machines is None


@pytest.mark.slow
@pytest.mark.parametrize("text", ["database/orders@eu-west-1", "asg/web@eu-west-1"])
async def test_the_only_region_needs_no_name(tmp_path: Path, aws: Amazon, text: str) -> None:
    settings, asked = at_aws(tmp_path, aws)

    assert text.partition("@")[0] in names(await identity(settings, text, aws=asked.looker))


NODE: Mapping[str, Any] = {
    "spec": {"providerID": "aws:///eu-west-1a/i-0abcdef1234567890"},
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": "10.0.0.11"},
            {"type": "Hostname", "address": "DB1.example.com"},
            {"type": "InternalIP", "address": "127.0.0.1"},
            {"type": "InternalIP", "address": "2001:DB8:0:0::11"},
        ]
    },
}


def test_a_node_says_its_addresses_and_its_instance() -> None:
    assert [str(name) for name in node_names(NODE)] == [
        "instance/i-0abcdef1234567890",
        "host/10.0.0.11",
        "host/db1.example.com",
        "host/2001:db8::11",
    ]


@pytest.mark.parametrize("spec", [{}, {"providerID": "gce://x/y/z"}, {"providerID": None}])
def test_a_node_elsewhere_has_no_instance(spec: Mapping[str, Any]) -> None:
    assert node_names({"spec": spec, "status": {"addresses": None}}) == ()


class OneNode:
    """A cluster with one node, whoever is asked for."""

    def __init__(self, instance: str) -> None:
        self._found = {"spec": {"providerID": f"aws:///eu-west-1a/{instance}"}}

    def of(self, target: Target) -> OneNode:
        return self

    async def get(self, ref: Ref) -> Object:
        return self._found


@pytest.mark.slow
async def test_aws_is_asked_about_the_instance_that_a_cluster_says_a_node_is(
    tmp_path: Path, aws: Amazon
) -> None:
    made = aws.instance("web1")
    by, here = ["tag:Name"], [{"name": "here", "namespaces": ["*"]}]
    settings = site(tmp_path, aws={"regions": [REGION], "instance_by": by}, kubernetes=here)
    asked = replace(aws, settings=settings.sections[AWS_SECTION])
    gateways = {"aws": asked.looker, "kubernetes": OneNode(made["InstanceId"])}

    known = await identity(settings, "node/n1", **gateways)

    assert names(known) >= {f"instance/{made['InstanceId']}", "host/web1"}
    assert Target("host", "web1") in known.declared


@pytest.mark.slow
async def test_a_real_cluster_says_who_its_node_is(cluster: Cluster, tmp_path: Path) -> None:
    node, here = cluster.node_name(), [{"name": "here", "kubeconfig": str(cluster.kubeconfig)}]
    settings = site(tmp_path, kubernetes=here)
    gateways = build_gateways(settings)
    try:
        identities = ConfiguredIdentities(settings, gateways.reads)
        known = await identities.of(parse_target(f"node/{node}"))
        unknown = await identities.of(parse_target("node/node9"))
    finally:
        await gateways.close()

    assert names(known) >= {f"node/{node}"}
    assert not known.unsure
    assert names(unknown) == {"node/node9"}
