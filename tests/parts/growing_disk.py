"""A loop device with a file system, bare or in a partition, that can be made larger; for `filesystem.grow`."""

import os
import secrets
import shlex
import subprocess
from pathlib import Path

from tests.parts.part import Part
from tests.parts.server import output

MEBIBYTE = 1024 * 1024
MAKE = {"xfs": ["mkfs.xfs", "-q", "-f"], "ext4": ["mkfs.ext4", "-q", "-F", "-m", "0"]}
CAP_SYS_RESOURCE = 24  # what the kernel asks of whoever grows a mounted ext4


class GrowingDisk(Part):
    """A disk of `mebibytes`, its file system mounted at `path` (whose last part may be any name).

    With `lvm` a linear logical volume that takes the whole partition lies between.
    """

    def __init__(
        self,
        kind: str,
        *,
        partitioned: bool,
        lvm: bool = False,
        name: str = "mnt",
        mebibytes: int = 400,
    ) -> None:
        super().__init__("growingdisk")
        self.path = self.directory / name
        self._image = self.directory / "image"
        self._kind, self._partitioned, self._mebibytes = kind, partitioned, mebibytes
        self._group = f"growing{secrets.token_hex(4)}" if lvm else ""
        self.disk = self.device = ""

    def start(self) -> None:
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(self._mebibytes * MEBIBYTE)
        if self._partitioned:
            _sfdisk(self._image, "label: gpt\nstart=2048, type=L\n")
        # --partscan also forgets the partitions of whoever had this device before us, now and at the end
        losetup = ["losetup", "--find", "--show", "--partscan", str(self._image)]
        self.disk = output(losetup).strip()
        endings = [shlex.join(["umount", "-l", str(self.path)])]
        endings += [f"vgremove -f -q {self._group}"] if self._group else []
        endings += [f"partx -d {self.disk}", f"losetup -d {self.disk}"]
        self._server.last_words = "; ".join(endings)
        self._server.start(["sleep", "infinity"], lambda: True)
        self.device = self.disk
        if self._partitioned:
            self.device = f"{self.disk}p1"
            output(["partx", "-u", self.disk])  # not every kernel reads the table by itself
        if self._group:
            self._add_volume()
        output([*MAKE[self._kind], self.device])
        output(["mount", self.device, str(self.path)])

    def enlarge(self, mebibytes: int) -> None:
        """Make the disk larger, as a cloud does: nothing on it changes."""
        with self._image.open("r+b") as image:
            image.truncate(mebibytes * MEBIBYTE)
        output(["losetup", "--set-capacity", self.disk])

    def add_partition_behind(self) -> None:
        """Give away the space behind the first partition."""
        _sfdisk(Path(self.disk), "type=L\n", "--append", "--no-reread", "--force")
        output(["partx", "-u", self.disk])

    def _add_volume(self) -> None:
        output(["pvcreate", "-q", self.device])
        output(["vgcreate", "-q", self._group, self.device])
        output(["lvcreate", "-q", "-y", "-l", "100%FREE", "-n", "data-1", self._group])
        self.device = f"/dev/{self._group}/data-1"

    def size(self) -> int:
        """Bytes of the file system, as df counts them."""
        state = os.statvfs(self.path)
        return state.f_blocks * state.f_frsize


def may_grow_ext4() -> bool:
    """Whether this machine lets root grow a mounted ext4; some sandboxes do not."""
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> CAP_SYS_RESOURCE & 1)


def may_map_devices() -> bool:
    """Whether this kernel has the device mapper, without which there is no LVM."""
    return subprocess.run(["dmsetup", "version"], capture_output=True, check=False).returncode == 0


def _sfdisk(device: Path, script: str, *options: str) -> None:
    argv = ["sfdisk", "-q", *options, str(device)]
    subprocess.run(argv, input=script, text=True, check=True, capture_output=True, timeout=30)
