"""What the tests of Kubernetes actions share: both halves of an action over the real cluster."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

from remediator.core.change import Change, Nothing
from remediator.core.events import Measure
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.codec import adapter
from tests.bound import reads_of, writes_of
from tests.parts.cluster import Cluster


def action_of(name: str) -> Action:
    """`kubernetes.scale` from the file that registers it."""
    verb = name.removeprefix("kubernetes.")
    (found,) = import_module(f"remediator.integrations.kubernetes.actions.{verb}").ACTIONS
    assert isinstance(found, Action)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Actions by name, as the runner uses them: what was proposed is stored before it is applied."""

    clusters: Kubernetes

    async def propose(self, action: str, target: str, **parameters: Any) -> Change | Nothing:
        """Propose twice, which must be the same."""
        request = Request(
            step="step",
            target=parse_target(target),
            parameters=action_of(action).parameters.model_validate(parameters),
            timeout=timedelta(seconds=30),
            now=datetime.now(UTC),
        )
        reads = reads_of(kubernetes=self.clusters.looking)
        first = await action_of(action).proposer(reads).propose(request)
        second = await action_of(action).proposer(reads).propose(request)
        assert first == second
        return first

    async def change(self, action: str, target: str, **parameters: Any) -> Change:
        """Return what was proposed, as the store gives it back."""
        proposed = await self.propose(action, target, **parameters)
        assert isinstance(proposed, Change), proposed
        assert target.partition("@")[0] in proposed.summary or proposed.target.kind == "hpa"
        return stored(proposed)

    async def again(self, change: Change, **parameters: Any) -> Change | Nothing:
        """Propose once more what was planned, as right before it is applied."""
        action = action_of(change.action)
        request = Request(
            step=change.step,
            target=change.target,
            parameters=action.parameters.model_validate(parameters),
            timeout=timedelta(seconds=30),
            now=datetime.now(UTC),
            planned=change,
        )
        return await action.proposer(reads_of(kubernetes=self.clusters.looking)).propose(request)

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        reads, writes = reads_of(), writes_of(kubernetes=self.clusters.acting)
        return await action_of(change.action).applier(reads, writes).apply(change, ticket)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        reads = reads_of(kubernetes=self.clusters.looking)
        return await action_of(change.action).proposer(reads).observe(change, ticket)

    async def undo(self, change: Change) -> Change | None:
        reads = reads_of(kubernetes=self.clusters.looking)
        found = await action_of(change.action).proposer(reads).undo(change, Measure())
        return stored(found) if found else None


@asynccontextmanager
async def acting(cluster: Cluster, **reach: Any) -> AsyncIterator[Acting]:
    """Both halves, over one cluster whose every namespace is allowed."""
    settings = {"kubeconfig": str(cluster.kubeconfig), "namespaces": ("*",), **reach}
    clusters = Kubernetes([KubernetesSettings(name="test", **settings)])
    try:
        yield Acting(clusters=clusters)
    finally:
        await clusters.close()


def ticket(seconds: float = 30, *, late: bool = False) -> Ticket:
    """The right to apply once."""
    ahead = timedelta(seconds=-5 if late else seconds + 15)
    return Ticket(
        token=f"att_{uuid4().hex[:12]}",
        fence=1,
        not_after=datetime.now(UTC) + ahead,
        timeout=timedelta(seconds=seconds),
    )


def stored(change: Change) -> Change:
    """A change as it comes back from the store."""
    text = adapter(Change).dump_json(change)
    loaded: Change = adapter(Change).validate_json(text)
    assert loaded == change
    return loaded
