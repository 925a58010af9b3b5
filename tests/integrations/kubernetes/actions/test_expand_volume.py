"""kubernetes.expand_volume on claims of the real cluster: only up, only bound, only where the class lets it."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from remediator.core.change import ActionEffect, Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.parts.cluster import Cluster, only_on_ours, pod_spec, wait_until

pytestmark = pytest.mark.slow


class Storage:
    """Storage classes and volumes that no driver stands behind; claims bind to them all the same."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        only_on_ours("it adds storage classes and volumes")
        self._cluster = cluster
        self.namespace = namespace
        self.prefix = f"grow-{uuid.uuid4().hex[:8]}"
        for name, grows in (("grows", True), ("fixed", False)):
            cluster.apply(
                {
                    "apiVersion": "storage.k8s.io/v1",
                    "kind": "StorageClass",
                    "metadata": {"name": f"{self.prefix}-{name}"},
                    "provisioner": "example.com/nobody",
                    "allowVolumeExpansion": grows,
                }
            )

    def claim(self, name: str, storage_class: str = "grows", *, is_bound: bool = True) -> str:
        """A claim of 1Gi; return it as a target."""
        volume = f"{self.prefix}-{name}"
        size = {"storage": "1Gi"}
        spec: dict[str, Any] = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": f"{self.prefix}-{storage_class}",
        }
        if is_bound:
            place = {"hostPath": {"path": "/nonexistent"}, "capacity": size}
            meta = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}}
            self._cluster.apply({**meta, "spec": {**spec, **place}})
        claimed = {**spec, "volumeName": volume, "resources": {"requests": size}}
        where = {"name": name, "namespace": self.namespace}
        kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
        self._cluster.apply({**kind, "metadata": where, "spec": claimed})
        if is_bound:
            wait_until(lambda: self._read(name)["status"]["phase"] == "Bound", f"the claim {name}")
        return f"pvc/{self.namespace}/{name}"

    def asked(self, name: str) -> str:
        """What a claim asks for."""
        return str(self._read(name)["spec"]["resources"]["requests"]["storage"])

    def close(self) -> None:
        """Forget what has no namespace."""
        classes = [f"{self.prefix}-grows", f"{self.prefix}-fixed"]
        self._cluster.kubectl("delete", "storageclass", *classes)
        volumes = [each["metadata"]["name"] for each in self._cluster.read("pv")["items"]]
        ours = [name for name in volumes if name.startswith(self.prefix)]
        if ours:
            self._cluster.kubectl("delete", "pv", *ours, "--wait=false")

    def _read(self, name: str) -> Any:
        return self._cluster.read("pvc", name, "-n", self.namespace)


@pytest.fixture(scope="module")
def storage(cluster: Cluster, namespace: str) -> Iterator[Storage]:
    part = Storage(cluster, namespace)
    yield part
    part.close()


async def test_a_claim_grows_once_and_never_shrinks(cluster: Cluster, storage: Storage) -> None:
    target = storage.claim("twice")
    async with acting(cluster) as act:
        change, right = (
            await act.change("kubernetes.expand_volume", target, by_percent=50, max="10Gi"),
            ticket(),
        )
        assert "from 1Gi to 2Gi" in change.summary
        assert change.effect is ActionEffect.IRREVERSIBLE
        assert (await act.observe(change, right)).observation is Observation.NOT_APPLIED
        await act.apply(change, right)

        assert storage.asked("twice") == "2Gi"
        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        assert await act.undo(change) is None


async def test_growth_stops_at_the_playbooks_most(cluster: Cluster, storage: Storage) -> None:
    target = storage.claim("capped")
    async with acting(cluster) as act:
        change = await act.change("kubernetes.expand_volume", target, by_percent=900, max="3Gi")
        assert change.after == {"requested": "3Gi"}
        with pytest.raises(Permanent, match="beyond what this playbook allows"):
            await act.propose("kubernetes.expand_volume", target, to="4Gi", max="3Gi")
        with pytest.raises(Permanent, match="allows no more"):
            await act.propose("kubernetes.expand_volume", target, by_percent=10, max="1Gi")
        small = await act.propose("kubernetes.expand_volume", target, to="512Mi", max="3Gi")
        assert isinstance(small, Nothing)


async def test_what_cannot_grow_is_refused_with_its_reason(
    cluster: Cluster, storage: Storage
) -> None:
    fixed, loose = storage.claim("fixed", "fixed"), storage.claim("loose", is_bound=False)
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="does not let volumes grow"):
            await act.propose("kubernetes.expand_volume", fixed, by_percent=10, max="9Gi")
        with pytest.raises(Permanent, match="only a bound claim"):
            await act.propose("kubernetes.expand_volume", loose, by_percent=10, max="9Gi")


async def test_a_claim_of_a_stateful_set_outgrows_its_template(
    cluster: Cluster, storage: Storage
) -> None:
    labels = {"app": "db"}
    template = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    pods = {"metadata": {"labels": labels}, "spec": pod_spec()}
    cluster.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "db", "namespace": storage.namespace},
            "spec": {
                "replicas": 0,
                "serviceName": "db",
                "selector": {"matchLabels": labels},
                "template": pods,
                "volumeClaimTemplates": [template],
            },
        }
    )
    target = storage.claim("data-db-0")
    async with acting(cluster) as act:
        change = await act.change("kubernetes.expand_volume", target, to="2Gi", max="9Gi")

    assert "StatefulSet db keeps the old size" in change.summary


async def test_an_expansion_that_failed_is_not_called_under_way(
    cluster: Cluster, storage: Storage
) -> None:
    target = storage.claim("failed")
    where = ["pvc", "failed", "-n", storage.namespace, "--type=merge", "-p"]
    asked = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    cluster.kubectl("patch", *where, json.dumps(asked))
    broken = {"type": "ControllerResizeError", "status": "True", "message": "quota is used up"}
    cluster.kubectl(
        "patch", *where, json.dumps({"status": {"conditions": [broken]}}), "--subresource=status"
    )
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match=r"to 2Gi failed.*ControllerResizeError: quota is used"):
            await act.propose("kubernetes.expand_volume", target, by_percent=50, max="10Gi")
