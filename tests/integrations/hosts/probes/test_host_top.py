"""The probe `host.top`: parsers, and what it tells people."""

from datetime import timedelta

from remediator.core.target import Target
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.hosts.probes.host_top import (
    PROBES,
    Program,
    TopParameters,
    parse_meminfo,
    parse_ps,
    parse_top,
)
from tests.bound import reads_of

PS = """\
      1 root      0.0  12000 systemd
    420 postgres 61.3 900000 postgres
    421 www-data  2.5  30000 Web Content
broken line
    422 root      x    1     odd
"""
TOP = """\
    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
    420 postgres  20   0 1644388   1.4g  25280 R   0.5   6.1   9:55.91 postgres
    421 www-data  20   0  495412 131252  30200 R   0.1   0.5   0:02.61 Web Con+

top - 12:17:59 up  4:15,  0 user,  load average: 13.50, 15.01, 12.44

    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
    421 www-data  20   0  495412 131252  30200 R  97,1   0.5   0:03.61 Web Con+
    420 postgres  20   0 1644388   1.4g  25280 R   0.0   6.1   9:55.91 postgres
"""
BUSYBOX = """\
Mem: 10532636K used, 14151448K free, 191280K shrd
  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND
  420     1 postgres RN   1605m   6%  17% {postgres} /usr/bin/postgres --password=hunter2
"""
FILES = {
    "/proc/loadavg": "4.05 3.10 1.50 2/513 999\n",
    "/proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 500000 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB\n",
}


def test_rows_of_ps_are_read_and_names_may_hold_spaces() -> None:
    programs = parse_ps(PS)

    assert [program.name for program in programs] == ["systemd", "postgres", "Web Content"]
    assert programs[1] == Program(
        pid="420", user="postgres", cpu=61.3, memory=900000 * 1024, name="postgres"
    )


def test_memory_is_read_in_bytes() -> None:
    assert parse_meminfo("MemTotal: 4 kB\nHugePages_Total: 0\nnoise\n") == {
        "MemTotal": 4096,
        "HugePages_Total": 0,
    }


def test_the_last_round_of_top_counts_by_procps_and_by_busybox() -> None:
    assert parse_top(TOP) == {"421": 97.1, "420": 0.0}
    assert parse_top(BUSYBOX) == {"420": 17.0}
    assert parse_top("top: failed tty get\n") == {}


async def test_what_is_busy_now_is_told_and_not_who_was_busy_all_its_life() -> None:
    machine = FakeMachine(files=dict(FILES))
    machine.programs["ps"] = lambda words: said(PS)
    machine.programs["top"] = lambda words: said(TOP)
    prober = PROBES[0].prober(reads_of(looker=FakeHosts({"web1": machine})))

    found = await prober.probe(Target("host", "web1"), TopParameters(top=1), timedelta(seconds=9))

    assert found.lines[2:] == (
        "97.1 % Web Content (www-data, 421)",
        "921.6 MB postgres (postgres, 420)",
    )


async def test_it_tells_load_memory_and_the_greediest() -> None:
    machine = FakeMachine(files=dict(FILES))
    machine.programs["ps"] = lambda words: said(PS)
    prober = PROBES[0].prober(reads_of(looker=FakeHosts({"web1": machine})))

    found = await prober.probe(Target("host", "web1"), TopParameters(top=1), timedelta(seconds=9))

    assert found.problem == ""
    assert found.lines == (
        "load 4.05 3.10 1.50 (1, 5, 15 min)",
        "memory 512.0 MB of 8.2 GB free, 61.4 kB swapped",
        "61.3 % of its life postgres (postgres, 420)",
        "921.6 MB postgres (postgres, 420)",
    )


async def test_arguments_of_programs_are_never_asked_for() -> None:
    asked: list[list[str]] = []
    machine = FakeMachine(files=dict(FILES))
    for name in ("ps", "top"):
        machine.programs[name] = lambda words: asked.append(list(words)) or said(PS)
    prober = PROBES[0].prober(reads_of(looker=FakeHosts({"web1": machine})))

    await prober.probe(Target("host", "web1"), TopParameters(), timedelta(seconds=9))

    assert asked == [
        ["ps", "-eo", "pid=,user=,pcpu=,rss=,comm="],
        ["top", "-b", "-n", "2", "-d", "1"],
    ]


async def test_a_host_without_ps_tells_the_rest() -> None:
    prober = PROBES[0].prober(reads_of(looker=FakeHosts({"web1": FakeMachine(files=dict(FILES))})))

    found = await prober.probe(Target("host", "web1"), TopParameters(), timedelta(seconds=9))

    assert len(found.lines) == 2
    assert "ps" in found.problem
