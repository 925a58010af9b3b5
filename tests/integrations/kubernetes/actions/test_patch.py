"""kubernetes.patch: exactly what the playbook declares, on the target or on a custom object beside it."""

from typing import Any

import pytest
from pydantic import ValidationError

from remediator.core.change import Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.integrations.kubernetes.actions.patch import PatchParameters, resource_of
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.parts.cluster import Cluster, deployment


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"merge": {}}, "at least 1"),
        ({"merge": {"status": {}}}, "may not change status"),
        ({"merge": {"kind": "Secret"}}, "may not change kind"),
        ({"merge": {"metadata": {"finalizers": None}}}, "labels and annotations only"),
        ({"merge": {"metadata": "x"}}, "labels and annotations only"),
        ({"merge": {"spec": {}}, "resource": "configmaps.v1"}, "resource and name together"),
        ({"merge": {"spec": {}}, "name": "x"}, "resource and name together"),
        ({"merge": {"data": {}}, "resource": "secrets.v1", "name": "x"}, "not for playbooks"),
        (
            {
                "merge": {"rules": []},
                "resource": "roles.v1.rbac.authorization.k8s.io",
                "name": "x",
            },
            "not for playbooks",
        ),
        ({"merge": {"a": 1}, "resource": "../secrets.v1", "name": "x"}, "pattern"),
        ({"merge": {"a": 1}, "resource": "configmaps.v1", "name": "../x"}, "pattern"),
        ({"merge": {"a": 1}, "resource": "configmaps", "name": "x"}, "pattern"),
    ],
)
def test_what_no_playbook_may_patch_does_not_load(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PatchParameters.model_validate(written)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("configmaps.v1", ("", "v1", "configmaps")),
        ("deployments.v1.apps", ("apps", "v1", "deployments")),
        (
            "destinationrules.v1beta1.networking.istio.io",
            ("networking.istio.io", "v1beta1", "destinationrules"),
        ),
    ],
)
def test_a_resource_is_written_as_kubectl_does(text: str, expected: tuple[str, str, str]) -> None:
    found = resource_of(text)

    assert (found.group, found.version, found.plural) == expected


# The cluster of the tests ends at once when a custom object is made (an old JSON library under a newer Go), so a
# ConfigMap stands for Istio's DestinationRule; to the API both are objects of a resource that no target names.
@pytest.mark.slow
async def test_an_object_beside_the_target_is_patched_once_and_put_back(
    cluster: Cluster, namespace: str
) -> None:
    content = {"host": "reviews", "max-connections": "100"}
    meta = {"name": "reviews", "namespace": namespace}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": content})
    merge = {"data": {"outlier/detection": "5xx", "max-connections": "50", "host": None}}
    parameters = {"resource": "configmaps.v1", "name": "reviews", "merge": merge}
    target = f"deployment/{namespace}/reviews"
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="a valid config key"):
            await act.propose("kubernetes.patch", target, **parameters)
        merge["data"] = {"outlier.detection": "5xx", "max-connections": "50", "host": None}
        change, right = await act.change("kubernetes.patch", target, **parameters), ticket()
        assert '(configmaps reviews): data.outlier.detection now "5xx"' in change.summary
        assert (await act.observe(change, right)).observation is Observation.NOT_APPLIED
        await act.apply(change, right)

        assert data(cluster, namespace) == {"outlier.detection": "5xx", "max-connections": "50"}
        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        assert isinstance(await act.propose("kubernetes.patch", target, **parameters), Nothing)
        back = await act.undo(change)
        assert back is not None
        await act.apply(back, ticket())
    assert data(cluster, namespace) == content


@pytest.mark.slow
async def test_the_target_itself_is_patched_and_admission_answers_before_anybody_is_asked(
    cluster: Cluster, namespace: str
) -> None:
    cluster.apply(deployment("own", namespace, nodeSelector={"never": "there"}))
    target = f"deployment/{namespace}/own"
    async with acting(cluster) as act:
        change = await act.change(
            "kubernetes.patch", target, merge={"spec": {"minReadySeconds": 7}}
        )
        await act.apply(change, ticket())
        with pytest.raises(Permanent, match="Invalid value"):
            await act.propose("kubernetes.patch", target, merge={"spec": {"minReadySeconds": -1}})
        with pytest.raises(Permanent, match="there is no destinationrules nobody"):
            await act.propose(
                "kubernetes.patch",
                target,
                resource="destinationrules.v1.nowhere.example.com",
                name="nobody",
                merge={"spec": {"a": 1}},
            )

    assert cluster.read("deployment", "own", "-n", namespace)["spec"]["minReadySeconds"] == 7


def data(cluster: Cluster, namespace: str) -> Any:
    return cluster.read("configmap", "reviews", "-n", namespace)["data"]
