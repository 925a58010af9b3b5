"""What a cluster does not grant is named with the playbook that needs it, and so is what it grants too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from remediator.config.catalog import find_catalog
from remediator.config.needs import declared_rights
from remediator.core.errors import Transient
from remediator.integrations.kubernetes.api import DEPLOYMENTS, NODES, Permission
from remediator.integrations.kubernetes.gateway.clusters import LookingClusters
from remediator.integrations.kubernetes.inspect import inspect_cluster, inspect_clusters
from remediator.integrations.kubernetes.rights import ClusterRight
from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.ports.inspection import Finding, Level
from remediator.ports.rights import Need, Right

PROD = KubernetesSettings(name="prod", namespaces=("shop",))
PATCH = ClusterRight(verb="patch", resource=DEPLOYMENTS)
CORDON = ClusterRight(verb="patch", resource=NODES)


def need(right: Right, target: str = "deployment/{}/{}") -> Need:
    return Need(right=right, playbook="restart", target=target)


@dataclass
class FakeCluster:
    """Grants what is in `granted` as `verb resource NAMESPACE`."""

    granted: set[str] = field(default_factory=set)
    is_down: bool = False
    gitops: str = "refuse"

    async def may(self, permission: Permission) -> bool:
        if self.is_down:
            raise Transient("could not be reached")
        words = ClusterRight(
            verb=permission.verb,
            resource=permission.resource,
            subresource=permission.subresource,
        ).words
        return f"{words} {permission.namespace}".strip() in self.granted


async def asked(
    cluster: FakeCluster, *needs: Need, declared: Sequence[Right] = ()
) -> list[Finding]:
    found = await inspect_cluster(cluster, PROD, needs, declared)  # type: ignore[arg-type]
    return list(found)


async def test_all_that_is_needed_is_one_line() -> None:
    cluster = FakeCluster({"patch deployments.apps shop", "patch nodes"})
    needs = (need(PATCH), need(CORDON, "node/{}"))

    assert await asked(cluster, *needs) == [
        Finding(
            level=Level.OK,
            where="kubernetes prod",
            text="answers, and grants all 2 rights that the playbooks need",
        )
    ]


async def test_a_missing_verb_is_named_with_its_place_and_its_playbook() -> None:
    found = await asked(FakeCluster(), need(PATCH), need(CORDON, "node/{}"))

    assert [(each.level, each.text) for each in found] == [
        (Level.ERROR, "may not patch nodes, which restart needs"),
        (Level.ERROR, "may not patch deployments.apps in shop, which restart needs"),
    ]
    assert "remediator rbac" in found[0].hint


async def test_power_over_secrets_is_a_warning_once_and_not_again_per_namespace() -> None:
    granted = {"list secrets", "list secrets shop", "create pods shop"}
    found = await asked(FakeCluster(granted))

    assert [(each.level, each.text) for each in found[1:]] == [
        (Level.WARNING, "may do too much in all namespaces: list secrets"),
        (Level.WARNING, "may do too much in shop: create pods"),
    ]


async def test_what_only_other_playbooks_would_need_is_too_much() -> None:
    granted = {"patch deployments.apps shop", "delete pods shop"}
    found = await asked(FakeCluster(granted), need(PATCH), declared=declared_rights(find_catalog()))

    assert [each.text for each in found[1:]] == ["may do too much in shop: delete pods"]


async def test_a_cluster_that_is_down_is_an_error_and_nothing_else() -> None:
    found = await asked(FakeCluster(is_down=True), need(PATCH))

    assert [(each.level, each.text) for each in found] == [(Level.ERROR, "could not be reached")]


async def test_playbooks_for_clusters_that_the_settings_do_not_name_are_named() -> None:
    none = LookingClusters([])
    (found,) = await inspect_clusters(none, (), [need(PATCH)], ())

    assert (found.level, found.text) == (
        Level.WARNING,
        "restart cannot do anything: the settings have no `kubernetes`",
    )
    assert not await inspect_clusters(none, (), [], ())
