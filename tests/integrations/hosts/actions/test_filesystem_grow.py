"""`filesystem.grow` on a fake host with LVM: partition, physical volume, logical volume, ext4, in this order."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Permanent, Transient, Uncertain
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.filesystem.grow import ACTIONS
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.integrations.hosts.fakes import fake_case

GROW = ACTIONS[0]
GIB = 2**30
IN_ORDER = ["growpart", "pvresize", "lvextend", "resize2fs"]


@dataclass
class Lvm:
    """The sizes of a root volume on LVM on the second partition, in bytes; each command takes what is below it."""

    disk: int = 30 * GIB
    partition: int = 20 * GIB
    physical: int = 20 * GIB
    logical: int = 20 * GIB
    filesystem: int = 20 * GIB
    broken: str = ""
    etc: str = "/"
    full: tuple[str, ...] = ()

    def install(self, machine: FakeMachine) -> None:
        programs: dict[str, Callable[[list[str]], object]] = {
            "findmnt": self.findmnt,
            "lsblk": self.lsblk,
            "find": self.find,
            "lvs": self.lvs,
            "pvs": self.pvs,
            "dumpe2fs": lambda words: said(
                f"Block count: {self.filesystem // 4096}\nBlock size: 4096\n"
            ),
            "sh": lambda words: said(code=1 if words[-1] == self.broken else 0),
            "growpart": lambda words: self.grow("partition", self.disk),
            "pvresize": lambda words: self.grow("physical", self.partition),
            "lvextend": lambda words: self.grow("logical", self.physical),
            "resize2fs": lambda words: self.grow("filesystem", self.logical),
        }
        programs["env"] = lambda words: programs[words[2]](words[2:])
        programs["df"] = self.df
        machine.programs.update(programs)  # type: ignore[arg-type]

    def grow(self, name: str, size: int) -> object:
        if self.broken == "partition" == name:
            return said("the kernel could not read the new table\n")
        if self.broken == "full" and name == "partition":
            return said("NOCHANGE: partition 2 is size 4. it cannot be grown\n", code=1)
        if self.broken == name:
            return said(code=5, stderr="no\n")
        setattr(self, name, size)
        return said("done\n")

    def df(self, words: list[str]) -> object:
        """/etc lies on a root file system of its own, unless `/var` is called the root here."""
        mountpoint = words[-1] if words[-1] in ("/dev/shm", "/var") else self.etc
        free = 0 if mountpoint in self.full else GIB
        row = f"/dev/of{mountpoint} {2 * GIB} {GIB} {free} 50% {mountpoint}\n"
        return said(f"Filesystem 1-blocks Used Available Capacity Mounted on\n{row}")

    def findmnt(self, words: list[str]) -> object:
        if words[-1] != "/var":
            return said(code=1)
        row = {"target": "/var", "source": "/dev/mapper/vg-var", "fstype": "ext4"}
        return said(json.dumps({"filesystems": [{**row, "options": "rw", "uuid": "u-1"}]}))

    def lsblk(self, words: list[str]) -> object:
        rows = [("vg-var", "lvm", self.logical), ("vda2", "part", self.partition)]
        tree: dict[str, object] = {}
        for name, kind, size in [*rows, ("vda", "disk", self.disk)][::-1]:
            path = f"/dev/mapper/{name}" if kind == "lvm" else f"/dev/{name}"
            kernel = "/dev/dm-0" if kind == "lvm" else path
            below = {"children": [tree]} if tree else {}
            tree = {"name": path, "kname": kernel, "type": kind, "size": size, "ro": False, **below}
        return said(json.dumps({"blockdevices": [tree]}))

    def find(self, words: list[str]) -> object:
        start = "/sys/class/block/vda"
        return said(
            f"{start}/size:{self.disk // 512}\n{start}/vda2/partition:2\n"
            f"{start}/vda2/start:0\n{start}/vda2/size:{self.partition // 512}\n"
        )

    def lvs(self, words: list[str]) -> object:
        row = {"vg_name": "vg", "lv_name": "var", "segtype": "linear", "vg_extent_size": "4194304"}
        sizes = {"lv_size": str(self.logical), "vg_free": str(self.physical - self.logical)}
        return said(json.dumps({"report": [{"seg": [{**row, **sizes}]}]}))

    def pvs(self, words: list[str]) -> object:
        row = {"pv_name": "/dev/vda2", "pv_uuid": "p-1", "pv_size": str(self.physical)}
        rows = [{**row, "dev_size": str(self.partition)}]
        return said(json.dumps({"report": [{"pv": rows}]}))


@pytest.fixture
def lvm() -> Lvm:
    return Lvm()


@pytest.fixture
def hosts(lvm: Lvm) -> FakeHosts:
    machine = FakeMachine()
    lvm.install(machine)
    return FakeHosts({"web1": machine})


def case_of(lvm: Lvm, hosts: FakeHosts, **parameters: object) -> ActionCase:
    def move() -> None:
        lvm.disk += GIB

    return fake_case(
        GROW,
        hosts,
        parameters={"path": "/var", **parameters},
        state=lambda: repr(lvm),
        move=move,
    )


class TestFilesystemGrow(ActionContract):
    @pytest.fixture
    def case(self, lvm: Lvm, hosts: FakeHosts) -> ActionCase:
        return case_of(lvm, hosts)


class TestFilesystemGrowBehindAnotherStep(ActionContract):
    @pytest.fixture
    def case(self, lvm: Lvm, hosts: FakeHosts) -> ActionCase:
        case = case_of(lvm, hosts, device_will_grow=True)

        def move() -> None:
            hosts.machines["web1"].boot_id = "booted again"

        return ActionCase(
            action=case.action,
            request=case.request,
            reads=case.reads,
            writes=case.writes,
            state=case.state,
            move=move,
        )

    async def test_an_applied_change_is_seen_by_anybody_and_cannot_be_repeated(
        self, case: ActionCase
    ) -> None:
        """Where somebody else was as fast, there is nothing to do, and nothing is done."""
        change, ticket = await case.change(), case.ticket()
        await case.applier().apply(change, ticket)
        after = case.state()
        sight = await case.proposer().observe(change, ticket)
        await case.applier().apply(change, case.ticket())

        assert sight.observation is Observation.APPLIED
        assert case.state() == after


def programs_of(words: list[str]) -> list[str]:
    """The words without the environment before them."""
    return words[2:] if words[0] == "env" else words


async def test_the_table_of_partitions_is_copied_to_memory_and_not_to_the_disk_that_is_full(
    lvm: Lvm, hosts: FakeHosts
) -> None:
    case = case_of(lvm, hosts)
    await case.applier().apply(await case.change(), case.ticket())

    assert list(hosts.commands[0][1]) == ["env", "TMPDIR=/dev/shm", "growpart", "/dev/vda", "2"]
    assert list(hosts.commands[1][1]) == ["pvresize", "/dev/vda2"]


async def test_lvm_writes_no_archive_onto_the_very_file_system_that_is_full(
    lvm: Lvm, hosts: FakeHosts
) -> None:
    lvm.etc, lvm.full = "/var", ("/var",)
    case = case_of(lvm, hosts)
    await case.applier().apply(await case.change(), case.ticket())

    no_archive = ["--config", "backup/archive=0"]
    assert list(hosts.commands[1][1]) == ["pvresize", *no_archive, "/dev/vda2"]
    assert list(hosts.commands[2][1]) == ["lvextend", *no_archive, "-l", "+100%FREE", "vg/var"]


@pytest.mark.parametrize(
    ("full", "words"),
    [
        ("/", "pvresize needs 1.0 MB in /etc/lvm, and / is full"),
        ("/dev/shm", "growpart needs 1.0 MB in /dev/shm, and /dev/shm is full"),
    ],
)
async def test_the_room_that_the_tools_need_is_looked_for_before_anybody_pays_for_a_larger_disk(
    lvm: Lvm, hosts: FakeHosts, full: str, words: str
) -> None:
    lvm.disk, lvm.full = lvm.partition, (full,)
    case = case_of(lvm, hosts, device_will_grow=True)

    with pytest.raises(Transient, match=words):
        await case.proposer().propose(case.request)


async def test_every_layer_grows_once_from_the_disk_upwards(lvm: Lvm, hosts: FakeHosts) -> None:
    case = case_of(lvm, hosts)
    change = await case.change()
    await case.applier().apply(change, case.ticket())

    assert [programs_of(words)[0] for _, words in hosts.commands] == IN_ORDER
    assert lvm.filesystem == 30 * GIB
    assert change.summary == (
        "grow the file system /var of host/web1: partition +10.7 GB, ext4 to about 32.2 GB"
    )


async def test_only_what_has_room_is_touched(lvm: Lvm, hosts: FakeHosts) -> None:
    lvm.disk, lvm.physical = lvm.partition, 20 * GIB
    lvm.logical = lvm.filesystem = 10 * GIB
    case = case_of(lvm, hosts)
    await case.applier().apply(await case.change(), case.ticket())

    assert [words[0] for _, words in hosts.commands] == ["lvextend", "resize2fs"]


async def test_a_file_system_that_is_full_size_needs_nothing(lvm: Lvm, hosts: FakeHosts) -> None:
    lvm.disk = lvm.partition
    case = case_of(lvm, hosts)

    assert await case.proposer().propose(case.request) == Nothing(
        reason="/var fills its device already"
    )


@pytest.mark.parametrize(
    ("tool", "message"),
    [("growpart", "growpart is not installed there .*cloud-guest-utils"), ("resize2fs", None)],
)
async def test_a_missing_tool_is_named_with_its_package_where_it_is_needed(
    lvm: Lvm, hosts: FakeHosts, tool: str, message: str | None
) -> None:
    lvm.broken = tool
    case = case_of(lvm, hosts)
    if message is None:
        assert await case.change()
        return
    with pytest.raises(Permanent, match=message):
        await case.proposer().propose(case.request)


async def test_all_tools_are_looked_for_where_the_device_will_grow_later(
    lvm: Lvm, hosts: FakeHosts
) -> None:
    lvm.disk, lvm.broken = lvm.partition, "pvresize"
    case = case_of(lvm, hosts, device_will_grow=True)
    with pytest.raises(Permanent, match=r"pvresize is not installed there .*lvm2"):
        await case.proposer().propose(case.request)


async def test_a_failed_step_stops_and_says_how_far_it_came(lvm: Lvm, hosts: FakeHosts) -> None:
    lvm.broken = "logical"
    case = case_of(lvm, hosts)
    change, ticket = await case.change(), case.ticket()
    with pytest.raises(Permanent, match="lvextend: no; 2 steps before it went well"):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    assert sight.observation is Observation.DIVERGED
    assert lvm.filesystem == 20 * GIB


async def test_a_step_that_ended_well_without_growing_anything_is_not_repeated(
    lvm: Lvm, hosts: FakeHosts
) -> None:
    lvm.broken = "partition"
    case = case_of(lvm, hosts)
    with pytest.raises(Permanent, match="ended well, but the partition is no larger"):
        await case.applier().apply(await case.change(), case.ticket())

    assert len(hosts.commands) == 1


async def test_a_partition_that_its_table_cannot_make_larger_does_not_stop_the_rest(
    lvm: Lvm, hosts: FakeHosts
) -> None:
    lvm.broken, lvm.filesystem = "full", 10 * GIB
    case = case_of(lvm, hosts)
    await case.applier().apply(await case.change(), case.ticket())

    assert lvm.filesystem == 20 * GIB


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("mishap", ["lost before", "lost after", "refused"])
async def test_whatever_is_lost_at_any_step_the_next_attempt_ends_it_and_repeats_nothing(
    lvm: Lvm, hosts: FakeHosts, number: int, mishap: str
) -> None:
    case = case_of(lvm, hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.extend([""] * number + [mishap])
    with pytest.raises(Transient if (mishap, number) == ("refused", 0) else Uncertain):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)
    is_done = (mishap, number) == ("lost after", 3)
    if not is_done:
        await case.applier().apply(change, case.ticket())

    assert sight.observation is (Observation.APPLIED if is_done else Observation.NOT_APPLIED)
    assert [programs_of(words)[0] for _, words in hosts.commands] == IN_ORDER
    assert lvm.filesystem == 30 * GIB


async def test_a_step_that_still_runs_is_waited_for(lvm: Lvm, hosts: FakeHosts) -> None:
    case = case_of(lvm, hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.extend(["", "running"])
    with pytest.raises(Uncertain):
        await case.applier().apply(change, ticket)
    before = await case.proposer().observe(change, ticket)
    hosts.finish(f"{ticket.token}_2")
    after = await case.proposer().observe(change, ticket)

    assert before.observation is Observation.PENDING
    assert (after.observation, after.detail) == (
        Observation.NOT_APPLIED,
        "the logical volume can still grow",
    )
