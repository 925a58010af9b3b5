"""Disk, partition, LVM, file system: what lies on what, and what could grow; used by `filesystem.grow`.

Layers are listed from the disk upwards; sizes are bytes. `blockdevice_reports` reads them from what tools print.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from remediator.core.duration import format_size

LEAST = 16 * 1024 * 1024  # alignment, a backup partition table and half a block group are no growth
_MOUNTED = re.compile(r"/dev/(?!shm/)[A-Za-z0-9/_.+:-]{1,200}")
# These are what sudo lets through, too: no name may lead to a file that somebody else can make.
DISK_NAME = (
    r"(?:(?:sd|hd|vd|xvd|dasd)[a-z]{1,4}|(?:nvme[0-9]{1,3}n|mmcblk|loop|nbd|rbd|pmem|md)[0-9]{1,4})"
)
_PARTITION_NAME = (
    r"(?:(?:sd|hd|vd|xvd|dasd)[a-z]{1,4}[0-9]{1,3}"
    r"|(?:nvme[0-9]{1,3}n|mmcblk|loop|nbd|rbd|pmem|md)[0-9]{1,4}p[0-9]{1,3})"
)
_MAPPED = r"(?:mapper/[A-Za-z0-9_+][A-Za-z0-9_.+-]*|dm-[0-9]{1,4})"
DEVICE_NAME = f"(?:{DISK_NAME}|{_PARTITION_NAME}|{_MAPPED})"
VOLUME_NAME = r"[A-Za-z0-9_+][A-Za-z0-9_.+-]{0,127}"
_DEVICE = re.compile(f"/dev/{DEVICE_NAME}")
_KERNEL_NAME = re.compile(f"/dev/(?:{DISK_NAME}|{_PARTITION_NAME})")
SCRATCH = "/dev/shm"  # noqa: S108 growpart copies the partition table into a directory of its own there, in memory
IN_SCRATCH = (f"TMPDIR={SCRATCH}",)
WITHOUT_ARCHIVE = ("--config", "backup/archive=0")
"""What lets LVM change a group whose earlier state it cannot archive (lvm.conf): it refuses where /etc is full."""
GROWERS: Mapping[str, str] = {"ext3": "resize2fs", "ext4": "resize2fs", "xfs": "xfs_growfs"}
_ON_DISKS = (["disk"], ["loop"])
_UNKNOWN: Mapping[str, str] = {
    "crypt": "encrypted: grow it by hand (cryptsetup resize asks for its key)",
    "raid": "a RAID: its members have to grow first, by hand",
    "mpath": "a multipath device: rescan its paths and resize its map by hand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What findmnt says about one mount point."""

    path: str
    device: str
    kind: str
    uuid: str
    is_read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One block device of lsblk, with what it lies on."""

    path: str
    kernel_path: str
    kind: str
    size: int
    is_read_only: bool
    below: tuple[Device, ...] = ()

    @property
    def kernel_name(self) -> str:
        """Its name in /sys/class/block."""
        return self.kernel_path.removeprefix("/dev/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One thing that can be made larger: its `size`, the `room` it could take at once, and how.

    `identity` is what stays the same while it grows; room below `least` is left alone. `environment` are variables
    for its program: `/tmp` may lie on the very disk that is full.
    """

    kind: str
    identity: str
    size: int
    room: int
    words: tuple[str, ...]
    least: int = LEAST
    environment: tuple[str, ...] = ()

    @property
    def argv(self) -> tuple[str, ...]:
        """The command that makes it larger."""
        return ("env", *self.environment, *self.words) if self.environment else self.words

    @property
    def can_grow(self) -> bool:
        """Whether there is room worth taking."""
        return self.room >= self.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A mounted file system and all it lies on, from the disk upwards; the last layer is the file system."""

    mount: Mount
    disks: tuple[Device, ...]
    layers: tuple[Layer, ...]

    def next_layer(self, full: Collection[str] = ()) -> Layer | None:
        """Return the lowest layer with room that is not one of the `full` ones (by identity); None where all are."""
        open_ones = (one for one in self.layers if one.can_grow and one.identity not in full)
        return next(open_ones, None)

    def layer(self, identity: str) -> Layer | None:
        """Return the layer of this identity."""
        return next((one for one in self.layers if one.identity == identity), None)

    @property
    def gain(self) -> int:
        """Return about how much the file system would gain."""
        return sum(layer.room for layer in self.layers if layer.can_grow)

    @property
    def identity(self) -> str:
        """What a plan is computed from: what lies on what, but no sizes, which change while the plan is followed."""
        return "/".join(layer.identity for layer in self.layers)

    @property
    def disk_bytes(self) -> int:
        """The size of all disks below, which following a plan never changes."""
        return sum(disk.size for disk in self.disks)


def mount_problem(mount: Mount) -> str | None:
    """Say why a mounted file system cannot be grown here, or None."""
    if mount.kind not in GROWERS:
        return f"it is {mount.kind}, and only ext4, ext3 and xfs are known here"
    if mount.is_read_only:
        return "it is mounted read-only"
    if not _MOUNTED.fullmatch(mount.device) or ".." in mount.device:
        return f"{mount.device[:80]!r} is no block device with a plain name"
    return None


def device_problem(device: Device) -> str | None:
    """Say why what a file system lies on cannot be grown here, or None."""
    if device.is_read_only:
        return f"{device.path} is read-only"
    if word := _UNKNOWN.get(device.kind.rstrip("0123456789")):
        return f"{device.path} is {word}"
    if device.kind not in ("disk", "loop", "part", "lvm"):
        return f"{device.path} is of the kind {device.kind[:40]!r}, which is not known here"
    names = (device.path,) if device.kind == "lvm" else (device.path, device.kernel_path)
    pattern = _DEVICE if device.kind == "lvm" else _KERNEL_NAME
    if odd := [name for name in names if not pattern.fullmatch(name)]:
        return f"{odd[0][:80]!r} is no plain device name"
    if device.kind == "part" and [below.kind for below in device.below] not in _ON_DISKS:
        return f"{device.path} is a partition, but not of a disk"
    return next((problem for below in device.below if (problem := device_problem(below))), None)


def growth_words(stack: Stack) -> str:
    """Return for people what would grow: `partition +20.0 GB, ext4 to about 119.9 GB`."""
    top = stack.layers[-1]
    below = [
        f"{layer.kind} +{format_size(layer.room)}" for layer in stack.layers[:-1] if layer.can_grow
    ]
    return ", ".join([*below, f"{top.kind} to about {format_size(top.size + stack.gain)}"])
