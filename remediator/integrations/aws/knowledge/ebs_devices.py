"""From a mounted file system to its EBS volume: reads findmnt and lsblk, and matches disks with attachments; pure.

The host may be lying: what it says only chooses among the volumes that AWS shows attached to the operator's instance.
On Nitro a disk's serial is the volume's id without its dash, and names such as /dev/sdf mean nothing; on Xen there is
no serial, and /dev/xvdf is attached as /dev/sdf or /dev/xvdf (EC2 user guide, "Device names").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from remediator.integrations.aws.knowledge.ebs import Volume

LSBLK_COLUMNS = "NAME,PATH,TYPE,SERIAL"
_SERIAL = re.compile(r"vol-?([0-9a-f]{8,17})")
_XEN = re.compile(r"xvd([a-z]{1,2})")
_ROOT = "a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A whole disk of a host."""

    name: str
    serial: str = ""


def findmnt_words(path: str) -> list[str]:
    """Return the command that names the device under a path."""
    return ["findmnt", "-nro", "SOURCE", "--target", path]


def mounted_device(text: str) -> str | None:
    """Read findmnt's answer; None where no block device is behind it (tmpfs, NFS, an overlay)."""
    lines = text.strip().splitlines()
    source = lines[-1].partition("[")[0].strip() if lines else ""  # a btrfs names [/subvolume] too
    return source if source.startswith("/dev/") else None


def lsblk_words(device: str) -> list[str]:
    """Return the command that lists what a device stands on, down to its disks."""
    return ["lsblk", "-sJ", "-o", LSBLK_COLUMNS, "--", device]


def disks_beneath(text: str) -> tuple[Disk, ...]:
    """Read lsblk's JSON; ValueError where it is none."""
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    devices = tree.get("blockdevices") if isinstance(tree, dict) else None
    if not isinstance(devices, list):
        raise ValueError("no blockdevices")
    found = (_disk(each) for each in _walk(devices) if each.get("type") == "disk")
    return tuple(dict.fromkeys(found))


def volume_of_disk(disk: Disk, instance: str, volumes: Sequence[Volume]) -> Volume | str:
    """Return the volume behind a disk among those attached to the instance; a sentence where none, or two, may be."""
    found = _SERIAL.fullmatch(disk.serial)
    if found:
        id_ = f"vol-{found.group(1)}"
        matching = [volume for volume in volumes if volume.id == id_]
        missing = f"the host says that {disk.name} is {id_}, which AWS does not show on {instance}"
    else:
        names = _attached_names(disk.name)
        matching = [v for v in volumes if v.devices.get(instance, "") in names]
        missing = f"no volume of {instance} is attached as {disk.name}; name it as volume/vol-…"
    if len(matching) > 1:
        return f"several volumes of {instance} are attached as {disk.name}"
    return matching[0] if matching else missing


def _attached_names(name: str) -> frozenset[str]:
    found = _XEN.fullmatch(name)
    if not found:
        return frozenset()
    letters = found.group(1)
    names = {f"xvd{letters}", f"sd{letters}"}
    names |= {f"{each}1" for each in names} if letters == _ROOT else set()
    return frozenset({*names, *(f"/dev/{each}" for each in names)})


def _walk(devices: Sequence[object]) -> Iterator[Mapping[str, object]]:
    waiting = list(reversed(devices))
    while waiting:
        device = waiting.pop()
        if isinstance(device, dict):
            yield device
            children = device.get("children")
            waiting += reversed(children) if isinstance(children, list) else ()


def _disk(raw: Mapping[str, object]) -> Disk:
    return Disk(name=str(raw.get("name") or ""), serial=str(raw.get("serial") or "").strip())
