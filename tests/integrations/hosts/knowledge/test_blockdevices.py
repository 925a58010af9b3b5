"""What lies on what, how much room there is, and what is refused, read from what the tools print."""

import json

import pytest

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
    Device,
    Layer,
    Mount,
    Stack,
    device_problem,
    growth_words,
    mount_problem,
)

GIB = 2**30
SECTORS = GIB // 512


def mount(**more: object) -> Mount:
    plain = {"path": "/var", "device": "/dev/sda1", "kind": "ext4", "uuid": "u-1"}
    return Mount(**{**plain, "is_read_only": False, **more})  # type: ignore[arg-type]


def device(kind: str, path: str, *below: Device, size: int = 10 * GIB) -> Device:
    kernel = path if kind != "lvm" else "/dev/dm-0"
    return Device(
        path=path, kernel_path=kernel, kind=kind, size=size, is_read_only=False, below=below
    )


SDA = device("disk", "/dev/sda", size=20 * GIB)
SDA1 = device("part", "/dev/sda1", SDA)


def sysfs(**parts: tuple[int, int, int]) -> str:
    lines = [f"/sys/class/block/sda/size:{20 * SECTORS}"]
    for name, values in parts.items():
        for key, value in zip(("partition", "start", "size"), values, strict=True):
            lines.append(f"/sys/class/block/sda/{name}/{key}:{value}")
    return "\n".join([*lines, "/sys/class/block/sda/queue/size:junk", ""])


def layer(kind: str, room: int, size: int = GIB) -> Layer:
    return Layer(kind=kind, identity=kind, size=size, room=room, words=(kind,))


def stack(*layers: Layer) -> Stack:
    return Stack(mount=mount(), disks=(SDA,), layers=layers)


def test_findmnt_is_read_and_options_say_whether_it_is_read_only() -> None:
    row = {"target": "/a b", "source": "/dev/sda1", "fstype": "xfs", "options": "ro,noatime"}
    found = read_mounts(json.dumps({"filesystems": [{**row, "uuid": None}]}))

    assert found == (mount(path="/a b", kind="xfs", uuid="", is_read_only=True),)


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}", '{"filesystems": []}'])
def test_a_path_that_is_no_mount_point_has_no_mounts(text: str) -> None:
    assert read_mounts(text) == ()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({}, None),
        ({"kind": "xfs", "device": "/dev/mapper/vg-data--a"}, None),
        ({"kind": "btrfs"}, "it is btrfs, and only ext4, ext3 and xfs are known here"),
        ({"kind": "zfs", "device": "tank/data"}, "it is zfs"),
        ({"kind": "overlay", "device": "overlay"}, "it is overlay"),
        ({"is_read_only": True}, "it is mounted read-only"),
        ({"device": "/dev/s da"}, "no block device with a plain name"),
        ({"device": "-rf"}, "no block device with a plain name"),
    ],
)
def test_what_is_not_known_is_refused_by_its_name(
    more: dict[str, object], problem: str | None
) -> None:
    said = mount_problem(mount(**more))

    assert said == problem if problem is None else problem in str(said)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (SDA1, None),
        (SDA, None),
        (device("lvm", "/dev/mapper/vg-data", SDA1, SDA), None),
        (device("crypt", "/dev/mapper/secret", SDA1), "encrypted"),
        (device("lvm", "/dev/mapper/vg-data", device("crypt", "/dev/dm-3", SDA1)), "encrypted"),
        (device("raid1", "/dev/md0", SDA, SDA), "RAID"),
        (device("part", "/dev/md0p1", device("raid1", "/dev/md0", SDA)), "not of a disk"),
        (device("mpath", "/dev/mapper/mpatha", SDA), "multipath"),
        (device("rom", "/dev/sr0"), "kind 'rom'"),
        (device("disk", "/dev/cciss!c0d0"), "no plain device name"),
    ],
)
def test_encryption_raid_and_strangers_are_refused_wherever_they_lie(
    found: Device, problem: str | None
) -> None:
    said = device_problem(found)

    assert said is None if problem is None else problem in str(said)


def test_a_read_only_disk_is_refused() -> None:
    text = '{"blockdevices": [{"name": "/dev/sda", "kname": "/dev/sda", "type": "disk", "size": 1, "ro": true}]}'
    found = read_device(text)

    assert found is not None
    assert device_problem(found) == "/dev/sda is read-only"


@pytest.mark.parametrize("text", ["", "{}", '{"blockdevices": []}'])
def test_a_device_that_lsblk_does_not_know_is_none(text: str) -> None:
    assert read_device(text) is None


@pytest.mark.parametrize(
    ("parts", "room"),
    [
        ({"sda1": (1, 2048, 10 * SECTORS)}, 10 * GIB - 2048 * 512),
        ({"sda1": (1, 2048, 20 * SECTORS - 2048)}, 0),
        ({"sda1": (1, 2048, SECTORS), "sda2": (2, 2048 + SECTORS, SECTORS)}, 0),
        ({"sda1": (1, 2048, SECTORS), "sda2": (2, 2048 + 3 * SECTORS, SECTORS)}, 2 * GIB),
        # as on Debian's images: the root partition is last on the disk, though first by number
        ({"sda1": (1, 262144, SECTORS), "sda14": (14, 2048, 6144)}, None),
    ],
)
def test_the_room_of_a_partition_ends_at_the_next_one_or_at_the_end_of_the_disk(
    parts: dict[str, tuple[int, int, int]], room: int | None
) -> None:
    found = partition_layer(SDA1, sysfs(**parts))

    assert isinstance(found, Layer)
    expected = 19 * GIB - 262144 * 512 if room is None else room
    assert (found.room, found.words) == (expected, ("growpart", "/dev/sda", "1"))


def test_a_logical_partition_is_refused() -> None:
    logical = device("part", "/dev/sda5", SDA)
    found = partition_layer(logical, sysfs(sda2=(2, 4096, 2), sda5=(5, 6144, SECTORS)))

    assert "logical partition" in str(found)


def test_a_partition_that_the_kernel_does_not_list_is_refused() -> None:
    assert "does not say where" in str(partition_layer(SDA1, sysfs(sda2=(2, 4096, 8))))


def report(kind: str, *rows: dict[str, str]) -> str:
    return json.dumps({"report": [{kind: rows}]})


@pytest.mark.parametrize(
    ("device_bytes", "can_grow"), [(20 * GIB, True), (10 * GIB + 5 * 2**20, False), (1, False)]
)
def test_a_physical_volume_grows_where_its_device_is_larger(
    device_bytes: int, can_grow: bool
) -> None:
    row = {"pv_name": "/dev/sda1", "pv_uuid": "p", "pv_size": str(10 * GIB)}
    found = physical_volume_layer(report("pv", {**row, "dev_size": str(device_bytes)}), 4 * 2**20)

    assert found is not None
    assert (found.can_grow, found.words) == (can_grow, ("pvresize", "/dev/sda1"))


def test_rounding_to_large_extents_is_no_room() -> None:
    row = {"pv_name": "/dev/sda1", "pv_uuid": "p", "pv_size": str(10 * GIB)}
    text = report("pv", {**row, "dev_size": str(10 * GIB + 30 * 2**20)})

    assert [
        found.can_grow
        for extent in (4, 32)
        if (found := physical_volume_layer(text, extent * 2**20))
    ] == [True, False]


LV = {"vg_name": "vg-a", "lv_name": "data", "lv_size": "100", "vg_free": str(GIB)}


@pytest.mark.parametrize(
    ("kinds", "problem"),
    [
        (["linear"], None),
        (["linear", "linear"], None),
        (["thin"], "is thin"),
        (["raid1"], "is raid1"),
        (["linear", "striped"], "linear and striped"),
        ([], "does not know"),
    ],
)
def test_only_linear_volumes_are_grown(kinds: list[str], problem: str | None) -> None:
    rows = [{**LV, "segtype": kind, "vg_extent_size": "4194304"} for kind in kinds]
    found = read_logical_volume(report("seg", *rows))

    if problem is None:
        assert isinstance(found, LogicalVolume)
        assert logical_volume_layer(found).words == ("lvextend", "-l", "+100%FREE", "vg-a/data")
    else:
        assert problem in str(found)


def test_a_volume_whose_name_could_be_an_option_is_refused() -> None:
    row = {**LV, "vg_name": "-x", "segtype": "linear", "vg_extent_size": "1"}

    assert read_logical_volume(report("seg", row)) == "the logical volume has no plain name"


EXT = "Block count:              2621440\nReserved block count:     0\nBlock size:               4096\n"
XFS = "meta-data=/dev/sda1 isize=512\n         = sectsz=512\ndata     =   bsize=4096   blocks=2621440, imaxpct=25\n"


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("ext4", EXT, ("resize2fs", "/dev/sda1")),
        ("ext3", EXT, ("resize2fs", "/dev/sda1")),
        ("xfs", XFS, ("xfs_growfs", "/var")),
    ],
)
def test_a_file_system_grows_to_its_device(kind: str, text: str, words: tuple[str, ...]) -> None:
    larger = device("disk", "/dev/sda", size=12 * GIB)
    found = filesystem_layer(mount(kind=kind), larger, "u-1", text)

    assert found is not None
    assert (found.size, found.room, found.words) == (10 * GIB, 2 * GIB, words)


@pytest.mark.parametrize(("uuid", "text"), [("u-1", "no numbers"), ("", EXT)])
def test_a_file_system_without_a_size_or_a_name_is_not_touched(uuid: str, text: str) -> None:
    assert filesystem_layer(mount(), SDA, uuid, text) is None


def test_layers_grow_from_the_disk_upwards_and_full_ones_are_passed_over() -> None:
    one = stack(layer("partition", GIB), layer("physical volume", 100), layer("ext4", 2 * GIB))

    assert [found.kind for found in (one.next_layer(), one.next_layer({"partition"})) if found] == [
        "partition",
        "ext4",
    ]
    assert one.next_layer({"partition", "ext4"}) is None
    assert one.gain == 3 * GIB


def test_a_few_megabytes_are_no_room() -> None:
    assert stack(layer("partition", 15 * 2**20), layer("ext4", 2**20)).next_layer() is None


def test_people_read_what_would_grow() -> None:
    one = stack(layer("partition", GIB), layer("physical volume", 0), layer("ext4", 0))

    assert growth_words(one) == "partition +1.1 GB, ext4 to about 2.1 GB"
