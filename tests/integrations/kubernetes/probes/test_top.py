"""The probe `top`, on what a metrics API answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.events import Evidence
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import Object, Ref, Resource
from remediator.integrations.kubernetes.probes.top import PROBES
from tests.bound import reads_of

LIMIT = timedelta(seconds=5)


class Answers:
    """A cluster that knows some objects by kind and name, and measures of them."""

    names = ("test",)

    def __init__(self, objects: Mapping[tuple[str, str, str], Object]) -> None:
        self._objects = objects

    def of(self, target: Target) -> "Answers":
        return self

    async def get(self, ref: Ref, *, subresource: str = "") -> Object | None:
        return self._objects.get((ref.resource.group, ref.resource.plural, ref.name))

    async def list(
        self, resource: Resource, namespace: str, *, labels: str = "", fields: str = ""
    ) -> Sequence[Object]:
        wanted = (resource.group, resource.plural)
        return [one for key, one in self._objects.items() if key[:2] == wanted]


def pod(name: str, **limits: str) -> dict[str, Any]:
    container = {"name": "main", "resources": {"limits": limits}}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


def measured(name: str, cpu: str, memory: str) -> dict[str, Any]:
    usage = {"cpu": cpu, "memory": memory}
    return {"metadata": {"name": name}, "containers": [{"name": "main", "usage": usage}]}


async def top(target: str, objects: Mapping[tuple[str, str, str], Object], **more: Any) -> Evidence:
    (probe,) = PROBES
    kind, _, name = target.partition("/")
    parameters = probe.parameters.model_validate(more)
    prober = probe.prober(reads_of(kubernetes=Answers(objects)))
    return await prober.probe(Target(kind, name), parameters, LIMIT)


async def test_a_container_is_shown_beside_its_limits() -> None:
    found = await top(
        "pod/shop/api-1",
        {
            ("", "pods", "api-1"): pod("api-1", cpu="500m", memory="256Mi"),
            ("metrics.k8s.io", "pods", "api-1"): measured("api-1", "450000000n", "250Mi"),
        },
    )

    assert found.problem == ""
    assert len(found.lines) == 1
    assert found.lines[0].startswith("api-1 main: 0.45 cores (90 % of 500m), memory 2")
    assert found.lines[0].endswith("(98 % of 256Mi)")


async def test_of_a_workload_those_with_most_memory_come_first() -> None:
    objects: dict[tuple[str, str, str], Any] = {
        ("apps", "deployments", "api"): {"spec": {"selector": {"matchLabels": {"app": "api"}}}}
    }
    for name, memory in (("api-1", "10Mi"), ("api-2", "30Mi"), ("api-3", "20Mi")):
        objects["", "pods", name] = pod(name)
        objects["metrics.k8s.io", "pods", name] = measured(name, "1m", memory)
    found = await top("deployment/shop/api", objects, top=2)

    assert [line.split()[0] for line in found.lines] == ["api-2", "api-3"]


async def test_a_node_is_shown_beside_what_it_can_give() -> None:
    node = {"status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}}
    usage = {"usage": {"cpu": "3", "memory": "2Gi"}}
    found = await top(
        "node/n1", {("", "nodes", "n1"): node, ("metrics.k8s.io", "nodes", "n1"): usage}
    )

    assert "3.00 cores (75 % of 4)" in found.lines[0]
    assert "(25 % of 8Gi)" in found.lines[0]


@pytest.mark.parametrize("target", ["pod/shop/api-1", "node/n1", "deployment/shop/api"])
async def test_what_is_not_there_is_said(target: str) -> None:
    found = await top(target, {})

    assert found.problem == f"{target} is not there"


async def test_without_a_metrics_api_that_is_said() -> None:
    found = await top("pod/shop/api-1", {("", "pods", "api-1"): pod("api-1")})

    assert "no metrics API" in found.problem
    assert not found.lines


async def test_without_a_cluster_the_setting_is_named() -> None:
    (probe,) = PROBES
    found = await probe.prober(reads_of()).probe(Target("node", "n1"), probe.parameters(), LIMIT)

    assert "set `kubernetes`" in found.problem
