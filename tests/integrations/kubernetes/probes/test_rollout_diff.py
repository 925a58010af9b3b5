"""The probe `rollout_diff`: what people are told of the last rollout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.errors import ActionError, Transient
from remediator.core.events import Evidence
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.probes.rollout_diff import PROBES
from tests.bound import reads_of

TARGET = parse_target("deployment/pay/api")


@dataclass(frozen=True)
class OneCluster:
    """A cluster with one Deployment and its ReplicaSets, or a problem."""

    found: Any = None
    keepers: Sequence[Any] = ()
    problem: ActionError | None = None

    def of(self, _target: object) -> "OneCluster":
        return self

    async def get(self, _ref: object) -> Any:
        if self.problem:
            raise self.problem
        return self.found

    async def list(self, _resource: object, _namespace: str, *, labels: str) -> Sequence[Any]:
        return self.keepers if labels == "app=api" else ()


def template(image: str, pool: str) -> dict[str, Any]:
    env = [{"name": "POOL", "value": pool}]
    return {"metadata": {}, "spec": {"containers": [{"name": "main", "image": image, "env": env}]}}


def replica_set(number: int, image: str, pool: str, cause: str = "") -> dict[str, Any]:
    noted = {"deployment.kubernetes.io/revision": str(number), "kubernetes.io/change-cause": cause}
    return {
        "metadata": {
            "name": f"api-{number}",
            "annotations": noted,
            "creationTimestamp": f"2026-11-2{number}T12:00:00Z",
            "ownerReferences": [{"uid": "u", "controller": True}],
        },
        "spec": {"template": template(image, pool)},
    }


def api(image: str, pool: str) -> dict[str, Any]:
    written: Any = {"f:spec": {"f:template": {}}}
    fields = [{"manager": "helm", "time": "2026-11-21T12:00:00Z", "fieldsV1": written}]
    return {
        "metadata": {"name": "api", "uid": "u", "generation": 3, "managedFields": fields},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "api"}},
            "template": template(image, pool),
        },
        "status": {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 1},
    }


async def look(cluster: OneCluster | None, **parameters: Any) -> Evidence:
    (probe,) = PROBES
    wanted = probe.parameters.model_validate(parameters)
    prober = probe.prober(reads_of(kubernetes=cluster) if cluster else reads_of())
    return await prober.probe(TARGET, wanted, timedelta(seconds=5))


HISTORY = (
    replica_set(1, "api:1", "10"),
    replica_set(2, "api:2", "10"),
    replica_set(3, "api:3", "5", "release \x1b[31m3"),
)


async def test_it_tells_what_changed_when_and_by_whom() -> None:
    found = await look(OneCluster(api("api:3", "5"), HISTORY))

    assert found.title == "What revision 3 changed since revision 2"
    assert found.lines == (
        "revision 3 was first made 2026-11-23T12:00:00Z",
        "the template was written last by helm at 2026-11-21T12:00:00Z",
        "cause: release 3",
        "main: image api:2 -> api:3",
        "main: variable POOL 10 -> 5",
        "rollout: 1 of 2 pods are updated",
    )


async def test_another_revision_may_be_named() -> None:
    found = await look(OneCluster(api("api:3", "5"), HISTORY), revision=1)

    assert found.title == "What revision 3 changed since revision 1"
    assert "main: image api:1 -> api:3" in found.lines


@pytest.mark.parametrize(
    ("cluster", "words"),
    [
        (OneCluster(api("api:1", "10"), HISTORY[:1]), "no rollout history"),
        (OneCluster(api("api:9", "10"), HISTORY), "not recorded yet"),
    ],
)
async def test_without_two_revisions_it_says_how_far_the_rollout_is(
    cluster: OneCluster, words: str
) -> None:
    found = await look(cluster)

    assert "rollout: 1 of 2 pods are updated" in found.lines
    assert any(words in line for line in found.lines)


@pytest.mark.parametrize(
    ("cluster", "problem"),
    [
        (None, "no cluster to ask"),
        (OneCluster(), "is not there"),
        (OneCluster(problem=Transient("too slow")), "too slow"),
    ],
)
async def test_a_look_that_fails_is_a_problem(cluster: OneCluster | None, problem: str) -> None:
    assert problem in (await look(cluster)).problem
