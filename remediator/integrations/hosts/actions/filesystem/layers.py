"""Looks at a mounted file system and all it lies on; used by `filesystem.grow` before, between and after its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from remediator.core.duration import format_size
from remediator.core.errors import Permanent, Transient
from remediator.core.target import Target
from remediator.integrations.hosts.knowledge.blockdevice_reports import (
    LogicalVolume,
    filesystem_layer,
    logical_volume_layer,
    partition_layer,
    physical_volume_layer,
    read_device,
    read_logical_volume,
    read_mounts,
)
from remediator.integrations.hosts.knowledge.blockdevices import (
    SCRATCH,
    WITHOUT_ARCHIVE,
    Device,
    Layer,
    Mount,
    Stack,
    device_problem,
    mount_problem,
)
from remediator.integrations.shell.api import Looker
from remediator.integrations.shell.filesystem import df_words, parse_df
from remediator.integrations.shell.receipts import (
    LOOK,
    filesystem_of,
    look_error,
    read,
    require_program,
)

Found = TypeVar("Found", Layer, LogicalVolume)
PACKAGES = {
    "growpart": "cloud-guest-utils, on Fedora and its family cloud-utils-growpart",
    "pvresize": "lvm2",
    "lvextend": "lvm2",
    "resize2fs": "e2fsprogs",
    "xfs_growfs": "xfsprogs",
}
_FINDMNT = [
    "findmnt",
    "-J",
    "--nofsroot",
    "-o",
    "TARGET,SOURCE,FSTYPE,OPTIONS,UUID",
    "--mountpoint",
]
LSBLK = ["lsblk", "-J", "-b", "-s", "-p", "-o", "NAME,KNAME,TYPE,SIZE,RO", "--"]
_GEOMETRY = ["(", "-name", "start", "-o", "-name", "size", "-o", "-name", "partition", ")"]
_REPORT = ["--reportformat", "json", "--units", "b", "--nosuffix"]
VOLUME = [
    "lvs",
    *_REPORT,
    "--segments",
    "-o",
    "vg_name,lv_name,segtype,lv_size,vg_free,vg_extent_size",
]
_LVM = ("pvresize", "lvextend")
_ARCHIVE = "/etc/lvm"  # of what a volume group was before each change
_ROOM = 1024 * 1024
PHYSICAL = ["pvs", *_REPORT, "-o", "pv_name,pv_uuid,pv_size,dev_size"]
UUID = ["blkid", "-p", "-s", "UUID", "-o", "value", "--"]


class StackReader:
    """Looks at one mount point of one target; raises Transient, or Permanent for what is not known here."""

    def __init__(self, looker: Looker, target: Target, path: str) -> None:
        self._looker = looker
        self._target = target
        self._path = path

    async def read(self) -> Stack:
        """Return all layers as they are now."""
        mount = await self._mount()
        device = await self._device(mount)
        plain = replace(mount, device=device.path)  # as lsblk names it, and sudo knows it
        layers = [*await self._below(device), await self._top(plain, device)]
        return Stack(mount=plain, disks=tuple(_disks(device)), layers=tuple(layers))

    async def require_tools(self, layers: Iterable[Layer]) -> None:
        """Raise Missing where a program is not there to grow these layers."""
        for tool in sorted({layer.words[0] for layer in layers}):
            hint = f"package {PACKAGES[tool]}"
            await require_program(self._looker, self._target, tool, hint)

    async def require_room(self, layers: Iterable[Layer]) -> None:
        """Raise Transient where what grows these layers has no room for its own files: it would fail half-way."""
        for layer in layers:
            if layer.environment:
                await self._require_room(layer, SCRATCH)
            elif layer.words[0] in _LVM and WITHOUT_ARCHIVE[0] not in layer.words:
                await self._require_room(layer, _ARCHIVE)

    async def _require_room(self, layer: Layer, place: str) -> None:
        filesystem = await filesystem_of(self._looker, self._target, place)
        if filesystem.available < _ROOM:
            detail = f"{layer.words[0]} needs {format_size(_ROOM)} in {place}, and {filesystem.mountpoint} is full"
            raise Transient(detail, target=str(self._target))

    async def _lvm_options(self) -> Sequence[str]:
        """LVM archives a group's state before it changes it, on the very file system that is to grow, perhaps."""
        place = parse_df(
            (await self._looker.look(self._target, df_words(_ARCHIVE), timeout=LOOK)).stdout
        )
        return WITHOUT_ARCHIVE if place and place.mountpoint == self._path else ()

    async def _mount(self) -> Mount:
        output = await self._looker.look(self._target, [*_FINDMNT, self._path], timeout=LOOK)
        mounts = read_mounts(output.stdout)
        if not mounts and output.stderr.strip():
            raise look_error(self._target, "findmnt", output)
        if len(mounts) != 1:
            found = "hides other mounts below it" if mounts else "is no mount point"
            raise self._refusal(f"{self._path} {found}")
        if problem := mount_problem(mounts[0]):
            raise self._refusal(f"{self._path} cannot be grown: {problem}")
        return mounts[0]

    async def _device(self, mount: Mount) -> Device:
        device = read_device(await read(self._looker, self._target, [*LSBLK, mount.device]))
        if device is None:
            raise self._refusal(f"lsblk does not know {mount.device}")
        if problem := device_problem(device):
            raise self._refusal(f"{self._path} cannot be grown: {problem}")
        return device

    async def _below(self, device: Device) -> list[Layer]:
        if device.kind == "part":
            return [await self._partition(device)]
        if device.kind != "lvm":
            return []
        text = await self._as_root([*VOLUME, device.path])
        volume, options = self._known(read_logical_volume(text)), await self._lvm_options()
        layers: list[Layer] = []
        for below in device.below:
            layers += await self._below(below)
            layers.append(await self._physical_volume(below, volume.extent, options))
        return [*layers, logical_volume_layer(volume, options)]

    async def _partition(self, device: Device) -> Layer:
        directory = f"/sys/class/block/{device.below[0].kernel_name}/"
        words = [
            "find",
            directory,
            "-maxdepth",
            "2",
            *_GEOMETRY,
            "-exec",
            "grep",
            "-H",
            ".",
            "{}",
            "+",
        ]
        return self._known(partition_layer(device, await read(self._looker, self._target, words)))

    async def _physical_volume(self, device: Device, extent: int, options: Sequence[str]) -> Layer:
        text = await self._as_root([*PHYSICAL, device.path])
        layer = physical_volume_layer(text, extent, options)
        return self._known(layer or f"LVM does not know {device.path}")

    async def _top(self, mount: Mount, device: Device) -> Layer:
        words = (
            ["xfs_growfs", "-n", mount.path]
            if mount.kind == "xfs"
            else ["dumpe2fs", "-h", mount.device]
        )
        text = await self._as_root(words)
        identity = mount.uuid or await self._uuid(mount)
        layer = filesystem_layer(mount, device, identity, text)
        return self._known(layer or f"{words[0]} does not say how large {mount.path} is")

    async def _uuid(self, mount: Mount) -> str:
        """Ask the device itself where findmnt has no name for it, as without udev."""
        return (await self._as_root([*UUID, mount.device])).strip()

    async def _as_root(self, words: list[str]) -> str:
        return await read(self._looker, self._target, words, sudo=True)

    def _known(self, found: Found | str) -> Found:
        if isinstance(found, str):
            raise self._refusal(f"{self._path} cannot be grown: {found}")
        return found

    def _refusal(self, detail: str) -> Permanent:
        return Permanent(detail, target=str(self._target))


def _disks(device: Device) -> Iterator[Device]:
    if not device.below:
        yield device
    for below in device.below:
        yield from _disks(below)
