"""What the gateway sends to a cluster, and what it makes of the answers; slow tests ask the cluster itself."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.integrations.kubernetes.api import PODS, PatchType, Ref, Verb, Write
from remediator.integrations.kubernetes.gateway.cluster import ClusterWriter
from tests.integrations.kubernetes.kubernetes_parts import json_patch, map_ref, merge
from tests.integrations.kubernetes.kubernetes_stub import StubCluster, stub_cluster

SOON = timedelta(seconds=7)
MAP = "/api/v1/namespaces/shop/configmaps/a"
POD = "/api/v1/namespaces/shop/pods/api-1"
REF = map_ref("shop", "a")
POD_REF = Ref(resource=PODS, namespace="shop", name="api-1")
Pair = tuple[StubCluster, ClusterWriter]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with stub_cluster(tmp_path) as (stub, cluster):
        stub.put(MAP, data={"x": "1", "y": "2"})
        stub.put(POD, spec={"nodeName": "n1"})
        yield stub, cluster


def deletion(**options: Any) -> Write:
    return Write(verb=Verb.DELETE, ref=POD_REF, body=options or None)


def eviction(**more: Any) -> Write:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "api-1"}, **more}
    return Write(verb=Verb.CREATE, ref=POD_REF, subresource="eviction", body=body)


WRITES = {
    "delete": deletion(),
    "delete under a uid": deletion(preconditions={"uid": "uid-api-1"}),
    "merge": merge(REF, {"data": {"x": "9"}}),
    "json": json_patch(REF, {"op": "replace", "path": "/data/x", "value": "9"}),
    "update": Write(
        verb=Verb.UPDATE,
        ref=REF,
        body={"kind": "Thing", "metadata": {"name": "a"}, "data": {"x": "9"}},
    ),
    "create": Write(
        verb=Verb.CREATE, ref=REF, body={"metadata": {"name": "b"}, "data": {"x": "9"}}
    ),
    "evict": eviction(),
}


@pytest.mark.parametrize("name", WRITES)
async def test_a_rehearsal_changes_nothing_and_the_write_does(pair: Pair, name: str) -> None:
    stub, cluster = pair
    before = copy.deepcopy(stub.objects)
    stub.answers["GET"] = []

    await cluster.rehearse(WRITES[name])
    assert stub.objects == before

    await cluster.write(WRITES[name], timeout=SOON)
    assert stub.objects != before
    rehearsed, written = stub.writes
    assert "dryRun" not in written.query
    assert not (written.body and "dryRun" in written.body)
    assert written.query["timeout"] in ("6s", "7s")
    assert (rehearsed.method, rehearsed.path) == (written.method, written.path)


async def test_every_patch_is_sent_as_what_it_is(pair: Pair) -> None:
    stub, cluster = pair
    await cluster.write(WRITES["merge"], timeout=SOON)
    await cluster.write(WRITES["json"], timeout=SOON)
    strategic = Write(verb=Verb.PATCH, ref=REF, body={}, patch=PatchType.STRATEGIC)
    with pytest.raises(Permanent):
        await cluster.write(strategic, timeout=SOON)

    assert [asked.content_type for asked in stub.writes] == [each.value for each in _patches()]
    assert [asked.query.get("fieldManager") for asked in stub.writes] == ["remediator"] * 3
    assert stub.objects[MAP]["data"] == {"x": "9", "y": "2"}


def _patches() -> tuple[PatchType, ...]:
    return PatchType.MERGE, PatchType.JSON, PatchType.STRATEGIC


@pytest.mark.parametrize(
    "write",
    [
        deletion(preconditions={"uid": "uid-of-an-older-one"}),
        merge(REF, {"metadata": {"resourceVersion": "1"}, "data": {"x": "9"}}),
        json_patch(REF, {"op": "test", "path": "/data/x", "value": "7"}),
        merge(map_ref("shop", "gone"), {"data": {}}),
        eviction(deleteOptions={"preconditions": {"uid": "another"}}),
    ],
)
async def test_what_is_no_longer_what_was_looked_at_is_left_as_it_is(
    pair: Pair, write: Write
) -> None:
    stub, cluster = pair
    before = copy.deepcopy(stub.objects)

    with pytest.raises(Stale):
        await cluster.write(write, timeout=SOON)
    with pytest.raises(Transient):
        await cluster.rehearse(write)
    assert stub.objects == before


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (400, {"message": "bad"}, Permanent),
        (401, {"message": "who?"}, Transient),
        (403, {"message": 'User "me" cannot delete pods'}, Permanent),
        (403, {"message": "exceeded quota"}, Permanent),
        (404, {"message": "gone"}, Stale),
        (409, {"message": "modified"}, Stale),
        (412, {"message": "modified"}, Stale),
        (422, {"message": "invalid", "details": {"causes": [{}]}}, Permanent),
        (429, {"message": "too many"}, Transient),
        (500, {"message": "failed calling webhook x"}, Transient),
        (500, {"message": "etcd"}, Uncertain),
        (503, {"message": "no"}, Uncertain),
        (504, {"message": "timeout"}, Uncertain),
        (200, [], Uncertain),
    ],
)
async def test_every_answer_to_a_write_has_its_one_meaning_and_it_is_sent_once(
    pair: Pair, status: int, said: Any, error: type
) -> None:
    stub, cluster = pair
    stub.answers["DELETE"] = [(status, said)]

    with pytest.raises(error) as caught:
        await cluster.write(deletion(), timeout=SOON)
    assert type(caught.value) is error
    assert len(stub.writes) == 1
    assert POD in stub.objects


@pytest.mark.parametrize(
    ("status", "error"), [(400, Permanent), (403, Permanent), (429, Transient), (503, Transient)]
)
async def test_a_question_that_is_refused_is_no_doubt(pair: Pair, status: int, error: type) -> None:
    stub, cluster = pair
    stub.answers["GET"] = [(status, {"message": "no"})] * 2

    with pytest.raises(error):
        await cluster.get(POD_REF)


async def test_an_object_is_read_and_one_that_is_not_there_is_none(pair: Pair) -> None:
    _, cluster = pair
    found = await cluster.get(POD_REF)

    assert found is not None and found["spec"] == {"nodeName": "n1"}
    assert await cluster.get(map_ref("shop", "gone")) is None


async def test_an_eviction_over_the_disruption_budget_may_be_tried_again(pair: Pair) -> None:
    stub, cluster = pair
    stub.budget = 0
    with pytest.raises(Transient, match="disruption budget"):
        await cluster.write(eviction(), timeout=SOON)
    stub.budget = 1

    await cluster.write(eviction(), timeout=SOON)

    assert POD not in stub.objects


async def test_a_list_is_read_to_its_last_page_with_its_selectors(pair: Pair) -> None:
    stub, cluster = pair
    pages = [
        {"items": [{"n": 1}, {"n": 2}], "metadata": {"continue": "next"}},
        {"items": [{"n": 3}], "metadata": {}},
    ]
    stub.answers["GET"] = [(200, page) for page in pages]

    found = await cluster.list(PODS, "shop", labels="app=api", fields="spec.nodeName=n1")

    assert [each["n"] for each in found] == [1, 2, 3]
    first, second = stub.asked
    assert first.path == second.path == "/api/v1/namespaces/shop/pods"
    wanted = {"labelSelector": "app=api", "fieldSelector": "spec.nodeName=n1"}
    assert wanted.items() <= first.query.items()
    assert "continue" not in first.query
    assert (wanted | {"continue": "next"}).items() <= second.query.items()
