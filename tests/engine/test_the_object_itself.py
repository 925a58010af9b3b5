"""An alert about a node, a metric that agrees with it, and what the cluster says of the node itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.events import Outcome
from remediator.core.guards.require import RequireSettings
from remediator.core.messages import MessageKind
from remediator.core.person import Person
from remediator.core.playbook import CheckOrder, Mode
from remediator.core.run import Phase
from remediator.integrations.kubernetes.checks import node
from remediator.integrations.prometheus.api import Sample
from remediator.integrations.prometheus.checks import promql
from remediator.testing.clock import ManualClock
from tests.bound import reads_of
from tests.engine.house import House, a_house, a_playbook, an_alert

ANA = Person(name="ana", door="api")
SILENT = {"status": "Unknown", "reason": "NodeStatusUnknown"}
METRIC = 'kube_node_status_condition{condition="Ready",status="true"} == 0'
ASKS = RequireSettings(
    checks=(
        CheckOrder(kind="node", parameters={"state": "not_ready"}, text="not_ready"),
        CheckOrder(kind="promql", parameters={"query": METRIC}, text=METRIC),
    )
)


@dataclass
class Truth:
    """A cluster that knows how its one node is, and a Prometheus that has said the same for hours."""

    condition: dict[str, str]
    clock: ManualClock

    def of(self, _target: object) -> Truth:
        return self

    async def get(self, _ref: object) -> Any:
        said = [{"type": "Ready", **self.condition}]
        return {"metadata": {"name": "web1"}, "status": {"conditions": said}}

    async def query(self, _promql: str) -> tuple[Sample, ...]:
        return (Sample(labels={"node": "web1"}, value=0.0, at=self.clock.now().timestamp()),)


@pytest.fixture
async def house(tmp_path: Path):
    async with a_house(tmp_path) as house:
        house.checks = {check.name: check for check in (*node.CHECKS, *promql.CHECKS)}
        yield house


def told_by(house: House, mode: Mode, **condition: str) -> Truth:
    """Answer with a playbook on nodes; return what the cluster says, to be changed."""
    truth = Truth(condition, house.clock)
    house.reads = reads_of(kubernetes=truth, prometheus=truth)
    house.use(a_playbook(target="node/web1", mode=mode, guards={"require": ASKS}))
    return truth


async def test_a_node_that_is_ready_in_truth_is_left_alone_whatever_the_metric_says(house: House):
    told_by(house, Mode.AUTO, status="True", reason="KubeletReady")
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert run.reason == (
        "require: node: not_ready does not hold (web1: Ready is True (KubeletReady))"
    )
    assert house.world.effects == []


async def test_people_read_the_state_of_the_node_before_they_say_yes(house: House):
    told_by(house, Mode.APPROVE, **SILENT)
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).phase is Phase.AWAITING_APPROVAL
    (plan,) = [m for m in await house.messages() if m.kind is MessageKind.PLAN]
    (seen,) = [line for line in plan.lines if line.startswith("seen before: ")]
    assert "node: not_ready holds (web1: Ready is Unknown (NodeStatusUnknown))" in seen
    assert f"promql: {METRIC} holds" in seen


async def test_a_node_that_came_back_while_people_decided_is_left_alone(house: House):
    truth = told_by(house, Mode.APPROVE, **SILENT)
    await house.take_in(an_alert())
    await house.live()
    run = await house.run()
    assert run.plan is not None

    truth.condition = {"status": "True"}
    await house.control.approve(run.id, digest=run.plan.digest, person=ANA)
    await house.live()

    assert (await house.run()).outcome is Outcome.BLOCKED
    assert house.world.effects == []


async def test_what_a_node_says_of_itself_may_move_without_making_a_yes_void(house: House):
    truth = told_by(house, Mode.APPROVE, **SILENT)
    await house.take_in(an_alert())
    await house.live()
    run = await house.run()
    assert run.plan is not None

    truth.condition = {**SILENT, "lastTransitionTime": "2026-01-01T00:00:09Z", "message": "moved"}
    house.clock.advance(timedelta(minutes=5))
    await house.control.approve(run.id, digest=run.plan.digest, person=ANA)
    await house.live()

    assert len(house.world.effects) == 1
    assert "plan_voided" not in house.listener.kinds
