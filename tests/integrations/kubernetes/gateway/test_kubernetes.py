"""The promises of `integrations.kubernetes.api`, kept on a real cluster."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from remediator.core.errors import Permanent, Stale, Transient
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.api import (
    DEPLOYMENTS,
    NODES,
    PODS,
    Permission,
    Ref,
    Resource,
    Verb,
    Write,
)
from remediator.integrations.kubernetes.gateway import cluster as cluster_module
from remediator.integrations.kubernetes.gateway.cluster import ClusterWriter
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.settings import KubernetesSettings
from tests.integrations.kubernetes.kubernetes_parts import (
    CONFIG_MAPS,
    config_map,
    json_patch,
    map_ref,
    merge,
    reach,
)
from tests.parts.cluster import ANYWAY, Cluster, deployment, pod_spec, wait_until

pytestmark = pytest.mark.slow

SOON = timedelta(seconds=10)
ANY = parse_target("node/node1")
BUDGETS = Resource(group="policy", version="v1", plural="poddisruptionbudgets")
CRON_JOBS = Resource(group="batch", version="v1", plural="cronjobs")
SCALERS = Resource(group="keda.sh", version="v1alpha1", plural="scaledobjects")


@pytest.fixture
async def writes(cluster: Cluster) -> AsyncIterator[ClusterWriter]:
    clusters = Kubernetes([reach(cluster.kubeconfig)])
    yield clusters.acting.of(ANY)
    await clusters.close()


async def test_what_is_read_is_every_field_that_the_server_has(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(config_map("whole", namespace, key="value"))

    found = await writes.get(map_ref(namespace, "whole"))

    path = f"/api/v1/namespaces/{namespace}/configmaps/whole"
    assert found == json.loads(cluster.kubectl("get", "--raw", path))
    assert found["metadata"]["managedFields"]


async def test_an_object_that_is_not_there_is_none(namespace: str, writes: ClusterWriter) -> None:
    assert await writes.get(map_ref(namespace, "nowhere")) is None


async def test_a_subresource_is_read(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(deployment("sized", namespace, replicas=0))
    ref = Ref(resource=DEPLOYMENTS, namespace=namespace, name="sized")

    scale = await writes.get(ref, subresource="scale")

    assert scale is not None
    assert (scale["kind"], scale["spec"]) == ("Scale", {})


async def test_a_list_has_all_pages_and_only_what_the_selectors_choose(
    cluster: Cluster, namespace: str, writes: ClusterWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = [config_map(f"page-{number}", namespace) for number in range(7)]
    for each in maps:
        each["metadata"]["labels"] = {"book": "one"}
    cluster.apply(*maps)
    monkeypatch.setattr(cluster_module, "PAGE", 3)

    found = await writes.list(CONFIG_MAPS, namespace, labels="book=one")
    one = await writes.list(CONFIG_MAPS, namespace, fields="metadata.name=page-3")

    assert sorted(item["metadata"]["name"] for item in found) == [f"page-{n}" for n in range(7)]
    assert [item["metadata"]["name"] for item in one] == ["page-3"]


async def test_an_empty_namespace_lists_every_namespace(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(config_map("everywhere", namespace))

    found = await writes.list(CONFIG_MAPS, "", fields="metadata.name=everywhere")

    assert namespace in {item["metadata"]["namespace"] for item in found}


async def test_an_older_version_is_asked_where_the_newest_is_not_served(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "old", "namespace": namespace},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "nobody"}}},
    }
    ref = Ref(resource=BUDGETS, namespace=namespace, name="old")

    await writes.write(Write(verb=Verb.CREATE, ref=ref, body=budget), timeout=SOON)

    assert [b["metadata"]["name"] for b in await writes.list(BUDGETS, namespace)] == ["old"]
    assert await writes.get(ref) is not None
    assert await writes.list(CRON_JOBS, namespace) == ()


async def test_of_a_kind_that_the_cluster_does_not_serve_there_is_nothing(
    namespace: str, writes: ClusterWriter
) -> None:
    ref = Ref(resource=SCALERS, namespace=namespace, name="x")

    assert await writes.list(SCALERS, namespace) == ()
    assert await writes.get(ref) is None
    with pytest.raises(Permanent, match=r"serves no scaledobjects.keda.sh"):
        await writes.rehearse(merge(ref, {}))


async def test_fields_of_no_interest_survive_a_change_of_another(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    labels = {"app": "kept"}
    cluster.apply(deployment("kept", namespace, replicas=0, dnsConfig={"searches": ["a.b"]}))
    ref = Ref(resource=DEPLOYMENTS, namespace=namespace, name="kept")
    where = ("deployment", "kept", "--namespace", namespace)
    wait_until(lambda: "conditions" in cluster.read(*where)["status"], "the controller's word")
    before = await writes.get(ref)
    assert before is not None
    changed = {**before, "metadata": {**before["metadata"], "labels": {**labels, "is": "changed"}}}

    made = await writes.write(Write(verb=Verb.UPDATE, ref=ref, body=changed), timeout=SOON)
    merged = await writes.write(
        merge(ref, {"metadata": {"labels": {"is": "merged"}}}), timeout=SOON
    )

    assert made["spec"] == merged["spec"] == before["spec"]
    assert merged["metadata"]["labels"] == {**labels, "is": "merged"}


async def test_a_patch_lands_once(cluster: Cluster, namespace: str, writes: ClusterWriter) -> None:
    cluster.apply(deployment("once", namespace, replicas=0))
    ref = Ref(resource=DEPLOYMENTS, namespace=namespace, name="once")
    found = await writes.get(ref)
    assert found is not None
    patch = json_patch(
        ref,
        {"op": "test", "path": "/metadata/uid", "value": found["metadata"]["uid"]},
        {"op": "test", "path": "/metadata/generation", "value": found["metadata"]["generation"]},
        {"op": "add", "path": "/spec/paused", "value": True},
    )

    made = await writes.write(patch, timeout=SOON)

    assert made["spec"]["paused"] is True
    assert made["metadata"]["generation"] == found["metadata"]["generation"] + 1
    with pytest.raises(Stale, match="no longer what was looked at"):
        await writes.write(patch, timeout=SOON)


@pytest.mark.parametrize("verb", [Verb.PATCH, Verb.DELETE, Verb.UPDATE])
async def test_a_write_to_what_is_gone_is_stale(
    verb: Verb, namespace: str, writes: ClusterWriter
) -> None:
    body = None if verb is Verb.DELETE else config_map("gone", namespace)
    write = Write(verb=verb, ref=map_ref(namespace, "gone"), body=body)
    if verb is Verb.UPDATE:
        body["metadata"]["uid"] = "5c4b9a3e-0000-4000-8000-000000000000"

    with pytest.raises(Stale):
        await writes.write(write, timeout=SOON)


async def test_an_update_with_an_old_resource_version_is_stale(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(config_map("old", namespace, key="one"))
    ref = map_ref(namespace, "old")
    before = await writes.get(ref)
    cluster.apply(config_map("old", namespace, key="two"))

    with pytest.raises(Stale, match="has been modified"):
        await writes.write(Write(verb=Verb.UPDATE, ref=ref, body=before), timeout=SOON)


async def test_a_second_create_is_stale(namespace: str, writes: ClusterWriter) -> None:
    ref = map_ref(namespace, "twice")
    create = Write(verb=Verb.CREATE, ref=ref, body=config_map("twice", namespace))

    await writes.write(create, timeout=SOON)

    with pytest.raises(Stale, match="already exists"):
        await writes.write(create, timeout=SOON)


async def test_a_delete_spares_another_object_of_the_same_name(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(config_map("same", namespace))
    options = {"preconditions": {"uid": "5c4b9a3e-0000-4000-8000-000000000000"}}
    ref = map_ref(namespace, "same")

    with pytest.raises(Stale, match="the UID in the precondition"):
        await writes.write(Write(verb=Verb.DELETE, ref=ref, body=options), timeout=SOON)

    assert await writes.get(ref) is not None


async def test_what_is_invalid_is_refused_for_good_with_the_field(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(deployment("invalid", namespace, replicas=0))
    ref = Ref(resource=DEPLOYMENTS, namespace=namespace, name="invalid")
    operation = {"op": "replace", "path": "/spec/replicas", "value": -1}

    with pytest.raises(Permanent, match=r"spec\.replicas"):
        await writes.rehearse(json_patch(ref, operation))
    with pytest.raises(Permanent, match=r"spec\.replicas"):
        await writes.write(json_patch(ref, operation), timeout=SOON)


async def test_a_rehearsal_answers_as_the_write_would_and_persists_nothing(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(config_map("kept", namespace, key="before"))
    ref = map_ref(namespace, "kept")
    new = map_ref(namespace, "new")

    patched = await writes.rehearse(merge(ref, {"data": {"key": "after"}}))
    created = Write(verb=Verb.CREATE, ref=new, body=config_map("new", namespace))
    await writes.rehearse(created)
    await writes.rehearse(Write(verb=Verb.DELETE, ref=ref))

    assert patched["data"] == {"key": "after"}
    kept = await writes.get(ref)
    assert kept is not None
    assert kept["data"] == {"key": "before"}
    assert await writes.get(new) is None


async def test_a_rehearsal_of_what_moved_may_be_tried_again(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(config_map("moving", namespace))
    test = {"op": "test", "path": "/metadata/uid", "value": "another"}

    with pytest.raises(Transient, match="moved while we looked"):
        await writes.rehearse(json_patch(map_ref(namespace, "moving"), test))


async def test_an_eviction_is_rehearsed_held_up_by_a_budget_and_done(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    cluster.apply(deployment("guarded", namespace, tolerations=ANYWAY))
    budget = {
        "apiVersion": cluster.beta_or_v1("policy"),
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "guard", "namespace": namespace},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}},
    }
    cluster.apply(budget)
    wait_until(lambda: _healthy(cluster, namespace) == 1, "a healthy pod under the budget")
    pod = (await writes.list(PODS, namespace, labels="app=guarded"))[0]["metadata"]
    ref = Ref(resource=PODS, namespace=namespace, name=pod["name"])
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod["name"]}}
    evict = Write(verb=Verb.CREATE, ref=ref, body=body, subresource="eviction")

    with pytest.raises(Transient, match="disruption budget"):
        await writes.write(evict, timeout=SOON)
    cluster.kubectl("delete", "poddisruptionbudget", "guard", "--namespace", namespace)
    await writes.rehearse(evict)
    before = await writes.get(ref)
    await writes.write(evict, timeout=SOON)

    assert before is not None
    assert "deletionTimestamp" not in before["metadata"]
    after = await writes.get(ref)
    assert after is None or "deletionTimestamp" in after["metadata"]


def _healthy(cluster: Cluster, namespace: str) -> int:
    found = cluster.read("poddisruptionbudget", "guard", "--namespace", namespace)
    return int(found.get("status", {}).get("currentHealthy", 0))


async def test_logs_are_the_end_of_what_a_container_said(
    cluster: Cluster, namespace: str, writes: ClusterWriter
) -> None:
    script = "echo first; echo -n last; sleep 1; exit 3"
    spec = pod_spec("sh", "-c", script, restartPolicy="Never", tolerations=ANYWAY)
    meta = {"name": "talker", "namespace": namespace}
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    where = ("pod", "talker", "--namespace", namespace)
    wait_until(lambda: cluster.read(*where)["status"]["phase"] == "Failed", "the pod's end")

    assert await writes.logs(namespace, "talker", "main") == "first\nlast"
    assert await writes.logs(namespace, "talker", "main", limit=4) == "last"
    assert await writes.logs(namespace, "talker", "main", previous=True) == ""
    assert await writes.logs(namespace, "nobody", "main") == ""


async def test_a_missing_right_is_named_in_plain_words(cluster: Cluster, namespace: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    cluster.apply(config_map("mine", namespace))
    account = cluster.account(namespace, "reader", rules)
    clusters = Kubernetes([reach(account)])
    writes = clusters.acting.of(ANY)
    user = f"the user system:serviceaccount:{namespace}:reader may not"
    place = f"in the namespace {namespace}; `remediator rbac`"
    try:
        assert await writes.get(map_ref(namespace, "mine")) is not None
        with pytest.raises(Permanent, match=f"{user} patch configmaps {place}"):
            await writes.write(merge(map_ref(namespace, "mine"), {}), timeout=SOON)
        with pytest.raises(Permanent, match=f"{user} patch configmaps {place}"):
            await writes.rehearse(merge(map_ref(namespace, "mine"), {}))
        api = r"list deployments \(API group apps\)"
        with pytest.raises(Permanent, match=f"{user} {api} {place}"):
            await writes.list(DEPLOYMENTS, namespace)
        with pytest.raises(Permanent, match=f"{user} list nodes; `remediator rbac`"):
            await writes.list(NODES, "")
        assert await writes.may(Permission(verb="get", resource=CONFIG_MAPS, namespace=namespace))
        wanted = Permission(verb="patch", resource=CONFIG_MAPS, namespace=namespace)
        assert not await writes.may(wanted)
        elsewhere = Permission(verb="get", resource=CONFIG_MAPS, namespace="default")
        assert not await writes.may(elsewhere)
    finally:
        await clusters.close()


async def test_a_namespace_that_the_settings_do_not_name_is_not_touched(
    cluster: Cluster, namespace: str
) -> None:
    one = KubernetesSettings(name="few", kubeconfig=cluster.kubeconfig, namespaces=("payments-*",))
    clusters = Kubernetes([one])
    writes = clusters.acting.of(ANY)
    ref = map_ref(namespace, "any")
    try:
        for refused in (
            writes.get(ref),
            writes.list(CONFIG_MAPS, namespace),
            writes.rehearse(merge(ref, {})),
            writes.write(merge(ref, {}), timeout=SOON),
            writes.logs(namespace, "pod", "main"),
        ):
            with pytest.raises(Permanent, match="not among this cluster's `namespaces`"):
                await refused
        assert await writes.list(NODES, "")
    finally:
        await clusters.close()


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a?b", "a b"])
async def test_a_name_can_never_become_another_path(
    name: str, namespace: str, writes: ClusterWriter
) -> None:
    delete = Write(verb=Verb.DELETE, ref=map_ref(namespace, name))

    with pytest.raises(Permanent, match="is not the name of a Kubernetes object"):
        await writes.write(delete, timeout=SOON)


async def test_a_looking_cluster_cannot_write(cluster: Cluster) -> None:
    clusters = Kubernetes([reach(cluster.kubeconfig)])

    assert not hasattr(clusters.looking.of(ANY), "write")


async def test_many_questions_at_once_share_a_few_connections(
    namespace: str, writes: ClusterWriter
) -> None:
    asked = [writes.get(map_ref(namespace, f"none-{number}")) for number in range(100)]

    assert set(await asyncio.gather(*asked)) == {None}
