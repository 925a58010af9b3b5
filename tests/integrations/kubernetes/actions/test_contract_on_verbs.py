"""The other verbs keep the contract of actions on a real cluster, also with only the rights that they declare."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from remediator.core.change import Change
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.rights import ClusterRight
from remediator.ports.action import Request, Ticket
from remediator.ports.rights import Use
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.kubernetes.actions.acting import acting, action_of, ticket
from tests.integrations.kubernetes.actions.standin_node import placed_set, pods_of, standin_node
from tests.parts.cluster import Cluster, deployment, pod_spec, wait_until

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One object to act on: its target, the parameters, what a look must not change, and what somebody else does."""

    target: str
    state: Callable[[], Any]
    move: Callable[[], Any] | None
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Stage:
    """Sets scenes in one namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._ends = ExitStack()
        self._name = f"verb-{uuid4().hex[:6]}"

    def scene(self, verb: str) -> Scene:
        """The scene for `scale`, `drain` and so on."""
        made: Scene = getattr(self, f"_{verb}")()
        return made

    def close(self) -> None:
        """Forget what has no namespace."""
        self._ends.close()

    def _scale(self) -> Scene:
        moved = ("scale", f"deployment/{self._name}", "--replicas=3")
        return self._on_deployment({"replicas": "+2", "max": 10}, moved)

    def _patch(self) -> Scene:
        moved = ("patch", f"deployment/{self._name}", "-p", '{"spec":{"minReadySeconds":3}}')
        return self._on_deployment({"merge": {"spec": {"minReadySeconds": 9}}}, moved)

    def _hpa_set_min(self) -> Scene:
        scene = self._on_deployment({"min": 4, "max": 5}, ())
        self._kubectl("autoscale", f"deployment/{self._name}", "--min=2", "--max=6")
        moved = ("patch", f"hpa/{self._name}", "-p", '{"spec":{"minReplicas":3}}')
        return Scene(
            target=scene.target,
            parameters=scene.parameters,
            state=lambda: self._state("hpa"),
            move=lambda: self._kubectl(*moved),
        )

    def _suspend_cronjob(self) -> Scene:
        pods = {"spec": {**pod_spec(), "restartPolicy": "Never"}}
        spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": pods}}}
        meta = {"name": self._name, "namespace": self._namespace}
        kind = {"apiVersion": self._cluster.beta_or_v1("batch"), "kind": "CronJob"}
        self._cluster.apply({**kind, "metadata": meta, "spec": spec})
        moved = ("patch", f"cronjob/{self._name}", "-p", '{"spec":{"suspend":true}}')
        return Scene(
            target=f"cronjob/{self._namespace}/{self._name}",
            state=lambda: self._state("cronjob"),
            move=lambda: self._kubectl(*moved),
        )

    def _delete_pod(self) -> Scene:
        (pod,) = self._pods("")
        name = pod["metadata"]["name"]
        return Scene(
            target=f"pod/{self._namespace}/{name}",
            state=self._uids,
            move=lambda: self._kubectl("delete", "pod", name),
        )

    def _cordon(self) -> Scene:
        node = self._ends.enter_context(standin_node(self._cluster))
        return Scene(
            target=f"node/{node}",
            state=lambda: self._spec(self._cluster.read("node", node)),
            move=lambda: self._cluster.kubectl("cordon", node),
        )

    def _drain(self) -> Scene:
        scene = self._cordon()
        node = scene.target.partition("/")[2]
        self._pods(node)
        return Scene(target=scene.target, state=lambda: (scene.state(), self._uids()), move=None)

    def _on_deployment(self, parameters: Mapping[str, Any], moved: tuple[str, ...]) -> Scene:
        made = deployment(self._name, self._namespace, replicas=2, nodeSelector={"never": "there"})
        self._cluster.apply(made)
        return Scene(
            target=f"deployment/{self._namespace}/{self._name}",
            parameters=parameters,
            state=lambda: self._state("deployment"),
            move=lambda: self._kubectl(*moved),
        )

    def _pods(self, node: str) -> list[dict[str, Any]]:
        placed_set(self._cluster, self._namespace, self._name, node)
        wait_until(lambda: len(self._uids()) == 1, "the pod")
        return pods_of(self._cluster, self._namespace, self._name)

    def _uids(self) -> list[str]:
        pods = pods_of(self._cluster, self._namespace, self._name)
        return sorted(pod["metadata"]["uid"] for pod in pods)

    def _state(self, kind: str) -> Any:
        return self._spec(self._cluster.read(kind, self._name, "-n", self._namespace))

    def _spec(self, found: Mapping[str, Any]) -> Any:
        """What nobody but us writes to: no status, no notes of controllers."""
        marks = found["metadata"].get("annotations") or {}
        ours = {key: value for key, value in marks.items() if key.startswith("remediator.dev")}
        spec = {key: value for key, value in found["spec"].items() if key != "taints"}
        return found["metadata"]["uid"], spec, ours

    def _kubectl(self, *words: str) -> str:
        return self._cluster.kubectl("-n", self._namespace, *words)


@pytest.fixture
def stage(cluster: Cluster, namespace: str) -> Iterator[Stage]:
    part = Stage(cluster, namespace)
    yield part
    part.close()


VERBS = ("scale", "patch", "hpa_set_min", "suspend_cronjob", "delete_pod", "cordon", "drain")


class TestVerbs(ActionContract):
    @pytest.fixture(params=VERBS)
    async def case(
        self, request: pytest.FixtureRequest, cluster: Cluster, stage: Stage
    ) -> AsyncIterator[ActionCase]:
        action, scene = action_of(f"kubernetes.{request.param}"), stage.scene(request.param)
        async with acting(cluster) as act:
            yield ActionCase(
                action=action,
                request=Request(
                    step="verb",
                    target=parse_target(scene.target),
                    parameters=action.parameters.model_validate(dict(scene.parameters)),
                    timeout=timedelta(seconds=30),
                    now=datetime.now(UTC),
                ),
                reads=reads_of(kubernetes=act.clusters.looking),
                writes=writes_of(kubernetes=act.clusters.acting),
                state=scene.state,
                move=scene.move,
            )

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """A cluster keeps no receipt of a question: what makes a late start harmless are the values and uids that the
        change was made for."""
        change, first, second = await case.change(), case.ticket(), case.ticket()
        sight = await case.proposer().observe(change, first)
        await case.applier().apply(change, second)
        after = case.state()

        assert sight.observation is Observation.NOT_APPLIED
        seen = (await case.proposer().observe(change, first)).observation
        by_identity = ("kubernetes.delete_pod", "kubernetes.drain")
        gone = Observation.APPLIED if change.action in by_identity else Observation.DIVERGED
        assert seen is gone
        if change.action != "kubernetes.drain":  # which would only find that nobody is left
            assert await is_refused(case, change, first)
            assert case.state() == after


async def is_refused(case: ActionCase, change: Change, right: Ticket) -> bool:
    try:
        await case.applier().apply(change, right)
    except Stale:
        return True
    return False


IN_A_NAMESPACE = ("scale", "patch", "hpa_set_min", "suspend_cronjob", "delete_pod")


def declared(verb: str, scene: Scene) -> list[dict[str, Any]]:
    """The rules of a Role, from what the action says of itself."""
    use = Use(kind=scene.target.partition("/")[0], parameters=scene.parameters)
    rights = action_of(f"kubernetes.{verb}").rights(use)
    return [_rule(right) for right in rights if isinstance(right, ClusterRight)]


@pytest.mark.parametrize("verb", IN_A_NAMESPACE)
async def test_the_rights_that_a_verb_declares_are_enough(
    cluster: Cluster, namespace: str, stage: Stage, verb: str
) -> None:
    scene = stage.scene(verb)
    account = cluster.account(namespace, f"for-{verb.replace('_', '-')}", declared(verb, scene))
    before = scene.state()
    async with acting(cluster, kubeconfig=str(account), namespaces=(namespace,)) as act:
        change = await act.change(f"kubernetes.{verb}", scene.target, **scene.parameters)
        await act.apply(change, ticket())

    assert scene.state() != before
    events = json.loads(cluster.kubectl("-n", namespace, "get", "events", "-o", "json"))["items"]
    assert any(change.summary in event["message"] for event in events)


@pytest.mark.parametrize("verb", IN_A_NAMESPACE)
async def test_without_the_right_to_write_the_plan_says_so_before_anybody_is_asked(
    cluster: Cluster, namespace: str, stage: Stage, verb: str
) -> None:
    scene = stage.scene(verb)
    rules = [rule for rule in declared(verb, scene) if rule["verbs"][0] not in ("patch", "delete")]
    account = cluster.account(namespace, f"less-{verb.replace('_', '-')}", rules)
    async with acting(cluster, kubeconfig=str(account)) as act:
        with pytest.raises(Permanent, match=r"may not (patch|delete) .*remediator rbac"):
            await act.propose(f"kubernetes.{verb}", scene.target, **scene.parameters)


async def test_of_many_who_scale_at_once_one_does(cluster: Cluster, stage: Stage) -> None:
    scene = stage.scene("scale")
    async with acting(cluster) as act:
        change = await act.change("kubernetes.scale", scene.target, **scene.parameters)
        tries = (act.apply(change, ticket()) for _ in range(6))
        ended = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(each, Stale) for each in ended) == 5
    assert scene.state()[1]["replicas"] == 4


@pytest.mark.parametrize("verb", ["cordon", "drain"])
async def test_on_nodes_too_the_rights_that_a_verb_declares_are_enough(
    cluster: Cluster, namespace: str, stage: Stage, verb: str
) -> None:
    scene, name = stage.scene(verb), f"for-{verb}-{uuid4().hex[:6]}"
    use = Use(kind="node", parameters={})
    account = cluster.account(namespace, name, [])
    rules = [_rule(right) for right in action_of(f"kubernetes.{verb}").rights(use)]
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    cluster.apply(
        {**rbac, "kind": "ClusterRole", "rules": rules},
        {**rbac, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [subject]},
    )
    before, right = scene.state(), ticket()
    try:
        async with acting(cluster, kubeconfig=str(account), namespaces=(namespace,)) as act:
            change = await act.change(f"kubernetes.{verb}", scene.target)
            await act.apply(change, right)
            assert (await act.observe(change, right)).observation is Observation.APPLIED
    finally:
        cluster.kubectl("delete", "clusterrole,clusterrolebinding", name)

    assert scene.state() != before


def _rule(right: Any) -> dict[str, Any]:
    resource, part = right.resource, right.subresource
    named = f"{resource.plural}/{part}" if part else resource.plural
    return {"apiGroups": [resource.group], "resources": [named], "verbs": [right.verb]}
