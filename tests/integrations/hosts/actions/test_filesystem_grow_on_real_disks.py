"""`filesystem.grow` on real loop devices that really grew: partition tables, xfs and ext4, over a real sshd."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from remediator.core.change import Change, Nothing
from remediator.core.errors import Permanent, Stale, Transient
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.filesystem.grow import ACTIONS
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.integrations.hosts.knowledge.blockdevices import WITHOUT_ARCHIVE
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.hosts.fakes import request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.growing_disk import GrowingDisk, may_grow_ext4, may_map_devices
from tests.parts.require import require
from tests.parts.server import output
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow
GROW = ACTIONS[0]
HOSTILE = "m $(touch canary); 'x' \"y\" {z} \\n ünï"
NEEDED = ("growpart", "sfdisk", "partx", "losetup", "findmnt", "lsblk", "mkfs.xfs", "mkfs.ext4")


@pytest.fixture
async def shell(sshd: Sshd, tmp_path: Path) -> AsyncIterator[SshShell]:
    require(*NEEDED, root=True)
    async with shell_for(settings_for(sshd, f"/run/receipts/{tmp_path.name}")) as one:
        yield one


@pytest.fixture
def disk() -> Iterator[GrowingDisk]:
    """xfs in a partition of a disk that has grown from 400 to 600 MiB."""
    with GrowingDisk("xfs", partitioned=True) as one:
        one.enlarge(600)
        yield one


def case_of(disk: GrowingDisk, shell: SshShell, **parameters: object) -> ActionCase:
    return ActionCase(
        action=GROW,
        request=request(GROW, path=str(disk.path), **parameters),
        reads=reads_of(looker=shell),
        writes=writes_of(shell=shell),
        state=disk.size,
        move=lambda: disk.enlarge(700),
        counts=True,
    )


class TestFilesystemGrow(ActionContract):
    @pytest.fixture
    def case(self, disk: GrowingDisk, shell: SshShell) -> ActionCase:
        return case_of(disk, shell)


async def test_a_partition_and_its_xfs_grow_and_a_second_look_finds_nothing(
    disk: GrowingDisk, shell: SshShell
) -> None:
    case, before = case_of(disk, shell), disk.size()
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert "partition +" in change.summary
    assert disk.size() - before == pytest.approx(200 * 2**20, abs=20 * 2**20)
    assert f"{disk.path} grew from 417.3 MB to 628.1 MB (" in measure.summary
    assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_growpart_works_where_everything_that_is_on_disks_is_full(
    disk: GrowingDisk, shell: SshShell
) -> None:
    change = await case_of(disk, shell).change()
    _, _, *words = change.intent["layers"][0]
    full = (
        'mount -t tmpfs -o size=4k none /tmp && ! head -c 99999 /dev/zero >/tmp/full && exec "$@"'
    )

    without = subprocess.run(["unshare", "-m", "sh", "-c", full, "sh", *words], check=False)
    grown = ["unshare", "-m", "sh", "-c", full, "sh", "env", "TMPDIR=/dev/shm", *words]
    output(grown)

    assert without.returncode == 2
    assert await case_of(disk, shell).applier().apply(change, case_of(disk, shell).ticket())


async def test_lvm_refuses_to_change_a_group_where_etc_is_full_and_does_it_without_an_archive(
    tmp_path: Path,
) -> None:
    require("pvresize", "losetup", root=True)
    script = """
    set -e; cd "$1"; group=$2; truncate -s 64M image; disk=$(losetup --find --show image)
    trap 'umount /etc/lvm; vgremove -f -q $group; losetup -d $disk' EXIT
    pvcreate -q $disk; vgcreate -q $group $disk; truncate -s 128M image; losetup -c $disk
    mount -t tmpfs -o size=16k none /etc/lvm; mkdir /etc/lvm/archive /etc/lvm/backup
    ! head -c 99999 /dev/zero >/etc/lvm/full; shift 2
    ! pvresize $disk; pvresize "$@" $disk
    """
    words = ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), f"full{os.getpid()}"]

    assert "1 physical volume(s) resized" in output([*words, *WITHOUT_ARCHIVE])


async def test_a_file_system_on_a_bare_disk_grows(shell: SshShell) -> None:
    with GrowingDisk("xfs", partitioned=False) as disk:
        disk.enlarge(600)
        case, before = case_of(disk, shell), disk.size()
        await case.applier().apply(await case.change(), case.ticket())

        assert disk.size() > before + 190 * 2**20


async def test_a_mount_point_with_a_hostile_name_is_only_a_name(
    shell: SshShell, tmp_path: Path
) -> None:
    with GrowingDisk("xfs", partitioned=True, name=HOSTILE) as disk:
        disk.enlarge(600)
        case, before = case_of(disk, shell), disk.size()
        await case.applier().apply(await case.change(), case.ticket())

        assert disk.size() > before
        assert not list(Path.home().glob("canary"))


async def test_ext4_grows_while_it_is_mounted(shell: SshShell) -> None:
    if not may_grow_ext4():
        pytest.skip("this machine keeps CAP_SYS_RESOURCE from root")
    with GrowingDisk("ext4", partitioned=True) as disk:
        disk.enlarge(600)
        case, before = case_of(disk, shell), disk.size()
        await case.applier().apply(await case.change(), case.ticket())

        assert disk.size() > before + 150 * 2**20


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
async def test_a_logical_volume_and_all_below_and_above_it_grow(shell: SshShell, kind: str) -> None:
    require("pvresize", "dmsetup", root=True)
    if not may_map_devices() or (kind == "ext4" and not may_grow_ext4()):
        pytest.skip("this machine has no device mapper, or keeps CAP_SYS_RESOURCE from root")
    with GrowingDisk(kind, partitioned=True, lvm=True, mebibytes=600) as disk:
        disk.enlarge(900)
        case, before = case_of(disk, shell), disk.size()
        change, ticket = await case.change(), case.ticket()
        await case.applier().apply(change, ticket)
        sight = await case.proposer().observe(change, ticket)

        assert [layer[0] for layer in change.intent["layers"]] == [
            "partition",
            "physical volume",
            "logical volume",
            kind,
        ]
        assert sight.observation is Observation.APPLIED
        assert disk.size() > before + 250 * 2**20
        assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_a_step_that_fails_says_how_far_it_came_and_the_rest_can_be_grown_later(
    shell: SshShell,
) -> None:
    if may_grow_ext4():
        pytest.skip("needs a kernel that refuses to grow ext4")
    with GrowingDisk("ext4", partitioned=True) as disk:
        disk.enlarge(600)
        case = case_of(disk, shell)
        change, ticket = await case.change(), case.ticket()
        with pytest.raises(Permanent, match=r"resize2fs: .*Permission denied.*1 step before"):
            await case.applier().apply(change, ticket)
        sight = await case.proposer().observe(change, ticket)
        again = await case.change()

    assert sight.observation is Observation.DIVERGED
    assert "partition" not in again.summary
    assert again.version == change.version


async def test_space_that_belongs_to_another_partition_is_not_taken(
    disk: GrowingDisk, shell: SshShell
) -> None:
    disk.add_partition_behind()
    proposed = await case_of(disk, shell).proposer().propose(case_of(disk, shell).request)

    assert proposed == Nothing(reason=f"{disk.path} fills its device already")


async def test_a_disk_that_grows_after_the_plan_is_waited_for_and_then_filled(
    shell: SshShell,
) -> None:
    with GrowingDisk("xfs", partitioned=True) as disk:
        case, before = case_of(disk, shell, device_will_grow=True), disk.size()
        change = await case.change()
        with pytest.raises(Transient, match="has not grown yet"):
            await case.applier().apply(change, case.ticket())
        disk.enlarge(600)
        again = await case.proposer().propose(case.request)
        await case.applier().apply(change, case.ticket())

        assert isinstance(again, Change)
        assert again.signed() == change.signed()
        assert disk.size() > before


async def test_an_attempt_that_was_cut_between_two_steps_goes_on_with_a_new_ticket(
    disk: GrowingDisk, shell: SshShell
) -> None:
    case, before = case_of(disk, shell), disk.size()
    change, cut = await case.change(), case.ticket()
    await shell.change(
        change.target,
        change.intent["layers"][0][2:],
        token=f"{cut.token}_1",
        fence=1,
        not_after=cut.not_after,
        timeout=cut.timeout,
    )
    sight = await case.proposer().observe(change, cut)
    with pytest.raises(Stale):
        await case.applier().apply(change, cut)
    await case.applier().apply(change, case.ticket())

    assert (sight.observation, sight.detail) == (Observation.NOT_APPLIED, "the xfs can still grow")
    assert disk.size() > before


async def test_a_directory_that_is_no_mount_point_is_refused(
    disk: GrowingDisk, shell: SshShell
) -> None:
    below = disk.path / "below"
    below.mkdir()
    case = case_of(disk, shell)
    with pytest.raises(Permanent, match="is no mount point"):
        await case.proposer().propose(request(GROW, path=str(below)))
