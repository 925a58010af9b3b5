"""The checks of workloads: what the cluster says, and unknown wherever it says nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from remediator.core.errors import ActionError, Permanent, Transient
from remediator.core.facts import Answer, Known
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.checks import gitops, pods_ready, rollout
from remediator.ports.check import Check, Question
from remediator.ports.rights import Use
from remediator.testing.builders import an_alert
from tests.bound import reads_of

HOLDS, FAILS, UNKNOWN = Known.HOLDS, Known.FAILS, Known.UNKNOWN
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHECKS = {check.name: check for m in (rollout, pods_ready, gitops) for check in m.CHECKS}


@dataclass(frozen=True)
class OneCluster:
    """A cluster with one object, some pods, or a problem."""

    found: Any = None
    pods: Sequence[Any] = ()
    problem: ActionError | None = None
    names: tuple[str, ...] = ("test",)
    asked: list[str] = field(default_factory=list)

    def of(self, _target: object) -> "OneCluster":
        return self

    async def get(self, _ref: object) -> Any:
        if self.problem:
            raise self.problem
        return self.found

    async def list(self, _resource: object, namespace: str, *, labels: str) -> Sequence[Any]:
        self.asked.append(f"{namespace} {labels}")
        return self.pods


async def answer(
    name: str, cluster: OneCluster | None, target: str = "deployment/pay/api", **parameters: Any
) -> Answer:
    check: Check = CHECKS[name]
    question = Question(
        parameters=check.parameters.model_validate(parameters),
        alert=an_alert(),
        target=parse_target(target),
        now=NOW,
    )
    return await check.checker(reads_of(kubernetes=cluster) if cluster else reads_of()).ask(
        question
    )


def workload(replicas: int = 2, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "api", "generation": 4},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "api"}}},
        "status": {"observedGeneration": 4, **status},
    }


def pod(ready: str = "True", **metadata: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}, {"type": "Initialized", "status": "True"}]
    return {"metadata": {"name": "api-1", **metadata}, "status": {"conditions": conditions}}


ALL = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
OWNED = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "pay:x"}}}


@pytest.mark.parametrize("name", CHECKS)
async def test_without_a_cluster_nobody_knows(name: str) -> None:
    assert (await answer(name, None)).known is UNKNOWN


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("problem", [Transient("too slow"), Permanent("may not get deployments")])
async def test_a_cluster_that_does_not_say_is_unknown_with_its_words(
    name: str, problem: ActionError
) -> None:
    found = await answer(name, OneCluster(problem=problem))

    assert (found.known, found.detail) == (UNKNOWN, problem.detail)


@pytest.mark.parametrize("name", CHECKS)
async def test_a_target_of_another_kind_is_unknown(name: str) -> None:
    assert (await answer(name, OneCluster(), "host/web1")).known is UNKNOWN


@pytest.mark.parametrize(
    ("name", "known"), [("rollout", FAILS), ("pods_ready", FAILS), ("gitops", UNKNOWN)]
)
async def test_a_target_that_is_gone_is_not_well(name: str, known: Known) -> None:
    assert (await answer(name, OneCluster())).known is known


@pytest.mark.parametrize(
    ("status", "known", "words"),
    [
        (ALL, HOLDS, "2 of 2 pods are updated and available"),
        ({**ALL, "updatedReplicas": 1}, FAILS, "1 of 2 pods are updated"),
        ({**ALL, "observedGeneration": 3}, FAILS, "not seen"),
    ],
)
async def test_a_rollout_is_done_or_not(status: Any, known: Known, words: str) -> None:
    found = await answer("rollout", OneCluster(workload(**status)))

    assert found.known is known
    assert words in found.detail


async def test_a_rollout_that_nothing_says_of_is_unknown() -> None:
    made = workload()
    made["spec"]["updateStrategy"] = {"type": "OnDelete"}

    assert (await answer("rollout", OneCluster(made), "daemonset/pay/agent")).known is UNKNOWN


@pytest.mark.parametrize(
    ("pods", "percent", "known", "words"),
    [
        ([pod(), pod()], 100, HOLDS, "2 of 2 pods are ready"),
        ([pod(), pod("False")], 100, FAILS, "1 of 2 pods are ready"),
        ([pod(), pod("Unknown")], 50, HOLDS, "1 of 2 pods are ready"),
        ([pod(), pod(deletionTimestamp="soon")], 100, FAILS, "1 of 2 pods are ready"),
        ([{"metadata": {}, "status": {}}, {"metadata": {}}], 1, FAILS, "0 of 2 pods are ready"),
        ([], 1, FAILS, "0 of 2 pods are ready"),
    ],
)
async def test_ready_pods_are_counted(
    pods: list[Any], percent: int, known: Known, words: str
) -> None:
    cluster = OneCluster(workload(2), pods)
    found = await answer("pods_ready", cluster, min_percent=percent)

    assert found.known is known
    assert words in found.detail
    assert cluster.asked == ["pay app=api"]


async def test_a_workload_that_asks_for_no_pods_has_none_ready() -> None:
    assert (await answer("pods_ready", OneCluster(workload(0)))).known is FAILS


@pytest.mark.parametrize(("ready", "known"), [("True", HOLDS), ("False", FAILS)])
async def test_one_pod_is_ready_or_not(ready: str, known: Known) -> None:
    found = await answer("pods_ready", OneCluster(pod(ready)), "pod/pay/api-1")

    assert found.known is known


@pytest.mark.parametrize(
    ("found", "state", "known"),
    [
        (OWNED, "owned", HOLDS),
        (OWNED, "unowned", FAILS),
        (workload(), "owned", FAILS),
        (workload(), "unowned", HOLDS),
    ],
)
async def test_an_owner_is_there_or_not(found: Any, state: str, known: Known) -> None:
    assert (await answer("gitops", OneCluster(found), state=state)).known is known


@pytest.mark.parametrize(
    ("name", "kind", "verbs"),
    [
        ("rollout", "deployment", ["get deployments"]),
        ("pods_ready", "statefulset", ["get statefulsets", "list pods"]),
        ("pods_ready", "pod", ["get pods"]),
        ("gitops", "node", ["get nodes"]),
        ("rollout", "", []),
    ],
)
def test_a_check_needs_no_more_than_it_asks(name: str, kind: str, verbs: list[str]) -> None:
    rights = CHECKS[name].rights(Use(kind=kind, parameters={}))

    assert [f"{right.verb} {right.resource.plural}" for right in rights] == verbs
