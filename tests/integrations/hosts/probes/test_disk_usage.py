"""The probe `disk.usage`: parsers, and what it tells people."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from remediator.core.events import Evidence
from remediator.core.target import Target
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.hosts.probes.disk_unseen import (
    OpenFile,
    mounted_over,
    read_open_files,
    unseen_lines,
)
from remediator.integrations.hosts.probes.disk_usage import (
    PROBES,
    UsageParameters,
    biggest_directories,
    parse_du,
)
from remediator.integrations.shell.api import Output
from remediator.integrations.shell.filesystem import FileSystem
from tests.bound import reads_of

MEBIBYTE = 1024 * 1024


async def evidence(machine: FakeMachine, **parameters: object) -> Evidence:
    prober = PROBES[0].prober(reads_of(looker=FakeHosts({"web1": machine})))
    wanted = UsageParameters.model_validate({"path": "/var", **parameters})
    return await prober.probe(Target("host", "web1"), wanted, timedelta(seconds=30))


def du(sizes: Mapping[str, int], output: Output | None = None) -> FakeMachine:
    machine = FakeMachine()
    text = "".join(f"{size}\t{path}\n" for path, size in sizes.items())
    machine.programs["du"] = lambda words: output or said(text)
    return machine


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("4\t/var/a\n8\t/var\n", {"/var/a": 4096, "/var": 8192}),
        ("4\t/var/with\ttab\n", {"/var/with\ttab": 4096}),
        ("[... 12 bytes left out ...]\n4\t/var\n", {"/var": 4096}),
        ("garbage\n\t/var\nx\t/var\n", {}),
        ("", {}),
    ],
)
def test_lines_of_du_are_read(text: str, sizes: Mapping[str, int]) -> None:
    assert parse_du(text) == sizes


def test_a_directory_that_is_big_by_one_part_gives_way_to_the_part() -> None:
    sizes = {
        "/var": 100,
        "/var/lib": 90,
        "/var/lib/docker": 85,
        "/var/log": 8,
        "/var/log/a": 3,
        "/var/log/b": 3,
    }

    found = biggest_directories(sizes, "/var", 3)

    assert found == [("/var/lib/docker", 85), ("/var/log", 8), ("/var/log/a", 3)]


def test_the_root_of_all_is_not_one_of_its_directories() -> None:
    sizes = {"/": 100, "/a": 40, "/b": 30}

    assert biggest_directories(sizes, "/", 5) == [("/a", 40), ("/b", 30)]


async def test_it_tells_how_full_it_is_and_what_fills_it() -> None:
    found = await evidence(
        du({"/var/lib": 7 * MEBIBYTE, "/var/log": 2048, "/var": 8 * MEBIBYTE}), top=2
    )

    assert found.problem == ""
    assert found.lines == (
        "/var 94 % used, 6.4 GB of 107.4 GB free",
        "inodes 10 % used",
        "   7.5 GB  /var/lib",
        "   2.1 MB  /var/log",
        "92.3 GB used are in no file that du sees",
    )


OPENED = """\
64 12 4194304 /proc/812/fd/4
64 12 4194304 /proc/813/fd/4
65 13 4194304 /proc/812/fd/5
'/proc/812/fd/4' -> '/var/log/a b.log (deleted)'
'/proc/813/fd/4' -> '/var/log/a b.log (deleted)'
noise
"""
MOUNTINFO = """\
21 1 8:1 / / rw - ext4 /dev/sda1 rw
30 21 8:2 / /var rw - ext4 /dev/sdb1 rw
31 30 0:41 / /var/lib/with\\040space rw - tmpfs tmpfs rw
32 31 0:42 / /var/lib/with\\040space/deeper rw - tmpfs tmpfs rw
33 21 0:4 / /proc rw - proc proc rw
34 21 0:5 / /tmp rw - tmpfs tmpfs rw
"""
VAR = FileSystem(device="/dev/sdb1", mountpoint="/var", size=10_000, used=6_000, available=3_000)


def test_a_deleted_file_that_is_still_open_counts_once_and_only_on_its_own_disk() -> None:
    assert read_open_files(OPENED, "64") == [
        OpenFile(size=4194304 * 512, name="/var/log/a b.log", pid="813")
    ]


@pytest.mark.parametrize(
    ("mountpoint", "over"),
    [("/var", ["/var/lib/with space"]), ("/", ["/var", "/tmp"]), ("/srv", [])],
)
def test_what_is_mounted_directly_on_a_file_system_hides_what_lies_there(
    mountpoint: str, over: list[str]
) -> None:
    assert mounted_over(MOUNTINFO, mountpoint) == over


@pytest.mark.parametrize(
    ("sizes", "files", "lines"),
    [
        ({"/var": 5_990}, [], ["1.0 kB are reserved for root"]),
        (
            {"/var": 1_000},
            [OpenFile(size=3_000, name="/var/a", pid="9")],
            [
                "1.0 kB are reserved for root",
                "3.0 kB are in deleted files that are still open: /var/a (pid 9)",
                "2.0 kB used are in no file that du sees; they may lie below what is mounted over them: /var/x",
            ],
        ),
        ({}, [], ["1.0 kB are reserved for root"]),
    ],
)
def test_space_that_no_directory_shows_is_named(
    sizes: dict[str, int], files: list[OpenFile], lines: list[str]
) -> None:
    assert unseen_lines(VAR, sizes, files, ["/var/x"]) == lines


async def test_where_files_run_out_the_directories_with_most_of_them_are_named() -> None:
    machine = du({})
    answers = {"-k": "8\t/var\n", "--inodes": "990\t/var/spool\n1000\t/var\n"}
    machine.programs["du"] = lambda words: said(answers[words[2]])
    header = "Filesystem Inodes IUsed IFree IUse% Mounted on\n"
    df = {"-B1": f"{header}/dev/a 9 8 1 90% /var\n", "-i": f"{header}/dev/a 1000 990 10 99% /var\n"}
    machine.programs["df"] = lambda words: said(df[words[2]])

    assert "990 files  /var/spool" in (await evidence(machine)).lines


async def test_directories_that_may_not_be_read_leave_the_others() -> None:
    denied = "du: cannot read directory '/var/x': Permission denied\n"
    output = said("100\t/var/lib\n", code=1, stderr=denied)
    found = await evidence(du({}, output))

    assert "/var/lib" in found.lines[-2]
    assert "Permission denied" in found.lines[-1]
    assert found.problem == ""


async def test_where_sudo_says_no_it_looks_as_it_is() -> None:
    machine = du({})
    answers = iter([said(code=1, stderr="sudo: a password is required\n"), said("9\t/var/lib\n")])
    machine.programs["du"] = lambda words: next(answers)

    assert (await evidence(machine)).lines[-1] == "   9.2 kB  /var/lib"


async def test_names_that_draw_on_the_screen_are_made_plain() -> None:
    found = await evidence(du({"/var/\x1b[2Jx\u202e": 5}))

    assert found.lines[-1] == "   5.1 kB  /var/x"


async def test_a_host_that_is_down_is_a_problem_and_no_error() -> None:
    machine = FakeMachine()
    machine.reachable = False
    found = await evidence(machine)

    assert found.lines == ()
    assert "could not be reached" in found.problem
