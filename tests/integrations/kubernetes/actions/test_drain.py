"""kubernetes.drain on a node of the real cluster: kubectl's refusals first, budgets honoured, never past its time."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from remediator.core.change import ActionEffect, Nothing, still_holds
from remediator.core.errors import Partial, Permanent, Stale
from remediator.core.events import Observation
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.integrations.kubernetes.actions.standin_node import (
    bound,
    budget,
    placed_set,
    play_kubelet,
    pods_of,
    standin_node,
)
from tests.parts.cluster import Cluster, pod_spec, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def node(cluster: Cluster) -> Iterator[str]:
    with standin_node(cluster) as name:
        yield name


def uids(cluster: Cluster, namespace: str, app: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in pods_of(cluster, namespace, app)}


def is_cordoned(cluster: Cluster, node: str) -> bool:
    return bool(cluster.read("node", node)["spec"].get("unschedulable"))


def filled(cluster: Cluster, namespace: str, app: str, node: str, count: int = 2) -> set[str]:
    """Pods on the node that run and are ready; return their uids."""
    placed_set(cluster, namespace, app, "", count=count)
    wait_until(lambda: len(pods_of(cluster, namespace, app)) == count, f"pods of {app}")
    bound(cluster, namespace, app, node)
    play_kubelet(cluster, namespace, app)
    return uids(cluster, namespace, app)


def job_on(cluster: Cluster, namespace: str, name: str, node: str) -> None:
    """A Job's pod on the node, as a CronJob makes them."""
    spec = {**pod_spec(), "nodeName": node, "terminationGracePeriodSeconds": 0}
    metadata = {"name": name, "namespace": namespace}
    template = {"metadata": {"labels": {"app": name}}, "spec": {**spec, "restartPolicy": "Never"}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}
    cluster.apply({**job, "spec": {"backoffLimit": 0, "template": template}})
    wait_until(lambda: len(pods_of(cluster, namespace, name)) == 1, f"the pod of {name}")


def restored(cluster: Cluster, namespace: str, app: str) -> set[str]:
    """The uids of two pods again, the new one ready too, so that a budget opens."""
    wait_until(lambda: len(pods_of(cluster, namespace, app)) == 2, f"a successor in {app}")
    play_kubelet(cluster, namespace, app)
    return uids(cluster, namespace, app)


async def test_a_node_is_cordoned_and_its_pods_are_gone(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "plain", node)
    async with acting(cluster) as act:
        change, right = await act.change("kubernetes.drain", f"node/{node}"), ticket()
        assert "evict 2 pods" in change.summary
        assert uids(cluster, namespace, "plain") == before
        assert not is_cordoned(cluster, node)
        assert (await act.observe(change, right)).observation is Observation.NOT_APPLIED
        measure = await act.apply(change, right)

        assert "evicted 2 pods" in measure.summary
        assert not before & uids(cluster, namespace, "plain")
        assert is_cordoned(cluster, node)
        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, right)
        back = await act.undo(change)
        assert back is not None
        await act.apply(back, ticket())
    assert not is_cordoned(cluster, node)


@pytest.mark.parametrize("volumes", [(), ({"name": "scratch", "emptyDir": {}},)])
async def test_one_refusal_and_nothing_is_touched(
    cluster: Cluster, namespace: str, node: str, volumes: tuple[dict[str, Any], ...]
) -> None:
    app = f"refused-{len(volumes)}"
    before = filled(cluster, namespace, app, node)
    name = f"lone-{len(volumes)}"
    spec = {**pod_spec(), "nodeName": node, "terminationGracePeriodSeconds": 0}
    lone = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {**spec, "volumes": list(volumes)},
    }
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(lone))
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match=f"nothing was evicted: {namespace}/{name} has"):
            await act.propose("kubernetes.drain", f"node/{node}")
        change = await act.change(
            "kubernetes.drain", f"node/{node}", force=True, delete_emptydir_data=True
        )

    assert change.effect is ActionEffect.IRREVERSIBLE
    assert not is_cordoned(cluster, node)
    assert uids(cluster, namespace, app) == before


async def test_a_budget_is_waited_for_and_given_up_in_time(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "held", node)
    budget(cluster, namespace, "held", least=2, allows=0)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.drain", f"node/{node}")
        assert f"waits for the disruption budget {namespace}/held" in change.summary
        began, right = time.monotonic(), ticket(12)
        with pytest.raises(Partial, match=r"gave up in time: 0 of 2 .*disruption budget.*cordoned"):
            await act.apply(change, right)

        assert time.monotonic() - began < 12
        assert uids(cluster, namespace, "held") == before
        assert is_cordoned(cluster, node)
        sight = await act.observe(change, right)
        assert sight.observation is Observation.NOT_APPLIED
        assert "0 of 2 pods are gone" in sight.detail


async def test_a_budget_that_opens_lets_the_rest_go(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "opens", node)
    budget(cluster, namespace, "opens", least=1, allows=1)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.drain", f"node/{node}")
        applied = asyncio.create_task(act.apply(change, ticket(30)))
        while len(before & await asyncio.to_thread(uids, cluster, namespace, "opens")) == 2:
            await asyncio.sleep(0.2)
        assert not applied.done()
        await asyncio.to_thread(restored, cluster, namespace, "opens")
        await applied

    assert not before & uids(cluster, namespace, "opens")


async def test_a_drain_that_was_killed_goes_on_and_evicts_nobody_twice(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "killed", node)
    budget(cluster, namespace, "killed", least=1, allows=1)
    async with acting(cluster) as act:
        change, first = await act.change("kubernetes.drain", f"node/{node}"), ticket()
        killed = asyncio.create_task(act.apply(change, first))
        while len(before & await asyncio.to_thread(uids, cluster, namespace, "killed")) == 2:
            await asyncio.sleep(0.2)
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed
        sight = await act.observe(change, first)
        assert sight.observation is Observation.NOT_APPLIED
        assert "1 of 2 pods are gone" in sight.detail
        successor = restored(cluster, namespace, "killed") - before
        await act.apply(change, ticket())

    assert not before & uids(cluster, namespace, "killed")
    assert successor <= uids(cluster, namespace, "killed")


async def test_a_pod_that_came_later_is_nobodys_decision(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "early", node)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.drain", f"node/{node}")
        later = filled(cluster, namespace, "later", node, count=1)
        with pytest.raises(Stale, match="pods came since the plan was made"):
            await act.apply(change, ticket())

    assert not is_cordoned(cluster, node)
    assert uids(cluster, namespace, "early") | uids(cluster, namespace, "later") == before | later


async def test_a_node_that_gets_a_cronjobs_pod_every_few_seconds_is_drained_by_the_plan_that_was_approved(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "busy", node)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.drain", f"node/{node}")
        for number in range(3):
            job_on(cluster, namespace, f"tick-{number}", node)
            again = await act.again(change)
            assert still_holds(change, again) is None, again
            before |= uids(cluster, namespace, f"tick-{number}")
        right = ticket()
        await act.apply(change, right)

        assert is_cordoned(cluster, node)
        apps = ("busy", "tick-0", "tick-1", "tick-2")
        assert not before & set().union(*(uids(cluster, namespace, app) for app in apps))
        assert (await act.observe(change, right)).observation is Observation.APPLIED


async def test_a_pod_without_a_controller_that_came_since_stops_a_drain_that_may_evict_such(
    cluster: Cluster, namespace: str, node: str
) -> None:
    before = filled(cluster, namespace, "forced", node)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.drain", f"node/{node}", force=True)
        spec = {**pod_spec(), "nodeName": node, "terminationGracePeriodSeconds": 0}
        meta = {"name": "lone-later", "namespace": namespace}
        lone = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(lone))

        said = still_holds(change, await act.again(change, force=True))
        assert said
        assert "lone-later (of no controller)" in said
        with pytest.raises(Stale, match="lone-later"):
            await act.apply(change, ticket())

    assert not is_cordoned(cluster, node)
    assert uids(cluster, namespace, "forced") == before


async def test_a_node_that_somebody_cordoned_since_is_a_moved_world(
    cluster: Cluster, namespace: str, node: str
) -> None:
    filled(cluster, namespace, "theirs", node)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.drain", f"node/{node}")
        cluster.kubectl("cordon", node)

        assert still_holds(change, await act.again(change))


async def test_a_node_that_does_not_answer_is_drained_when_the_deletions_are_accepted(
    cluster: Cluster, namespace: str
) -> None:
    with standin_node(cluster, is_ready=False) as node:
        placed_set(cluster, namespace, "silent", node, count=1, grace=600)
        wait_until(lambda: len(pods_of(cluster, namespace, "silent")) == 1, "the pod")
        before = uids(cluster, namespace, "silent")
        async with acting(cluster) as act:
            change, right = await act.change("kubernetes.drain", f"node/{node}"), ticket()
            assert "not ready" in change.summary
            await act.apply(change, right)
            assert (await act.observe(change, right)).observation is Observation.APPLIED
        assert before & uids(cluster, namespace, "silent")
    cluster.kubectl("-n", namespace, "delete", "rs", "silent")
    cluster.kubectl(
        "-n", namespace, "delete", "pods", "-l", "app=silent", "--force", "--grace-period=0"
    )


async def test_an_empty_node_that_is_cordoned_needs_nothing(cluster: Cluster, node: str) -> None:
    async with acting(cluster) as act:
        change, right = await act.change("kubernetes.drain", f"node/{node}"), ticket()
        await act.apply(change, right)

        assert (await act.observe(change, right)).observation is Observation.APPLIED
        assert isinstance(await act.propose("kubernetes.drain", f"node/{node}"), Nothing)
