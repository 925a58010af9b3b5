"""From a host to its EC2 instance, and a target to its region; what all actions at AWS share.

The answer comes from the operator's side alone: the settings, or EC2's own inventory. What a host says about itself
does not count, for a host that was taken over would name another's instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remediator.core.errors import Missing, Permanent
from remediator.core.target import Target
from remediator.integrations.aws.api import Aws, Call, Item
from remediator.integrations.aws.knowledge.ebs import refused_by_tags

_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")
_ALIVE = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One EC2 instance."""

    id: str
    region: str
    raw: Item


async def instance_of(aws: Aws, target: Target) -> Instance:
    """Return the instance behind `host/NAME` or `instance/i-…[@REGION]`; raise Permanent where none, or two, may be."""
    name, regions = split_region(aws, target)
    if target.kind == "instance":
        known = name
    else:
        known = aws.settings.instances.get(target.name, "")
        known = known or (name if _INSTANCE.fullmatch(name) else "")
    if known:
        return _only(await _instances(aws, regions, InstanceIds=[known]), known, target)
    names = [n for n in dict.fromkeys((name, aws.addresses.get(target.name, ""))) if n]
    for key in aws.settings.instance_by:
        filters = [{"Name": key, "Values": names}, _ALIVE]
        if found := await _instances(aws, regions, Filters=filters):
            return _only(found, f"{key} {' or '.join(names)}", target)
    detail = f"no instance of {', '.join(regions)} is this host: name it in aws.instances"
    raise Missing(detail, target=str(target))


def split_region(aws: Aws, target: Target) -> tuple[str, tuple[str, ...]]:
    """Return a target's name without `@REGION`, and the regions to look in; a host is looked for in all."""
    regions = aws.settings.regions
    if not regions:
        raise Missing("set aws.regions in the settings", target=str(target))
    if target.kind == "host":
        return target.name, regions
    name, at, region = target.name.rpartition("@")
    if not at:
        return target.name, regions
    if region not in regions:
        raise Permanent(f"the settings name no region {region!r}", target=str(target))
    return name, (region,)


def check_tags(aws: Aws, tags: Mapping[str, str], target: Target) -> None:
    """Raise Permanent where the settings' `allow_tags` keep us from a thing with these tags."""
    if problem := refused_by_tags(tags, aws.settings.allow_tags):
        raise Permanent(problem, target=str(target))


async def _instances(aws: Aws, regions: Sequence[str], **arguments: object) -> list[Instance]:
    found: list[Instance] = []
    for region in regions:
        call = Call(
            service="ec2", operation="describe_instances", region=region, arguments=arguments
        )
        for reservation in await aws.find(call, "Reservations"):
            for raw in reservation.get("Instances") or ():
                found.append(Instance(id=raw["InstanceId"], region=region, raw=raw))
    return found


def _only(found: Sequence[Instance], sought: str, target: Target) -> Instance:
    if not found:
        raise Permanent(f"AWS knows no instance {sought}", target=str(target))
    if len(found) > 1:
        ids = ", ".join(sorted(each.id for each in found))
        raise Permanent(f"{sought} fits several instances: {ids}", target=str(target))
    return found[0]
