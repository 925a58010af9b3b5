"""Rollouts on the real cluster when something is in the way: few rights, a race, an answer that is lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.change import Change
from remediator.core.errors import Permanent, Stale, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import Object, Write
from remediator.integrations.kubernetes.rights import ClusterRight
from remediator.ports.rights import Use
from tests.bound import reads_of, writes_of
from tests.integrations.kubernetes.actions.acting import Acting, acting, action_of, ticket
from tests.integrations.kubernetes.actions.workloads import BAD, GOOD, KINDS, image, two_revisions
from tests.parts.cluster import Cluster

pytestmark = pytest.mark.slow

UNDO, RESTART = "kubernetes.rollout_undo", "kubernetes.rollout_restart"


def declared(name: str, kind: str) -> list[dict[str, Any]]:
    """The rules of a Role, from what the action says of itself."""
    rights = action_of(name).rights(Use(kind=kind, parameters={}))
    rules = [right for right in rights if isinstance(right, ClusterRight)]
    assert rules
    return [
        {"apiGroups": [r.resource.group], "resources": [r.resource.plural], "verbs": [r.verb]}
        for r in rules
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_rights_that_it_declares_are_enough(
    cluster: Cluster, namespace: str, kind: str
) -> None:
    target = two_revisions(cluster, kind, namespace)
    account = cluster.account(namespace, f"enough-{kind}", declared(UNDO, kind))
    async with acting(cluster, kubeconfig=str(account)) as act:
        await act.apply(await act.change(UNDO, target), ticket())

    assert image(cluster, target) == GOOD
    assert "RemediatorApplied" in cluster.kubectl(
        "describe", kind, target.split("/")[2], "-n", namespace
    )


@pytest.mark.parametrize("verb", ["get", "patch", "list"])
async def test_with_one_right_less_the_plan_says_which(
    cluster: Cluster, namespace: str, verb: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    rules = [rule for rule in declared(UNDO, "deployment") if rule["verbs"] != [verb]]
    account = cluster.account(namespace, f"without-{verb}", rules)
    async with acting(cluster, kubeconfig=str(account)) as act:
        with pytest.raises(Permanent, match=verb):
            await act.propose(UNDO, target)


async def test_an_event_that_may_not_be_written_fails_nothing(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    rules = [rule for rule in declared(UNDO, "deployment") if rule["resources"] != ["events"]]
    account = cluster.account(namespace, "eventless", rules)
    async with acting(cluster, kubeconfig=str(account)) as act:
        await act.apply(await act.change(UNDO, target), ticket())

    assert image(cluster, target) == GOOD


@pytest.mark.parametrize("name", [UNDO, RESTART])
async def test_of_many_who_apply_it_at_once_one_does(
    cluster: Cluster, namespace: str, name: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        change = await act.change(name, target)
        tickets = [ticket() for _ in range(6)]
        ended = await asyncio.gather(*(outcome(act, change, each) for each in tickets))
        seen = [(await act.observe(change, each)).observation for each in tickets]

    assert sorted(ended) == ["applied", *["stale"] * 5]
    assert seen[ended.index("applied")] is Observation.APPLIED
    assert seen.count(Observation.DIVERGED) == 5


async def outcome(act: Acting, change: Change, right: Any) -> str:
    try:
        await act.apply(change, right)
    except Stale:
        return "stale"
    return "applied"


class Deaf:
    """A cluster to change, whose answer to a write is lost: before it is sent, or after."""

    def __init__(self, inner: Any, *, is_sent: bool) -> None:
        self._inner, self._is_sent = inner, is_sent

    def of(self, target: Target) -> "Deaf":
        return Deaf(self._inner.of(target), is_sent=self._is_sent)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def write(self, write: Write, *, timeout: timedelta) -> Object:
        if self._is_sent:
            await self._inner.write(write, timeout=timeout)
        raise Uncertain("no answer")


@pytest.mark.parametrize(
    ("is_sent", "observed", "left"),
    [(True, Observation.APPLIED, GOOD), (False, Observation.NOT_APPLIED, BAD)],
)
async def test_a_lost_answer_is_looked_up_on_the_object(
    cluster: Cluster, namespace: str, is_sent: bool, observed: Observation, left: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        change, right = await act.change(UNDO, target), ticket()
        deaf = writes_of(kubernetes=Deaf(act.clusters.acting, is_sent=is_sent))
        with pytest.raises(Uncertain):
            await action_of(UNDO).applier(reads_of(), deaf).apply(change, right)

        assert (await act.observe(change, right)).observation is observed
        assert image(cluster, target) == left
        if not is_sent:
            assert isinstance(await act.apply(change, right), Measure)
            assert image(cluster, target) == GOOD
