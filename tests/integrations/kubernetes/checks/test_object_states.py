"""The checks that ask an object of a cluster for its state: over a stub of the API server, and on the real one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from remediator.core.facts import Answer, Known
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.api import Cluster
from remediator.integrations.kubernetes.checks import node, pod, pvc, workload
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.ports.check import Check, Question
from remediator.ports.rights import Use
from remediator.testing.builders import an_alert
from tests.bound import reads_of
from tests.integrations.kubernetes.actions.standin_node import standin_node
from tests.integrations.kubernetes.kubernetes_stub import StubCluster, stub_cluster
from tests.integrations.kubernetes.pod_parts import reach_of
from tests.parts import cluster as parts

HOLDS, FAILS, UNKNOWN = Known.HOLDS, Known.FAILS, Known.UNKNOWN
CHECKS: dict[str, Check] = {c.name: c for m in (node, pod, workload, pvc) for c in m.CHECKS}
NODE, POD = "/api/v1/nodes/good1", "/api/v1/namespaces/pay/pods/api-1"
DEPLOYMENT = "/apis/apps/v1/namespaces/pay/deployments/api"
CLAIM = "/api/v1/namespaces/pay/persistentvolumeclaims/data-0"
TARGETS = {
    "node": "node/good1",
    "pod": "pod/pay/api-1",
    "pvc": "pvc/pay/data-0",
    **{kind: f"{kind}/pay/api" for kind in ("deployment", "statefulset", "daemonset")},
}
LOOP = {"name": "api", "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
CRASHES = {"phase": "Running", "containerStatuses": [LOOP]}


@dataclass(frozen=True)
class OneCluster:
    """The only cluster of the settings."""

    cluster: Cluster
    names: tuple[str, ...] = ("",)

    def of(self, _target: object) -> Cluster:
        return self.cluster


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[tuple[StubCluster, OneCluster]]:
    async with stub_cluster(tmp_path) as (objects, cluster):
        yield objects, OneCluster(cluster)


async def answer(name: str, state: str, clusters: Any, target: str = "") -> Answer:
    check = CHECKS[name]
    question = Question(
        parameters=check.parameters.model_validate({"state": state}),
        alert=an_alert(),
        target=parse_target(target or TARGETS[name]),
        now=datetime.now(UTC),
    )
    return await check.checker(reads_of(kubernetes=clusters)).ask(question)


def said(kind: str, status: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status}]}


@pytest.mark.parametrize(
    ("name", "path", "more", "holds", "fails"),
    [
        ("node", NODE, {"status": said("Ready", "Unknown")}, "not_ready", "ready"),
        ("node", NODE, {"status": said("Ready", "True")}, "ready", "not_ready"),
        ("pod", POD, {"status": CRASHES | said("Ready", "False")}, "crash_looping", "ready"),
        ("deployment", DEPLOYMENT, {"status": said("Available", "False")}, "unavailable", "available"),
    ],
)  # fmt: skip
async def test_an_object_is_in_one_state_and_not_in_the_other(
    stub: tuple[StubCluster, OneCluster], name: str, path: str, more: Any, holds: str, fails: str
) -> None:
    objects, clusters = stub
    objects.put(path, spec={"replicas": 1}, **more)

    assert (await answer(name, holds, clusters)).known is HOLDS
    assert (await answer(name, fails, clusters)).known is FAILS
    assert objects.writes == []


async def test_a_claim_that_grows_already_is_not_grown_again(
    stub: tuple[StubCluster, OneCluster],
) -> None:
    objects, clusters = stub
    status = {"phase": "Bound", "capacity": {"storage": "10Gi"}}
    objects.put(CLAIM, spec={"resources": {"requests": {"storage": "13Gi"}}}, status=status)

    found = await answer("pvc", "bound", clusters)

    assert found.known is FAILS
    assert found.detail == "data-0: Bound, has 10Gi, asks for 13Gi (nobody has begun yet)"


@pytest.mark.parametrize("name", CHECKS)
async def test_nobody_knows_of_what_is_gone_or_of_another_kind(
    stub: tuple[StubCluster, OneCluster], name: str
) -> None:
    state = next(iter(CHECKS[name].example.split(": ")[1:]))

    assert (await answer(name, state, stub[1])).detail == f"{TARGETS[name]} is gone"
    for clusters, target in ((stub[1], ""), (stub[1], "host/web1"), (None, "")):
        assert (await answer(name, state, clusters, target)).known is UNKNOWN


async def test_nobody_knows_where_the_cluster_does_not_say(
    stub: tuple[StubCluster, OneCluster],
) -> None:
    objects, clusters = stub
    objects.answers["GET"] = [(403, {"message": "nodes is forbidden"})]

    found = await answer("node", "not_ready", clusters)

    assert found.known is UNKNOWN
    assert "nodes is forbidden" in found.detail


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_may_get_its_own_kind_and_nothing_else(name: str) -> None:
    (right,) = CHECKS[name].rights(Use(kind=name, parameters={}))

    assert (right.verb, right.subresource) == ("get", "")  # type: ignore[union-attr]


@pytest.fixture
async def real(cluster: parts.Cluster) -> AsyncIterator[Any]:
    kubernetes = Kubernetes([reach_of(cluster.kubeconfig)])
    yield kubernetes.looking
    await kubernetes.close()


@pytest.mark.slow
async def test_a_real_cluster_tells_a_silent_node_and_a_crashing_pod_from_those_that_are_well(
    cluster: parts.Cluster, namespace: str, real: Any
) -> None:
    ends = {"containers": parts.pod_spec("sh", "-c", "exit 3")["containers"]}
    cluster.apply(
        parts.deployment("good", namespace, replicas=1), parts.deployment("bad", namespace, **ends)
    )

    def pod_of(app: str) -> Any:
        return cluster.read("pods", "-n", namespace, "-l", f"app={app}")["items"][0]

    await comes("deployment", "available", real, f"deployment/{namespace}/good")
    await comes("deployment", "unavailable", real, f"deployment/{namespace}/bad")
    good, bad = pod_of("good"), pod_of("bad")
    await comes("pod", "ready", real, f"pod/{namespace}/{good['metadata']['name']}")
    await comes("pod", "crash_looping", real, f"pod/{namespace}/{bad['metadata']['name']}")
    await comes("node", "ready", real, f"node/{good['spec']['nodeName']}")
    with standin_node(cluster, is_ready=False) as silent:
        assert (await answer("node", "not_ready", real, f"node/{silent}")).known is HOLDS


async def comes(name: str, state: str, clusters: Any, target: str) -> None:
    """Ask until it holds."""
    for _ in range(120):
        if (found := await answer(name, state, clusters, target)).known is HOLDS:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(found)
