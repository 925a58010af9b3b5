"""What the settings say about hosts reaches the gateway that goes there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from remediator.app.gateways import build_gateways
from remediator.config.catalog import find_catalog
from remediator.config.settings_reader import load_settings
from remediator.core.errors import Permanent
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import KUBERNETES
from remediator.integrations.shell.api import LOOKER, SHELL
from remediator.ports.integration import Connected
from tests.integrations.kubernetes.pod_parts import run_pod
from tests.parts.cluster import Cluster
from tests.parts.sshd import Sshd

LIMIT = timedelta(seconds=10)


@asynccontextmanager
async def built(folder: Path, hosts: dict[str, object]) -> AsyncIterator[Connected]:
    file = folder / "remediator.yaml"
    file.write_text(yaml.safe_dump({"hosts": hosts}))
    gateways = build_gateways(load_settings(file, find_catalog()).checked())
    try:
        yield gateways
    finally:
        await gateways.close()


async def test_without_known_hosts_no_host_can_be_reached_and_it_says_why(tmp_path: Path) -> None:
    async with built(tmp_path, {"allow": ["web1"]}) as gateways:
        with pytest.raises(Permanent, match=r"set hosts\.ssh\.known_hosts"):
            await gateways.reads[LOOKER].look(Target("host", "web1"), ["df"], timeout=LIMIT)
        assert not hasattr(gateways.reads[LOOKER], "change")


async def test_without_clusters_no_pod_can_be_reached_and_it_says_why(tmp_path: Path) -> None:
    async with built(tmp_path, {}) as gateways:
        with pytest.raises(Permanent, match="set kubernetes"):
            await gateways.reads[LOOKER].look(Target("pod", "a/b"), ["df"], timeout=LIMIT)
        with pytest.raises(Permanent, match="no command can be run in a volume"):
            await gateways.reads[LOOKER].look(Target("volume", "v"), ["df"], timeout=LIMIT)


async def test_only_what_acts_has_a_shell(tmp_path: Path) -> None:
    async with built(tmp_path, {"ssh": {"known_hosts": "known_hosts"}}) as gateways:
        assert gateways.reads.has(LOOKER)
        assert not hasattr(gateways.reads[LOOKER], "change")
        assert gateways.writes[SHELL].change


@pytest.mark.slow
async def test_key_passphrase_and_the_inventory_lead_to_a_host(sshd: Sshd, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(sshd.private_key_path.read_bytes())
    key.chmod(0o600)
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a secret", "-f", str(key)]
    subprocess.run(change, check=True, stdout=subprocess.DEVNULL)
    (tmp_path / "passphrase").write_text("a secret\n")
    address = {
        "ansible_host": sshd.host,
        "ansible_port": sshd.port,
        "ansible_user": sshd.user,
    }
    (tmp_path / "inventory.json").write_text(json.dumps({"_meta": {"hostvars": {"web1": address}}}))
    ssh = {
        "user": "somebody-else",
        "known_hosts": str(sshd.known_hosts_path),
        "private_key_file": "key",
        "passphrase_file": "passphrase",
    }
    rules = [{"ansible_inventory": "inventory.json"}]
    async with built(tmp_path, {"resolve": rules, "ssh": ssh}) as gateways:
        looker = gateways.reads[LOOKER]
        output = await looker.look(Target("host", "web1"), ["id", "-un"], timeout=LIMIT)

    assert output.stdout.strip() == sshd.user


@pytest.mark.slow
async def test_a_cluster_of_the_settings_leads_into_its_pods_and_no_further(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    pod = run_pod(cluster, namespace, "reached")
    known = [{"name": "here", "kubeconfig": str(cluster.kubeconfig), "namespaces": [namespace]}]
    (tmp_path / "remediator.yaml").write_text(yaml.safe_dump({"kubernetes": known}))
    settings = load_settings(tmp_path / "remediator.yaml", find_catalog()).checked()
    gateways = build_gateways(settings)
    try:
        looker = gateways.reads[LOOKER]
        output = await looker.look(pod, ["echo", "inside"], timeout=LIMIT)
        with pytest.raises(Permanent, match="not among this cluster's `namespaces`"):
            await looker.look(Target("pod", "default/other"), ["true"], timeout=LIMIT)
    finally:
        await gateways.close()

    assert output.stdout == "inside\n"
    assert not hasattr(gateways.reads[KUBERNETES].of(pod), "write")
