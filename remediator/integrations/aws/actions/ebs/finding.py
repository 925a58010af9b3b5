"""From a target to its volume: by id, or from a host and a path down to the disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from remediator.core.errors import Permanent, Transient
from remediator.core.target import Target
from remediator.integrations.aws.actions.instances import instance_of, split_region
from remediator.integrations.aws.api import Aws, Call, Item
from remediator.integrations.aws.knowledge.ebs import Volume, latest_modification, read_volume
from remediator.integrations.aws.knowledge.ebs_devices import (
    Disk,
    disks_beneath,
    findmnt_words,
    lsblk_words,
    mounted_device,
    volume_of_disk,
)
from remediator.integrations.shell.api import Looker
from remediator.integrations.shell.receipts import read

_VOLUME = re.compile(r"vol-[0-9a-f]{8,17}")


async def volume_of(aws: Aws, looker: Looker, target: Target, path: str | None) -> Volume:
    """Return the volume that a target means, with its latest modification; raise Transient or Permanent."""
    if target.kind == "volume":
        return await volume_by_id(aws, target)
    if path is None:
        raise Permanent("say `path`: which of the host's file systems?", target=str(target))
    instance = await instance_of(aws, target)
    disk = await _disk_under(looker, target, path)
    attached = {"Filters": [{"Name": "attachment.instance-id", "Values": [instance.id]}]}
    raws = await _described(aws, "describe_volumes", instance.region, attached, "Volumes")
    volumes = [read_volume(raw, instance.region) for raw in raws]
    found = volume_of_disk(disk, instance.id, volumes)
    if isinstance(found, str):
        raise Permanent(found, target=str(target))
    return await _with_modification(aws, next(r for r in raws if r["VolumeId"] == found.id), found)


async def volume_by_id(aws: Aws, target: Target) -> Volume:
    """Return the volume of `volume/vol-…[@REGION]`; raise Permanent where there is none."""
    name, regions = split_region(aws, target)
    if not _VOLUME.fullmatch(name):
        raise Permanent("a volume is named like volume/vol-0a1b2c3d", target=str(target))
    silent: Transient | None = None
    for region in regions:
        asked = {"VolumeIds": [name]}
        try:
            raws = await _described(aws, "describe_volumes", region, asked, "Volumes")
        except Transient as error:  # ids are of one region: it may still be in another
            silent = error
            continue
        for raw in raws:
            return await _with_modification(aws, raw, read_volume(raw, region))
    if silent is not None:
        raise silent
    raise Permanent(f"there is no such volume in {', '.join(regions)}", target=str(target))


async def _with_modification(aws: Aws, raw: Item, volume: Volume) -> Volume:
    asked = {"VolumeIds": [volume.id]}
    key = "VolumesModifications"
    found = await _described(aws, "describe_volumes_modifications", volume.region, asked, key)
    return read_volume(raw, volume.region, latest_modification(found))


async def _described(
    aws: Aws, operation: str, region: str, arguments: dict[str, Any], key: str
) -> Sequence[Item]:
    call = Call(service="ec2", operation=operation, region=region, arguments=arguments)
    return await aws.find(call, key)


async def _disk_under(looker: Looker, target: Target, path: str) -> Disk:
    device = mounted_device(await read(looker, target, findmnt_words(path)))
    if device is None:
        raise Permanent(f"{path} is on no disk of this host", target=str(target))
    text = await read(looker, target, lsblk_words(device))
    try:
        disks = disks_beneath(text)
    except ValueError as error:
        raise Permanent(f"lsblk did not name the disk of {path}", target=str(target)) from error
    if len(disks) != 1:
        names = ", ".join(disk.name for disk in disks) or "none"
        detail = f"{path} stands on {len(disks)} disks ({names}): name one as volume/vol-…"
        raise Permanent(detail, target=str(target))
    return disks[0]
