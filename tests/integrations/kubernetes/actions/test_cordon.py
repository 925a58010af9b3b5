"""kubernetes.cordon and kubernetes.uncordon on a node of the real cluster."""

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.integrations.kubernetes.actions.standin_node import standin_node
from tests.parts.cluster import Cluster

pytestmark = pytest.mark.slow


def is_cordoned(cluster: Cluster, node: str) -> bool:
    return bool(cluster.read("node", node)["spec"].get("unschedulable"))


async def test_a_node_is_cordoned_once_and_given_back(cluster: Cluster) -> None:
    with standin_node(cluster) as node:
        async with acting(cluster) as act:
            change, right = await act.change("kubernetes.cordon", f"node/{node}"), ticket()
            assert (await act.observe(change, right)).observation is Observation.NOT_APPLIED
            await act.apply(change, right)

            assert is_cordoned(cluster, node)
            assert (await act.observe(change, right)).observation is Observation.APPLIED
            with pytest.raises(Stale):
                await act.apply(change, right)
            again = await act.propose("kubernetes.cordon", f"node/{node}")
            assert isinstance(again, Nothing)

            back = await act.undo(change)
            assert back is not None
            await act.apply(back, ticket())
        assert not is_cordoned(cluster, node)


async def test_a_node_is_uncordoned_unless_somebody_did_before(cluster: Cluster) -> None:
    with standin_node(cluster) as node:
        async with acting(cluster) as act:
            free = await act.propose("kubernetes.uncordon", f"node/{node}")
            assert isinstance(free, Nothing)
            cluster.kubectl("cordon", node)
            change = await act.change("kubernetes.uncordon", f"node/{node}")
            cluster.kubectl("uncordon", node)
            with pytest.raises(Stale):
                await act.apply(change, ticket())
            cluster.kubectl("cordon", node)
            right = ticket()
            await act.apply(change, right)

            assert not is_cordoned(cluster, node)
            assert (await act.observe(change, right)).observation is Observation.APPLIED


async def test_a_node_that_is_not_there_is_said_to_be_missing(cluster: Cluster) -> None:
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="not found"):
            await act.propose("kubernetes.cordon", "node/nowhere")
