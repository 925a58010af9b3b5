"""Both rollout actions keep the contract of actions, on the three kinds of workload of a real cluster."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.change import Change
from remediator.core.errors import Stale
from remediator.core.events import Observation
from remediator.core.target import parse_target
from remediator.ports.action import Request, Ticket
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.kubernetes.actions import workloads
from tests.integrations.kubernetes.actions.acting import acting, action_of
from tests.parts.cluster import Cluster

pytestmark = pytest.mark.slow

CASES = (
    ("kubernetes.rollout_undo", "deployment"),
    ("kubernetes.rollout_undo", "statefulset"),
    ("kubernetes.rollout_undo", "daemonset"),
    ("kubernetes.rollout_restart", "deployment"),
)


class TestRollouts(ActionContract):
    @pytest.fixture(params=CASES, ids="/".join)
    async def case(
        self, request: pytest.FixtureRequest, cluster: Cluster, namespace: str
    ) -> AsyncIterator[ActionCase]:
        name, kind = request.param
        target, action = workloads.two_revisions(cluster, kind, namespace), action_of(name)
        async with acting(cluster) as act:
            yield ActionCase(
                action=action,
                request=Request(
                    step="roll",
                    target=parse_target(target),
                    parameters=action.parameters(),
                    timeout=timedelta(seconds=30),
                    now=datetime.now(UTC),
                ),
                reads=reads_of(kubernetes=act.clusters.looking),
                writes=writes_of(kubernetes=act.clusters.acting),
                state=lambda: workloads.state(cluster, target),
                move=lambda: workloads.set_image(cluster, target, "busybox:other"),
            )

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """A cluster keeps no receipt of a question: what makes a late start harmless is the generation, which lands
        one of two attempts only."""
        change, first, second = await case.change(), case.ticket(), case.ticket()
        sight = await case.proposer().observe(change, first)
        await case.applier().apply(change, second)
        after = case.state()

        assert sight.observation is Observation.NOT_APPLIED
        assert (await case.proposer().observe(change, first)).observation is Observation.DIVERGED
        assert await refused(case, change, first)
        assert case.state() == after


async def refused(case: ActionCase, change: Change, ticket: Ticket) -> bool:
    try:
        await case.applier().apply(change, ticket)
    except Stale:
        return True
    return False
