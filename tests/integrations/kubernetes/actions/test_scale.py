"""kubernetes.scale on the real cluster: the number lands once, within bounds, and never under an autoscaler."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from remediator.core.change import Change, Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import SCALED_OBJECTS, Resource
from tests.integrations.kubernetes.actions.acting import Acting, acting, ticket
from tests.parts.cluster import Cluster, deployment

pytestmark = pytest.mark.slow


def replicas(cluster: Cluster, namespace: str, name: str) -> int:
    found = cluster.read("deployment", name, "-n", namespace)
    return int(found["spec"]["replicas"])


def placed(cluster: Cluster, namespace: str, name: str, count: int, **metadata: Any) -> str:
    """A Deployment whose pods start nowhere; return it as a target."""
    made = deployment(name, namespace, replicas=count, nodeSelector={"never": "there"})
    made["metadata"] |= metadata
    cluster.apply(made)
    return f"deployment/{namespace}/{name}"


async def test_two_more_land_once_and_are_seen_by_anybody(cluster: Cluster, namespace: str) -> None:
    target = placed(cluster, namespace, "twice", 2)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.scale", target, replicas="+2", max=10)
        right = ticket()
        before = await act.observe(change, right)
        measure = await act.apply(change, right)

        assert before.observation is Observation.NOT_APPLIED
        assert replicas(cluster, namespace, "twice") == 4
        assert "from 2 to 4 replicas" in measure.summary
        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, right)
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        assert replicas(cluster, namespace, "twice") == 4
        assert (await act.observe(change, ticket())).observation is Observation.DIVERGED
    events = cluster.read("events", "-n", namespace)["items"]
    assert any(e["reason"] == "RemediatorApplied" and right.token in e["message"] for e in events)


async def test_it_is_scaled_back_unless_somebody_changed_it_again(
    cluster: Cluster, namespace: str
) -> None:
    target = placed(cluster, namespace, "back", 2)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.scale", target, replicas=5, max=5)
        await act.apply(change, ticket())
        back = await act.undo(change)
        assert back is not None
        await act.apply(back, ticket())
        with pytest.raises(Stale):
            await act.apply(back, ticket())

    assert replicas(cluster, namespace, "back") == 2


async def test_a_plan_is_void_where_somebody_else_scaled_and_holds_where_they_deployed(
    cluster: Cluster, namespace: str
) -> None:
    target = placed(cluster, namespace, "moved", 2)
    async with acting(cluster) as act:
        change = await act.change("kubernetes.scale", target, replicas=4, max=5)
        cluster.kubectl("-n", namespace, "set", "env", "deployment/moved", "A=1")
        assert await act.propose("kubernetes.scale", target, replicas=4, max=5) == change
        cluster.kubectl("-n", namespace, "scale", "deployment/moved", "--replicas=3")
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        with pytest.raises(Stale):
            await act.apply(change, ticket(late=True))

    assert replicas(cluster, namespace, "moved") == 3


async def test_under_an_autoscaler_it_is_refused_with_what_would_help(
    cluster: Cluster, namespace: str
) -> None:
    target = placed(cluster, namespace, "ruled", 2)
    cluster.kubectl(
        "-n", namespace, "autoscale", "deployment/ruled", "--min=2", "--max=6", "--name=ruler"
    )
    async with acting(cluster) as act:
        with pytest.raises(
            Permanent, match=r"ruler rules its replicas \(min 2, max 6\).*hpa_set_min"
        ):
            await act.propose("kubernetes.scale", target, replicas=4, max=5)


class WithKeda:
    """The cluster, with ScaledObjects in it. A custom object ends the API server of the tests' cluster at once."""

    def __init__(self, inner: Any, *scaled: Mapping[str, Any]) -> None:
        self._inner, self._scaled = inner, scaled

    def of(self, target: Target) -> "WithKeda":
        return WithKeda(self._inner.of(target), *self._scaled)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def list(self, resource: Resource, namespace: str, **selectors: str) -> Any:
        if resource == SCALED_OBJECTS:
            return self._scaled
        return await self._inner.list(resource, namespace, **selectors)


@pytest.mark.parametrize(("ruled", "is_refused"), [("kept", True), ("other", False)])
async def test_what_keda_rules_is_refused_also_while_it_has_no_autoscaler(
    cluster: Cluster, namespace: str, ruled: str, is_refused: bool
) -> None:
    target = placed(cluster, namespace, "kept", 2)
    scaled = {"metadata": {"name": "by-queue"}, "spec": {"scaleTargetRef": {"name": ruled}}}
    async with acting(cluster) as act:
        keda = Acting(
            clusters=cast(Any, SimpleNamespace(looking=WithKeda(act.clusters.looking, scaled)))
        )
        if is_refused:
            with pytest.raises(Permanent, match="ScaledObject by-queue rules its replicas"):
                await keda.propose("kubernetes.scale", target, replicas=4, max=5)
        else:
            assert await keda.propose("kubernetes.scale", target, replicas=4, max=5)


async def test_it_says_no_beyond_the_bounds_and_nothing_where_it_is_so(
    cluster: Cluster, namespace: str
) -> None:
    target = placed(cluster, namespace, "bounded", 3)
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="no more"):
            await act.propose("kubernetes.scale", target, replicas="+1", max=3)
        with pytest.raises(Permanent, match="not found"):
            await act.propose("kubernetes.scale", f"{target}-not", replicas=4, max=5)
        assert isinstance(await act.propose("kubernetes.scale", target, replicas=3, max=3), Nothing)


@pytest.mark.parametrize("gitops", ["refuse", "warn", "allow"])
async def test_what_argo_owns_is_left_to_argo_unless_the_settings_say_otherwise(
    cluster: Cluster, namespace: str, gitops: str
) -> None:
    tracking = {"argocd.argoproj.io/tracking-id": f"shop:apps/Deployment:{namespace}/argo"}
    target = placed(cluster, namespace, "argo", 2, annotations=tracking)
    async with acting(cluster, gitops=gitops) as act:
        if gitops == "refuse":
            with pytest.raises(Permanent, match=r"Argo CD \(application shop\)"):
                await act.propose("kubernetes.scale", target, replicas=4, max=5)
            return
        change = await act.propose("kubernetes.scale", target, replicas=4, max=5)

    assert isinstance(change, Change)
    assert ("Argo CD" in change.summary) is (gitops == "warn")
