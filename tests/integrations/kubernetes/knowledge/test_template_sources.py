"""What a pod template cannot do without, wherever it names it."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.template_sources import sources_of


def main(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", **container}]}


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (main(), []),
        (main(envFrom=[{"configMapRef": {"name": "a"}}]), ["ConfigMap a"]),
        (main(envFrom=[{"secretRef": {"name": "a", "optional": True}}]), []),
        (
            main(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}}]),
            ["Secret a"],
        ),
        (main(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]), []),
        ({"volumes": [{"name": "v", "configMap": {"name": "a"}}]}, ["ConfigMap a"]),
        ({"volumes": [{"name": "v", "secret": {"secretName": "a"}}]}, ["Secret a"]),
        (
            {
                "volumes": [
                    {
                        "name": "v",
                        "projected": {
                            "sources": [{"secret": {"name": "a"}}, {"configMap": {"name": "b"}}]
                        },
                    }
                ]
            },
            ["Secret a", "ConfigMap b"],
        ),
        (
            {"initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "a"}}]}] * 2},
            ["ConfigMap a"],
        ),
    ],
)
def test_sources_are_named_once(spec: dict[str, Any], named: list[str]) -> None:
    assert [str(source) for source in sources_of({"spec": spec})] == named
