"""From a path to its disk to its volume; the host's words only choose among what AWS shows."""

import json

import pytest

from remediator.integrations.aws.knowledge.ebs import Volume
from remediator.integrations.aws.knowledge.ebs_devices import (
    Disk,
    disks_beneath,
    mounted_device,
    volume_of_disk,
)

INSTANCE = "i-0123456789abcdef0"


def volume(number: int, device: str) -> Volume:
    return attached(f"vol-0000000{number}", {INSTANCE: device})


def attached(id_: str, devices: dict[str, str]) -> Volume:
    return Volume(id=id_, region="r", type="gp3", gib=1, state="in-use", devices=devices)


VOLUMES = (volume(1, "/dev/xvda"), volume(2, "/dev/sdf"), volume(3, "/dev/xvdg"), volume(4, "sdh"))


def lsblk(*devices: object) -> str:
    return json.dumps({"blockdevices": devices})


def device(name: str, kind: str, *children: object, serial: str | None = None) -> dict[str, object]:
    found: dict[str, object] = {"name": name, "path": f"/dev/{name}", "type": kind, "serial": serial}  # fmt: skip
    return {**found, "children": list(children)} if children else found


NVME = device("nvme1n1", "disk", serial="vol00000002")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/dev/nvme1n1p1\n", "/dev/nvme1n1p1"),
        ("/dev/mapper/vg-data\n", "/dev/mapper/vg-data"),
        ("/dev/xvdf[/@home]\n", "/dev/xvdf"),
        ("tmpfs\n", None),
        ("overlay\n", None),
        ("nas:/export\n", None),
        ("", None),
    ],
)
def test_what_is_mounted_is_a_device_or_nothing(text: str, expected: str | None) -> None:
    assert mounted_device(text) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (lsblk(NVME), ["nvme1n1"]),
        (lsblk(device("nvme1n1p1", "part", NVME)), ["nvme1n1"]),
        (lsblk(device("vg-data", "lvm", device("nvme1n1p1", "part", NVME))), ["nvme1n1"]),
        (lsblk(device("vg-a", "lvm", device("p1", "part", NVME), device("p2", "part", NVME))), ["nvme1n1"]),
        (lsblk(device("vg-data", "lvm", device("xvdf", "disk"), device("xvdg", "disk"))), ["xvdf", "xvdg"]),
        (lsblk(device("loop0", "loop")), []),
        (lsblk(), []),
    ],
)  # fmt: skip
def test_all_disks_under_a_device_are_found_once(text: str, names: list[str]) -> None:
    assert [disk.name for disk in disks_beneath(text)] == names


@pytest.mark.parametrize("text", ["", "lsblk: error", "[]", "{}", '{"blockdevices": 7}'])
def test_what_is_no_list_of_devices_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        disks_beneath(text)


@pytest.mark.parametrize(
    ("disk", "id_"),
    [
        (Disk(name="nvme1n1", serial="vol00000002"), "vol-00000002"),
        (Disk(name="nvme1n1", serial="vol-00000003"), "vol-00000003"),
        (Disk(name="xvda"), "vol-00000001"),
        (Disk(name="xvdf"), "vol-00000002"),
        (Disk(name="xvdg"), "vol-00000003"),
        (Disk(name="xvdh"), "vol-00000004"),
    ],
)
def test_a_disk_is_its_volume_by_serial_or_by_its_name_on_xen(disk: Disk, id_: str) -> None:
    found = volume_of_disk(disk, INSTANCE, VOLUMES)
    assert isinstance(found, Volume)
    assert found.id == id_


@pytest.mark.parametrize(
    ("disk", "sentence"),
    [
        (Disk(name="nvme1n1", serial="vol0badbadba"), "AWS does not show on"),
        (Disk(name="nvme1n1", serial="AWS1234567890"), "no volume of"),
        (Disk(name="nvme1n1"), "no volume of"),
        (Disk(name="sdf"), "no volume of"),
        (Disk(name="xvdz"), "no volume of"),
        (Disk(name=""), "no volume of"),
    ],
)
def test_a_disk_that_aws_does_not_show_there_is_nobodys_volume(disk: Disk, sentence: str) -> None:
    found = volume_of_disk(disk, INSTANCE, VOLUMES)
    assert isinstance(found, str)
    assert sentence in found


def test_a_name_that_two_volumes_have_is_no_guess() -> None:
    twice = (volume(1, "/dev/sdf"), volume(2, "/dev/xvdf"))
    found = volume_of_disk(Disk(name="xvdf"), INSTANCE, twice)
    assert isinstance(found, str)
    assert "several" in found


def test_the_attachments_of_another_instance_do_not_count() -> None:
    other = attached("vol-00000009", {"i-0badbad0": "/dev/sdf"})
    assert isinstance(volume_of_disk(Disk(name="xvdf"), INSTANCE, [other]), str)
