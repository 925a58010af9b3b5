"""What a cluster and AWS do not grant is named with the playbook that needs it, and so is what they grant too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from remediator.config.catalog import find_catalog
from remediator.config.needs import declared_rights
from remediator.core.errors import Permanent, Transient
from remediator.integrations.aws.inspect import inspect_cloud
from remediator.integrations.aws.rights import cloud_rights
from remediator.integrations.aws.settings import AwsSettings
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
AWS = AwsSettings(regions=("eu-west-1",))
GROWING = [
    Need(right=right, playbook="grow")
    for right in cloud_rights("ec2:DescribeVolumes", "ec2:ModifyVolume")
]
OURS = {"VolumeId": "vol-1", "Size": 10, "Tags": [{"Key": "remediator", "Value": "allowed"}]}
THEIRS = {"VolumeId": "vol-2", "Size": 10, "Tags": [{"Key": "remediator", "Value": "no"}]}


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


@dataclass
class FakeAws:
    """Grants rehearsals for the volumes of `allowed`."""

    volumes: list[dict[str, Any]]
    allowed: tuple[str, ...] = ()
    is_closed: bool = False

    async def find(self, call: Any, key: str) -> list[dict[str, Any]]:
        if self.is_closed:
            raise Permanent("UnauthorizedOperation: ec2:DescribeVolumes")
        return self.volumes

    async def rehearse(self, call: Any) -> None:
        if call.arguments["VolumeId"] not in self.allowed:
            raise Permanent("UnauthorizedOperation: ec2:ModifyVolume")


async def levels(aws: FakeAws, needs: list[Need] | None = None) -> list[tuple[Level, str]]:
    found = await inspect_cloud(aws, AWS, GROWING if needs is None else needs)  # type: ignore[arg-type]
    return [(finding.level, finding.text) for finding in found]


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


async def test_aws_is_not_asked_where_no_playbook_needs_it() -> None:
    assert await levels(FakeAws([], is_closed=True), []) == []


async def test_growing_is_rehearsed_on_a_volume_of_ours() -> None:
    assert await levels(FakeAws([THEIRS, OURS], ("vol-1",))) == [
        (Level.OK, "answers, with 2 volumes"),
        (Level.OK, "grants growing of volumes (rehearsed)"),
    ]


async def test_a_policy_without_the_tag_is_too_much() -> None:
    found = await levels(FakeAws([OURS, THEIRS], ("vol-1", "vol-2")))

    assert found[2][0] is Level.WARNING
    assert "without the tags of `aws.allow_tags`, such as vol-2" in found[2][1]


async def test_a_missing_action_is_named() -> None:
    found = await levels(FakeAws([OURS]))

    assert found[1] == (
        Level.ERROR,
        "growing vol-1 was rehearsed: UnauthorizedOperation: ec2:ModifyVolume",
    )


async def test_an_account_without_a_tagged_volume_is_told_so() -> None:
    found = await levels(FakeAws([THEIRS]))

    assert found[1] == (
        Level.WARNING,
        "no volume has a tag of `aws.allow_tags`, so none can be grown",
    )


async def test_credentials_that_may_not_even_look_are_an_error() -> None:
    assert (await levels(FakeAws([], is_closed=True)))[0][0] is Level.ERROR


async def test_playbooks_for_what_the_settings_do_not_lead_to_are_named() -> None:
    nowhere = await inspect_cloud(FakeAws([]), AwsSettings(), GROWING)  # type: ignore[arg-type]
    clusterless = await inspect_clusters(LookingClusters([]), (), [need(PATCH)], ())

    assert [(each.level, each.text) for each in (*nowhere, *clusterless)] == [
        (Level.WARNING, "grow cannot do anything: the settings have no `aws.regions`"),
        (Level.WARNING, "restart cannot do anything: the settings have no `kubernetes`"),
    ]
    assert not await inspect_clusters(LookingClusters([]), (), [], ())
