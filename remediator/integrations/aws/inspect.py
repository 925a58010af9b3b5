"""`check --online`: asks AWS whether we may do what the playbooks need. EC2 answers rehearsals (`DryRun`)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remediator.core.errors import ActionError
from remediator.integrations.aws.api import Aws, Call
from remediator.integrations.aws.rights import CloudRight, cloud_needs
from remediator.integrations.aws.settings import AwsSettings
from remediator.ports.inspection import Finding, Level, unreachable
from remediator.ports.rights import Need

GRANT_AWS = "`remediator iam` prints what to grant"


async def inspect_cloud(
    aws: Aws, settings: AwsSettings, needs: Iterable[Need]
) -> Sequence[Finding]:
    """Ask AWS in every region: volumes are described, and growing one is rehearsed, with our tag and without."""
    rights = cloud_needs(needs)
    if not rights:
        return ()
    if not settings.regions:
        return (unreachable("aws", rights.values(), "`aws.regions`"),)
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(_region(aws, settings, region, rights)) for region in settings.regions
        ]
    return [finding for one in asked for finding in one.result()]


async def _region(
    aws: Aws, settings: AwsSettings, region: str, rights: Mapping[CloudRight, tuple[str, ...]]
) -> Sequence[Finding]:
    where = f"aws {region}"
    try:
        volumes = await aws.find(
            Call(service="ec2", operation="describe_volumes", region=region), "Volumes"
        )
    except ActionError as error:
        return (Finding(level=Level.ERROR, where=where, text=error.detail, hint=GRANT_AWS),)
    ours = [volume for volume in volumes if _is_ours(volume, settings)]
    others = [volume for volume in volumes if not _is_ours(volume, settings)]
    findings = [Finding(level=Level.OK, where=where, text=f"answers, with {len(volumes)} volumes")]
    if not any(right.action == "ec2:ModifyVolume" for right in rights):
        return findings
    findings += [await _may_grow(aws, where, region, ours)]
    if others and settings.allow_tags and await _problem(aws, region, others[0]) is None:
        text = f"may change volumes without the tags of `aws.allow_tags`, such as {others[0]['VolumeId']}"
        findings.append(Finding(level=Level.WARNING, where=where, text=text, hint=GRANT_AWS))
    return findings


async def _may_grow(
    aws: Aws, where: str, region: str, ours: Sequence[Mapping[str, object]]
) -> Finding:
    if not ours:
        text = "no volume has a tag of `aws.allow_tags`, so none can be grown"
        return Finding(level=Level.WARNING, where=where, text=text)
    problem = await _problem(aws, region, ours[0])
    if problem is None:
        return Finding(level=Level.OK, where=where, text="grants growing of volumes (rehearsed)")
    text = f"growing {ours[0]['VolumeId']} was rehearsed: {problem}"
    return Finding(level=Level.ERROR, where=where, text=text, hint=GRANT_AWS)


async def _problem(aws: Aws, region: str, volume: Mapping[str, Any]) -> str | None:
    arguments = {"VolumeId": volume["VolumeId"], "Size": int(volume["Size"]) + 1}
    call = Call(service="ec2", operation="modify_volume", region=region, arguments=arguments)
    try:
        await aws.rehearse(call)
    except ActionError as error:
        return error.detail
    return None


def _is_ours(volume: Mapping[str, Any], settings: AwsSettings) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in volume.get("Tags", ())}
    allowed = settings.allow_tags
    return not allowed or any(tags.get(key) == value for key, value in allowed.items())
