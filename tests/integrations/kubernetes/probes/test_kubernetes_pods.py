"""The probes on pods over the real cluster: logs before and after a restart, events, ends of containers, no metrics."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.core.events import Evidence
from remediator.core.target import Target
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.probes import events, pod_logs, top
from remediator.ports.gateways import Reads
from remediator.ports.probe import Probe
from tests.bound import reads_of
from tests.integrations.kubernetes.pod_parts import reach_of, run_pod
from tests.parts.cluster import Cluster, deployment, only_on_ours, pod_spec, wait_until

pytestmark = pytest.mark.slow

BROKEN = (
    "echo starting; echo 'ERROR cannot reach db-1: connection refused'; echo bye; sleep 2; exit 3"
)


@pytest.fixture(scope="module")
def broken(cluster: Cluster, namespace: str) -> Target:
    """A Deployment whose pod ends with code 3 again and again."""
    spec = {"containers": pod_spec("sh", "-c", BROKEN)["containers"]}
    cluster.apply(deployment("broken", namespace, **spec))
    wait_until(lambda: restarts(cluster, namespace) > 0, "a restart of the broken pod")
    return Target("deployment", f"{namespace}/broken")


@pytest.fixture
async def gateways(cluster: Cluster) -> AsyncIterator[dict[str, Any]]:
    kubernetes = Kubernetes([reach_of(cluster.kubeconfig)])
    yield reads_of(kubernetes=kubernetes.looking)
    await kubernetes.close()


def restarts(cluster: Cluster, namespace: str) -> int:
    pods = cluster.read("pods", "-n", namespace, "-l", "app=broken")["items"]
    said = [one for pod in pods for one in pod["status"].get("containerStatuses", [])]
    return sum(one["restartCount"] for one in said)


async def probed(module: Any, gateways: Reads, target: Target, **parameters: Any) -> Evidence:
    probe: Probe = module.PROBES[0]
    wanted = probe.parameters.model_validate(parameters)
    return await probe.prober(gateways).probe(target, wanted, timedelta(seconds=30))


async def test_errors_are_found_in_the_log_of_the_container_before(
    broken: Target, gateways: Reads
) -> None:
    found = await probed(pod_logs, gateways, broken)

    assert found.problem == ""
    earlier = next(n for n, line in enumerate(found.lines) if "before it was started anew" in line)
    assert "ERROR cannot reach db-1: connection refused" in found.lines[earlier + 1]
    assert not any("starting" in line for line in found.lines)


async def test_without_errors_the_last_lines_are_shown_capped(
    cluster: Cluster, namespace: str, gateways: Reads
) -> None:
    talk = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; sleep 600"
    target = run_pod(
        cluster, namespace, "talks", containers=pod_spec("sh", "-c", talk)["containers"]
    )
    found: Evidence | None = None
    for _ in range(20):
        found = await probed(pod_logs, gateways, target)
        if any("line 2999" in line for line in found.lines):
            break
    assert found is not None
    assert found.lines[0] == "talks main:"
    assert [line.strip() for line in found.lines[1:]] == [f"line {n}" for n in range(2995, 3000)]


async def test_how_a_container_ended_and_the_events_of_its_pod_are_told(
    cluster: Cluster, namespace: str, broken: Target, gateways: Reads
) -> None:
    warned = "BackOff"
    wait_until(
        lambda: warned in cluster.kubectl("get", "events", "-n", namespace), "a BackOff event"
    )
    found = await probed(events, gateways, broken)

    assert found.problem == ""
    assert any("container main: Error, exit code 3" in line for line in found.lines)
    assert any(warned in line for line in found.lines)


async def test_a_node_has_events_too(cluster: Cluster, gateways: Reads) -> None:
    only_on_ours("it tells of a reboot of its node")
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(_event_of_node()))
    found = await probed(events, gateways, Target("node", "node1"), since="24h", all=True)

    assert found.problem == ""
    assert any("node/node1" in line for line in found.lines)


def _event_of_node() -> dict[str, Any]:
    """What a kubelet says of its node; the cluster forgets its own after an hour."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "node1.", "namespace": "default"},
        "involvedObject": {"kind": "Node", "name": "node1", "uid": "node1"},
        "reason": "Rebooted",
        "message": "Node node1 has been rebooted",
        "type": "Warning",
        "source": {"component": "kubelet", "host": "node1"},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


@pytest.mark.parametrize("module", [pod_logs, events, top])
async def test_what_is_not_there_is_said(module: Any, namespace: str, gateways: Reads) -> None:
    nobody = Target("pod", f"{namespace}/nobody")

    assert "not there" in (await probed(module, gateways, nobody)).problem


async def test_this_cluster_measures_nothing_and_that_is_said(
    cluster: Cluster, namespace: str, gateways: Reads
) -> None:
    only_on_ours("another one may measure")
    target = run_pod(cluster, namespace, "unmeasured")

    assert "no metrics API" in (await probed(top, gateways, target)).problem
    assert "no metrics API" in (await probed(top, gateways, Target("node", "node1"))).problem
