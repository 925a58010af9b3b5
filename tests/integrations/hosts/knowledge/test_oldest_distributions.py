"""What the tools of the oldest supported distributions print is read as that of today's.

RHEL 8 (util-linux 2.32, LVM 2.03, systemd 239) and Amazon Linux 2 (util-linux 2.30, LVM 2.02, e2fsprogs 1.42): their
lsblk and findmnt print every value of their JSON as text, and lsblk ends with an error at a column that it does not
know. The answers are in the formats of those versions (util-linux 2.32, `lsblk --help` and misc-utils/lsblk.c).
"""

from __future__ import annotations

import pytest

from remediator.integrations.aws.knowledge.ebs_devices import Disk, disks_beneath, lsblk_words
from remediator.integrations.hosts.actions.filesystem.layers import LSBLK
from remediator.integrations.hosts.knowledge.blockdevice_reports import (
    filesystem_layer,
    physical_volume_layer,
    read_device,
    read_logical_volume,
    read_mounts,
)
from remediator.integrations.hosts.knowledge.blockdevices import Mount, device_problem

COLUMNS_OF_2_30 = frozenset(
    """
    NAME KNAME MAJ:MIN FSTYPE MOUNTPOINT LABEL UUID PARTTYPE PARTLABEL PARTUUID PARTFLAGS RA RO RM HOTPLUG MODEL SERIAL
    SIZE STATE OWNER GROUP MODE ALIGNMENT MIN-IO OPT-IO PHY-SEC LOG-SEC ROTA SCHED RQ-SIZE TYPE DISC-ALN DISC-GRAN
    DISC-MAX DISC-ZERO WSAME WWN RAND PKNAME HCTL TRAN SUBSYSTEMS REV VENDOR ZONED
    """.split()  # noqa: SIM905 as its help lists them
)
LSBLK_2_32 = """
{
   "blockdevices": [
      {"name": "/dev/mapper/rhel-root", "kname": "/dev/dm-0", "type": "lvm", "size": "8585740288", "ro": "0",
         "children": [
            {"name": "/dev/nvme0n1p2", "kname": "/dev/nvme0n1p2", "type": "part", "size": "9662627328", "ro": "0",
               "children": [
                  {"name": "/dev/nvme0n1", "kname": "/dev/nvme0n1", "type": "disk", "size": "10737418240", "ro": "0"}
               ]
            }
         ]
      }
   ]
}
"""
LSBLK_2_30 = """
{
   "blockdevices": [
      {"name": "nvme1n1p1", "type": "part", "serial": null,
         "children": [
            {"name": "nvme1n1", "type": "disk", "serial": "vol0a1b2c3d4e5f67890"}
         ]
      }
   ]
}
"""
FINDMNT_2_32 = """
{
   "filesystems": [
      {"target": "/", "source": "/dev/mapper/rhel-root", "fstype": "xfs", "options": "rw,seclabel", "uuid": "7"}
   ]
}
"""
LVS_2_02 = """
  {
      "report": [
          {
              "seg": [
                  {"vg_name":"rhel", "lv_name":"root", "segtype":"linear", "lv_size":"8585740288",
                   "vg_free":"0", "vg_extent_size":"4194304"}
              ]
          }
      ]
  }
"""
PVS_2_02 = """
  {
      "report": [
          {
              "pv": [
                  {"pv_name":"/dev/nvme0n1p2", "pv_uuid":"p-1", "pv_size":"9659482112", "dev_size":"9662627328"}
              ]
          }
      ]
  }
"""
DUMPE2FS_1_42 = """
Filesystem UUID:          0a1b2c3d-1111-2222-3333-444455556666
Block count:              2096896
Reserved block count:     104844
Free blocks:              1624862
Block size:               4096
"""


@pytest.mark.parametrize("words", [LSBLK, lsblk_words("/dev/nvme1n1p1")])
def test_lsblk_is_asked_for_no_column_that_came_later(words: list[str]) -> None:
    columns = words[words.index("-o") + 1].split(",")

    assert set(columns) <= COLUMNS_OF_2_30


def test_a_tree_whose_numbers_are_text_is_read_and_nothing_in_it_is_read_only() -> None:
    device = read_device(LSBLK_2_32)

    assert device is not None
    assert (device.size, device.below[0].below[0].size) == (8585740288, 10737418240)
    assert device_problem(device) is None
    read_only = read_device(LSBLK_2_32.replace('"ro": "0"', '"ro": "1"', 1))
    assert read_only is not None
    assert device_problem(read_only) == "/dev/mapper/rhel-root is read-only"


def test_the_disk_below_a_path_is_found_by_its_serial() -> None:
    assert disks_beneath(LSBLK_2_30) == (Disk(name="nvme1n1", serial="vol0a1b2c3d4e5f67890"),)


def test_mounts_and_volumes_of_then_are_those_of_today() -> None:
    (mount,) = read_mounts(FINDMNT_2_32)
    volume = read_logical_volume(LVS_2_02)
    physical = physical_volume_layer(PVS_2_02, 4194304)

    assert (mount.kind, mount.uuid, mount.is_read_only) == ("xfs", "7", False)
    assert not isinstance(volume, str)
    assert (volume.group, volume.size, volume.free) == ("rhel", 8585740288, 0)
    assert physical is not None
    assert (physical.size, physical.room) == (9659482112, 3145216)


def test_an_ext4_of_then_says_how_large_it_is() -> None:
    device = read_device(LSBLK_2_32)
    assert device is not None
    mount = Mount(path="/", device=device.path, kind="ext4", uuid="u", is_read_only=False)
    layer = filesystem_layer(mount, device, "u", DUMPE2FS_1_42)

    assert layer is not None
    assert layer.size == 2096896 * 4096
