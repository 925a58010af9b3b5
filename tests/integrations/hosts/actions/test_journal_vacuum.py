"""journal.vacuum on a fake host: what it plans, and what it says of doubtful attempts."""

import pytest
from pydantic import ValidationError

from remediator.core.change import Change, Nothing, still_holds
from remediator.core.errors import Permanent, Transient, Uncertain
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.hosts.actions.journal.vacuum import (
    ACTIONS,
    VacuumParameters,
    listed_bytes,
    parse_usage,
)
from remediator.integrations.hosts.fake.host import MEBIBYTE, FakeDisk, FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.shell.api import Output
from remediator.testing.action_contract import ActionCase
from tests.integrations.hosts.fakes import fake_case, fake_machine

VACUUM = ACTIONS[0]


def case_of(hosts: FakeHosts, **parameters: object) -> ActionCase:
    wanted = parameters or {"keep_size": "500M"}
    return fake_case(VACUUM, hosts, parameters=wanted, state=lambda: None)


@pytest.fixture
def machine() -> FakeMachine:
    return fake_machine()


@pytest.fixture
def hosts(machine: FakeMachine) -> FakeHosts:
    return FakeHosts({"web1": machine})


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Archived and active journals take up 3.9G in the file system.\n", int(3.9 * 1024**3)),
        ("Archived and active journals take up 48.0M on disk.\n", 48 * MEBIBYTE),
        ("Archived and active journals take up 0B in the file system.\n", 0),
        ("Journals take up 512.5K.", int(512.5 * 1024)),
        ("No journal files were found.\n", None),
        ("", None),
    ],
)
def test_what_journalctl_says_about_its_size(text: str, size: int | None) -> None:
    assert parse_usage(text) == size


def test_the_sizes_of_listed_files_are_added_up() -> None:
    listing = "-rw-r-----+ 1 0 190 8388608 Jan  1 00:00 /var/log/journal/x/system@1.journal\n" * 3

    assert listed_bytes(listing) == 3 * 8388608
    assert listed_bytes("total 12\n\nls: cannot access\n") == 0


@pytest.mark.parametrize(
    "parameters",
    [{}, {"keep_size": "0"}, {"keep_size": "1K"}, {"keep_time": "0s"}, {"keep_size": "lots"}, {"x": 1}],
)  # fmt: skip
def test_parameters_that_would_keep_nothing_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        VacuumParameters.model_validate(parameters)


async def test_the_plan_holds_the_exact_words_and_what_they_may_free(hosts: FakeHosts) -> None:
    change = await case_of(hosts, keep_size="500M", keep_time="2d").change()

    assert change.intent == {
        "argv": ["journalctl", "--rotate", "--vacuum-size=524288000", "--vacuum-time=172800s"]
    }
    assert change.estimate == (2048 - 500) * MEBIBYTE
    assert change.unit == "bytes"
    assert not change.reversible
    assert change.before["journal_bytes"] == 2048 * MEBIBYTE
    assert change.before["mountpoint"] == "/var"


async def test_a_journal_that_grew_a_little_is_still_the_same_plan(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    planned = await case.change()
    machine.journal = 2248 * MEBIBYTE

    assert still_holds(planned, await case.proposer().propose(case.request)) is None


async def test_a_journal_that_grew_beyond_the_bound_is_another_plan(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    planned = await case.change()
    machine.journal = 20480 * MEBIBYTE

    assert "exceed" in (still_holds(planned, await case.proposer().propose(case.request)) or "")


async def test_a_journal_within_its_limits_is_left_alone(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.journal = 400 * MEBIBYTE
    case = case_of(hosts, keep_size="500M", keep_time="2d")

    proposed = await case.proposer().propose(case.request)

    assert isinstance(proposed, Nothing)
    assert "to be kept" in proposed.reason


async def test_a_small_journal_with_old_files_is_vacuumed_by_time(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.journal, machine.expired = 400 * MEBIBYTE, 90 * MEBIBYTE
    change = await case_of(hosts, keep_size="500M", keep_time="2d").change()

    assert change.estimate == 90 * MEBIBYTE


async def test_a_host_without_a_journal_needs_nothing(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.journal = None
    case = case_of(hosts)

    proposed = await case.proposer().propose(case.request)

    assert proposed == Nothing(reason="host/web1 keeps no journal")


async def test_what_was_freed_is_measured_not_believed(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    change = await case.change()
    machine.programs["journalctl"] = _claims_a_lot

    measure = await case.applier().apply(change, case.ticket())

    assert measure.freed_bytes == 0
    assert "freed 0 B (/var 94 % -> 94 %)" in measure.summary


def _claims_a_lot(words: object) -> Output:
    return said("Vacuuming done, freed 99.9G of archived journals\n")


async def test_a_failed_vacuum_is_permanent_and_says_what_it_freed(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    machine.programs["journalctl"] = lambda words: said(code=1, stderr="Permission denied\n")

    with pytest.raises(Permanent, match=r"Permission denied; freed 0 B"):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)
    assert sight.observation is Observation.DIVERGED
    assert "Permission denied" in sight.detail


async def test_a_host_that_vanishes_after_the_vacuum_does_not_make_it_undone(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    change = await case.change()

    def vacuum_and_vanish(words: object) -> Output:
        machine.reachable = False
        return said()

    machine.programs["journalctl"] = vacuum_and_vanish
    measure = await case.applier().apply(change, case.ticket())

    assert measure.freed_bytes is None
    assert "could not be measured" in measure.summary


@pytest.mark.parametrize(
    ("mishap", "error", "seen"),
    [
        ("refused", Transient, Observation.NOT_APPLIED),
        ("lost before", Uncertain, Observation.NOT_APPLIED),
        ("lost after", Uncertain, Observation.APPLIED),
        ("running", Uncertain, Observation.PENDING),
    ],
)
async def test_a_doubtful_attempt_is_made_certain_by_its_receipt(
    hosts: FakeHosts, mishap: str, error: type[Exception], seen: Observation
) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.append(mishap)

    with pytest.raises(error):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    assert sight.observation is seen
    assert (sight.measure.freed_bytes or 0) == (1548 * MEBIBYTE if seen == "applied" else 0)
    assert len(hosts.commands) == (1 if seen == "applied" else 0)


async def test_a_running_vacuum_is_applied_once_it_ends(hosts: FakeHosts) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.append("running")
    with pytest.raises(Uncertain):
        await case.applier().apply(change, ticket)

    hosts.finish(ticket.token)

    sight = await case.proposer().observe(change, ticket)
    assert sight.observation is Observation.APPLIED
    assert "freed 1.6 GB" in sight.measure.summary


async def test_a_vacuum_that_broke_off_is_for_people_to_judge(hosts: FakeHosts) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.append("running")
    with pytest.raises(Uncertain):
        await case.applier().apply(change, ticket)

    hosts.break_off(ticket.token)

    assert (await case.proposer().observe(change, ticket)).observation is Observation.UNKNOWABLE


async def test_it_cannot_be_undone(hosts: FakeHosts) -> None:
    case = case_of(hosts)
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert await case.proposer().undo(change, measure) is None


async def test_a_host_that_is_down_is_tried_again_later(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.reachable = False
    case = case_of(hosts)

    with pytest.raises(Transient):
        await case.proposer().propose(case.request)


async def test_the_time_limit_of_a_stopped_vacuum_is_said_in_words(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    change = await case.change()
    machine.programs["journalctl"] = lambda words: said(code=124)

    with pytest.raises(Permanent, match="stopped at its time limit"):
        await case.applier().apply(change, case.ticket())


async def test_the_change_names_its_target(hosts: FakeHosts) -> None:
    change = await case_of(hosts).change()

    assert isinstance(change, Change)
    assert change.target == Target("host", "web1")
    assert change.summary == "delete archived journals of host/web1 above 524.3 MB in all"


async def test_each_limit_is_said_for_itself_because_a_young_file_goes_too_above_the_size(
    hosts: FakeHosts,
) -> None:
    change = await case_of(hosts, keep_size="500M", keep_time="2d").change()

    assert change.summary == (
        "delete archived journals of host/web1 above 524.3 MB in all and those older than 2d"
    )


async def test_an_alert_on_another_file_system_leaves_the_journal_alone_and_says_so(
    hosts: FakeHosts,
) -> None:
    case = case_of(hosts, keep_size="500M", path="/")
    proposed = await case.proposer().propose(case.request)

    assert proposed == Nothing(
        reason="the journal of host/web1 lies in /var/log/journal on /var: vacuuming would free nothing on /"
    )


@pytest.mark.parametrize("path", ["/var", "/var/log", "/var/lib/docker"])
async def test_an_alert_on_the_journals_own_file_system_vacuums_it(
    hosts: FakeHosts, path: str
) -> None:
    change = await case_of(hosts, keep_size="500M", path=path).change()

    assert change.before["mountpoint"] == "/var"


async def test_one_device_that_is_mounted_twice_is_one_file_system(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    disk = machine.disks[1]
    machine.disks.append(FakeDisk(mountpoint="/data", device=disk.device))
    machine.disks.append(FakeDisk(mountpoint="/memory", device="tmpfs"))
    machine.disks.append(FakeDisk(mountpoint="/run", device="tmpfs"))

    assert isinstance(await case_of(hosts, keep_size="500M", path="/data").change(), Change)
    machine.journal_directory = "/run/log/journal"
    case = case_of(hosts, keep_size="500M", path="/memory")
    assert isinstance(await case.proposer().propose(case.request), Nothing)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            "Failed to connect to /run/systemd/journal/io.systemd.journal: Connection refused",
            Transient,
        ),
        (
            "Failed to connect to /run/systemd/journal/io.systemd.journal: Permission denied",
            Permanent,
        ),
    ],
)
async def test_a_journald_that_is_being_restarted_is_tried_again(
    hosts: FakeHosts, machine: FakeMachine, words: str, error: type[Exception]
) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    machine.programs["journalctl"] = lambda asked: said(code=1, stderr=f"{words}\n")

    with pytest.raises(error, match="Failed to connect"):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    busy = error is Transient
    assert sight.observation is (Observation.NOT_APPLIED if busy else Observation.DIVERGED)
