"""Reads what findmnt, lsblk, sysfs, LVM and the file systems' own tools print, into layers; used by `filesystem.grow`.

A function that returns a text instead of a layer says why this one cannot be grown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from remediator.integrations.hosts.knowledge.blockdevices import (
    GROWERS,
    IN_SCRATCH,
    LEAST,
    VOLUME_NAME,
    Device,
    Layer,
    Mount,
)

SECTOR = 512  # sysfs counts in these, whatever the disk's own are
EXTENDED = 2  # sectors that sysfs shows of an extended partition
_SYSFS = re.compile(r"/sys/class/block/\w+/(?:(\w+)/)?(start|size|partition):(\d+)")
_EXT = re.compile(r"^(Block count|Block size):\s+(\d+)$", re.MULTILINE)
_XFS = re.compile(r"^data\s+=\s+bsize=(\d+)\s+blocks=(\d+)", re.MULTILINE)
_VOLUME = re.compile(VOLUME_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalVolume:
    """What `lvs` says of a linear volume and its group's free space."""

    group: str
    name: str
    size: int
    free: int
    extent: int


def read_mounts(text: str) -> tuple[Mount, ...]:
    """Read `findmnt -J`; empty where it found none."""
    rows = _rows(text, "filesystems")
    return tuple(
        Mount(
            path=str(row["target"]),
            device=str(row["source"]),
            kind=str(row["fstype"]),
            uuid=str(row.get("uuid") or ""),
            is_read_only="ro" in str(row.get("options", "")).split(","),
        )
        for row in rows
    )


def read_device(text: str) -> Device | None:
    """Read `lsblk -J -s` of one device."""
    rows = _rows(text, "blockdevices")
    return _device(rows[0]) if len(rows) == 1 else None


def partition_layer(partition: Device, sysfs: str) -> Layer | str:
    """Return the partition as a layer, from its disk's sysfs files; or why it cannot be grown."""
    disk_sectors, parts = _geometry(sysfs)
    own = parts.get(partition.kernel_name)
    if own is None or not disk_sectors:
        return f"the kernel does not say where {partition.path} lies"
    if _is_logical(own, parts.values()):
        return f"{partition.path} is a logical partition; its extended one would have to grow first"
    behind = [other["start"] for other in parts.values() if other["start"] > own["start"]]
    end = min([*behind, disk_sectors])
    disk = partition.below[0].kernel_path
    return Layer(
        kind="partition",
        identity=f"{partition.kernel_path}#{own['partition']}@{own['start']}",
        size=own["size"] * SECTOR,
        room=max(0, end - own["start"] - own["size"]) * SECTOR,
        words=("growpart", disk, str(own["partition"])),
        environment=IN_SCRATCH,
    )


def physical_volume_layer(text: str, extent: int, options: Sequence[str] = ()) -> Layer | None:
    """Read `pvs --reportformat json` of one device; its last, incomplete extent is no room."""
    rows = _report(text, "pv")
    if len(rows) != 1:
        return None
    size, device_size, name = int(rows[0]["pv_size"]), int(rows[0]["dev_size"]), rows[0]["pv_name"]
    return Layer(
        kind="physical volume",
        identity=str(rows[0]["pv_uuid"]),
        size=size,
        room=max(0, device_size - size),
        words=("pvresize", *options, name),
        least=max(LEAST, 2 * extent),
    )


def read_logical_volume(text: str) -> LogicalVolume | str:
    """Read `lvs --segments --reportformat json` of one volume; or why it cannot be grown."""
    rows = _report(text, "seg")
    if not rows:
        return "LVM does not know the volume"
    kinds = sorted({str(row["segtype"]) for row in rows})
    if kinds != ["linear"]:
        return f"the logical volume is {' and '.join(kinds)}, and only linear ones are known here"
    row = rows[0]
    if not _VOLUME.fullmatch(row["vg_name"]) or not _VOLUME.fullmatch(row["lv_name"]):
        return "the logical volume has no plain name"
    return LogicalVolume(
        group=row["vg_name"],
        name=row["lv_name"],
        size=int(row["lv_size"]),
        free=int(row["vg_free"]),
        extent=int(row["vg_extent_size"]),
    )


def logical_volume_layer(volume: LogicalVolume, options: Sequence[str] = ()) -> Layer:
    """Return the volume as a layer: it may take all that is free in its group."""
    name = f"{volume.group}/{volume.name}"
    return Layer(
        kind="logical volume",
        identity=name,
        size=volume.size,
        room=volume.free,
        words=("lvextend", *options, "-l", "+100%FREE", name),
    )


def filesystem_layer(mount: Mount, device: Device, uuid: str, text: str) -> Layer | None:
    """Return the file system as a layer, from `dumpe2fs -h` or `xfs_growfs -n`; None where they do not say enough."""
    size = _xfs_bytes(text) if mount.kind == "xfs" else _ext_bytes(text)
    if size is None or not uuid:
        return None
    by_path = mount.kind == "xfs"
    return Layer(
        kind=mount.kind,
        identity=f"{uuid}@{mount.path}",
        size=size,
        room=max(0, device.size - size),
        words=(GROWERS[mount.kind], mount.path if by_path else mount.device),
    )


def _device(row: Mapping[str, Any]) -> Device:
    return Device(
        path=str(row["name"]),
        kernel_path=str(row["kname"]),
        kind=str(row["type"]),
        size=int(row["size"]),
        is_read_only=row["ro"] in (True, "1"),
        below=tuple(_device(below) for below in row.get("children", ())),
    )


def _geometry(sysfs: str) -> tuple[int, Mapping[str, Mapping[str, int]]]:
    """Return the disk's sectors, and number, start and size of each of its partitions."""
    sectors, parts = 0, dict[str, dict[str, int]]()
    for found in map(_SYSFS.fullmatch, sysfs.splitlines()):
        if found is None:
            continue
        part, name, number = found[1], found[2], int(found[3])
        if part:
            parts.setdefault(part, {})[name] = number
        elif name == "size":
            sectors = number
    return sectors, {name: part for name, part in parts.items() if len(part) == 3}


def _is_logical(own: Mapping[str, int], parts: Iterable[Mapping[str, int]]) -> bool:
    extended = any(part["size"] == EXTENDED and part["partition"] <= 4 for part in parts)
    return extended and own["partition"] > 4


def _ext_bytes(text: str) -> int | None:
    found = {name: int(number) for name, number in _EXT.findall(text)}
    return found["Block count"] * found["Block size"] if len(found) == 2 else None


def _xfs_bytes(text: str) -> int | None:
    found = _XFS.search(text)
    return int(found[1]) * int(found[2]) if found else None


def _report(text: str, kind: str) -> Sequence[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for report in _rows(text, "report"):
        found = report.get(kind)
        rows += [row for row in found if isinstance(row, dict)] if isinstance(found, list) else ()
    return rows


def _rows(text: str, key: str) -> Sequence[Mapping[str, Any]]:
    found = _object(text).get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else ()


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
