"""Kinds that clusters serve in different versions, or not at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import Permanent
from remediator.integrations.kubernetes.api import PODS, Ref, Resource, Verb, Write
from remediator.integrations.kubernetes.gateway.cluster import ClusterWriter
from remediator.integrations.kubernetes.gateway.connection import Connection
from tests.integrations.kubernetes.kubernetes_parts import (
    Scripted,
    kubeconfig,
    merge,
    reach,
    server,
)

SOON = timedelta(seconds=5)
RULES = Resource(group="networking.istio.io", version="v1", plural="destinationrules")
RULE = Ref(resource=RULES, namespace="payments", name="api")
OLD = "/apis/networking.istio.io/v1beta1"
ISTIO = {
    "/apis/networking.istio.io": {"versions": [{"version": "v1alpha3"}, {"version": "v1beta1"}]},
    "/apis/networking.istio.io/v1alpha3": {"resources": [{"name": "gateways"}]},
    OLD: {"resources": [{"name": "destinationrules"}]},
    f"{OLD}/namespaces/payments/destinationrules/api": {"spec": {"host": "api"}},
    f"{OLD}/namespaces/payments/destinationrules": {"items": [{"spec": {}}]},
}
BODY = {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "spec": {}}


@asynccontextmanager
async def opened(api: Scripted, folder: Path) -> AsyncIterator[ClusterWriter]:
    async with server(api.talk) as url:
        there = reach(kubeconfig(folder, url))
        connection = Connection(there, timeout=SOON)
        try:
            yield ClusterWriter(there, connection)
        finally:
            await connection.close()


async def test_a_kind_is_found_in_the_version_that_serves_it(tmp_path: Path) -> None:
    api = Scripted(ISTIO)
    async with opened(api, tmp_path) as writes:
        assert await writes.get(RULE) == {"spec": {"host": "api"}}
        assert await writes.list(RULES, "payments") == ({"spec": {}},)
        await writes.write(merge(RULE, {"spec": {"x": 1}}), timeout=SOON)
        await writes.write(Write(verb=Verb.UPDATE, ref=RULE, body=BODY), timeout=SOON)

    assert api.bodies == [
        {"spec": {"x": 1}},
        {**BODY, "apiVersion": "networking.istio.io/v1beta1"},
    ]


async def test_what_is_served_is_looked_up_once(tmp_path: Path) -> None:
    api = Scripted(ISTIO)
    async with opened(api, tmp_path) as writes:
        for _ in range(3):
            await writes.get(RULE)

    assert len([path for path in api.asked if path == "/apis/networking.istio.io"]) == 1


async def test_the_version_that_is_asked_for_wins_where_it_is_served(tmp_path: Path) -> None:
    both = {
        **ISTIO,
        "/apis/networking.istio.io": {"versions": [{"version": "v1beta1"}, {"version": "v1"}]},
        "/apis/networking.istio.io/v1": {"resources": [{"name": "destinationrules"}]},
        "/apis/networking.istio.io/v1/namespaces/payments/destinationrules/api": {"is": "newest"},
    }
    async with opened(Scripted(both), tmp_path) as writes:
        assert await writes.get(RULE) == {"is": "newest"}


async def test_a_kind_that_is_not_served_has_no_objects_and_takes_no_writes(tmp_path: Path) -> None:
    async with opened(Scripted({}), tmp_path) as writes:
        assert await writes.get(RULE) is None
        assert await writes.list(RULES, "payments") == ()
        with pytest.raises(Permanent, match=r"serves no destinationrules.networking.istio.io"):
            await writes.write(merge(RULE, {}), timeout=SOON)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_an_eviction_has_the_version_that_the_cluster_takes(
    version: str, tmp_path: Path
) -> None:
    kinds = {"resources": [{"name": "pods/eviction", "group": "policy", "version": version}]}
    path = "/api/v1/namespaces/payments/pods/api-0/eviction"
    api = Scripted({"/api/v1": kinds, path: {"status": "Success"}})
    body = {"apiVersion": "policy/v1", "kind": "Eviction"}
    ref = Ref(resource=PODS, namespace="payments", name="api-0")
    async with opened(api, tmp_path) as writes:
        evict = Write(verb=Verb.CREATE, ref=ref, body=body, subresource="eviction")
        await writes.write(evict, timeout=SOON)

    assert api.bodies == [{"apiVersion": f"policy/{version}", "kind": "Eviction"}]
