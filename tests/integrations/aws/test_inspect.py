"""What AWS does not grant is named, and so is what it grants too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remediator.core.errors import Permanent
from remediator.integrations.aws.inspect import inspect_cloud
from remediator.integrations.aws.rights import cloud_rights
from remediator.integrations.aws.settings import AwsSettings
from remediator.ports.inspection import Level
from remediator.ports.rights import Need

AWS = AwsSettings(regions=("eu-west-1",))
GROWING = [
    Need(right=right, playbook="grow")
    for right in cloud_rights("ec2:DescribeVolumes", "ec2:ModifyVolume")
]
OURS = {"VolumeId": "vol-1", "Size": 10, "Tags": [{"Key": "remediator", "Value": "allowed"}]}
THEIRS = {"VolumeId": "vol-2", "Size": 10, "Tags": [{"Key": "remediator", "Value": "no"}]}


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


async def test_playbooks_for_regions_that_the_settings_do_not_name_are_named() -> None:
    (found,) = await inspect_cloud(FakeAws([]), AwsSettings(), GROWING)  # type: ignore[arg-type]

    assert (found.level, found.text) == (
        Level.WARNING,
        "grow cannot do anything: the settings have no `aws.regions`",
    )
