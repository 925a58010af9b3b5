"""What people are shown of two pod templates, and what is kept from them."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.rollback import author_of
from remediator.integrations.kubernetes.knowledge.template_difference import (
    images_of,
    template_difference,
)


def template(**container: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "api"}},
        "spec": {"containers": [{"name": "main", "image": "api:1", **container}]},
    }


def with_variable(name: str, value: str) -> dict[str, Any]:
    return template(env=[{"name": name, "value": value}])


def with_memory(kind: str, amount: str) -> dict[str, Any]:
    return template(resources={kind: {"memory": amount}})


FROM_SECRET = template(
    env=[{"name": "POOL", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
)
CASES = [
    (template(), template(), ()),
    (template(), template(image="api:2"), ("main: image api:1 -> api:2",)),
    (
        with_variable("POOL", "10"),
        with_variable("POOL", "5"),
        ("main: variable POOL 10 -> 5",),
    ),
    (
        with_variable("WAIT", "10s"),
        with_variable("WAIT", "true"),
        ("main: variable WAIT 10s -> true",),
    ),
    (
        with_variable("URL", "postgres://a:b@c"),
        with_variable("URL", "5"),
        ("main: variable URL changes",),
    ),
    (
        with_variable("DB_PASSWORD", "1234"),
        with_variable("DB_PASSWORD", "5678"),
        ("main: variable DB_PASSWORD changes",),
    ),
    (with_variable("POOL", "10"), FROM_SECRET, ("main: variable POOL changes",)),
    (template(), with_variable("POOL", "10"), ("main: variable POOL comes",)),
    (with_variable("POOL", "10"), template(), ("main: variable POOL goes",)),
    (
        with_memory("limits", "1Gi"),
        with_memory("limits", "512Mi"),
        ("main: limit of memory 1Gi -> 512Mi",),
    ),
    (
        template(),
        with_memory("requests", "1Gi"),
        ("main: request of memory unset -> 1Gi",),
    ),
    (template(), template(args=["-v"]), ("main: args changes",)),
    (
        template(),
        template(name="web"),
        ("container main goes", "container web comes, image api:1"),
    ),
    (
        template(livenessProbe={"periodSeconds": 5}),
        template(livenessProbe={"periodSeconds": 1}),
        ("main: also livenessProbe",),
    ),
    (
        template(),
        {**template(), "metadata": {"labels": {"app": "api", "pod-template-hash": "x"}}},
        (),
    ),
    (
        template(),
        {**template(), "metadata": {"labels": {"app": "api"}, "annotations": {"a": "b"}}},
        ("pod annotations: a",),
    ),
    (
        template(),
        {**template(), "spec": {**template()["spec"], "serviceAccountName": "other"}},
        ("pod: serviceAccountName",),
    ),
]


@pytest.mark.parametrize(("before", "after", "lines"), CASES)
def test_each_difference_is_a_line(before: Any, after: Any, lines: tuple[str, ...]) -> None:
    assert template_difference(before, after) == lines


def test_images_of_init_containers_come_first() -> None:
    made = template()
    made["spec"]["initContainers"] = [{"name": "setup", "image": "setup:1"}]

    assert images_of(made) == ("setup:1", "api:1")


def written(manager: str, time: str, *fields: str) -> dict[str, Any]:
    spec: dict[str, Any] = {field: {} for field in fields}
    return {"manager": manager, "time": time, "fieldsV1": {"f:spec": spec}}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (None, ""),
        ([written("kubectl", "2026-01-01T00:00:00Z", "f:replicas")], ""),
        (
            [
                written("helm", "2026-01-01T00:00:00Z", "f:template"),
                written("kubectl-set", "2026-02-01T00:00:00Z", "f:template"),
                written("kube-controller-manager", "2026-03-01T00:00:00Z", "f:template"),
                written("hpa", "2026-03-01T00:00:00Z", "f:replicas"),
            ],
            "kubectl-set at 2026-02-01T00:00:00Z",
        ),
    ],
)
def test_the_author_is_who_wrote_the_template_last(entries: Any, expected: str) -> None:
    assert author_of({"metadata": {"managedFields": entries}}) == expected
