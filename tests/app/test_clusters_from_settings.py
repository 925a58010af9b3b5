"""What the settings say about clusters reaches the gateway that asks them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from remediator.app.gateways import build_gateways
from remediator.config.catalog import find_catalog
from remediator.config.settings_reader import load_settings
from remediator.core.errors import Permanent
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.api import KUBERNETES, KUBERNETES_WRITES, NODES, PODS, Ref
from remediator.ports.integration import Connected
from tests.parts.cluster import Cluster, only_on_ours

ANY = parse_target("node/node1")


@asynccontextmanager
async def built(folder: Path, clusters: list[dict[str, object]]) -> AsyncIterator[Connected]:
    file = folder / "remediator.yaml"
    file.write_text(yaml.safe_dump({"kubernetes": clusters}))
    gateways = build_gateways(load_settings(file, find_catalog()).checked())
    try:
        yield gateways
    finally:
        await gateways.close()


async def test_without_clusters_none_can_be_asked_and_it_says_what_to_set(tmp_path: Path) -> None:
    async with built(tmp_path, []) as gateways:
        with pytest.raises(Permanent, match="set `kubernetes` in the settings"):
            gateways.reads[KUBERNETES].of(ANY)


async def test_only_what_acts_can_write(tmp_path: Path) -> None:
    async with built(tmp_path, [{"name": "eu"}, {"name": "us", "gitops": "warn"}]) as gateways:
        looking, acting = gateways.reads[KUBERNETES], gateways.writes[KUBERNETES_WRITES]
        us = parse_target("node/node1@us")

        assert looking.names == acting.names == ("eu", "us")
        assert not hasattr(looking.of(us), "write")
        assert hasattr(acting.of(us), "write")
        assert looking.of(us).gitops == "warn"
        assert looking.of(parse_target("node/node1@eu")).gitops == "refuse"


async def test_a_kubeconfig_that_is_not_there_is_told_when_it_is_needed(tmp_path: Path) -> None:
    async with built(tmp_path, [{"name": "eu", "kubeconfig": "gone.yaml"}]) as gateways:
        with pytest.raises(Permanent, match=rf"eu: cannot sign in: {tmp_path}/gone.yaml: No such"):
            await gateways.reads[KUBERNETES].of(ANY).list(NODES, "")


@pytest.mark.slow
async def test_kubeconfig_context_and_namespaces_lead_to_a_cluster(
    cluster: Cluster, tmp_path: Path
) -> None:
    only_on_ours("it knows the name of the script's context and node")
    (tmp_path / "kubeconfig").write_text(cluster.kubeconfig.read_text())
    own = {"name": "own", "kubeconfig": "kubeconfig", "context": "test", "namespaces": ["kube-*"]}
    async with built(tmp_path, [own]) as gateways:
        found = gateways.reads[KUBERNETES].of(ANY)

        assert "node1" in [node["metadata"]["name"] for node in await found.list(NODES, "")]
        assert await found.get(Ref(resource=PODS, namespace="kube-system", name="none")) is None
        with pytest.raises(Permanent, match="not among this cluster's `namespaces`"):
            await found.get(Ref(resource=PODS, namespace="default", name="none"))
