"""docker.prune on a fake host: what it plans, Docker's numbers, and attempts that stopped half-way."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from remediator.core.change import Nothing
from remediator.core.errors import (
    Interrupted,
    Missing,
    Partial,
    Permanent,
    Transient,
    Uncertain,
)
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.docker.prune import ACTIONS, observed
from remediator.integrations.hosts.actions.docker.prune_commands import PruneParameters
from remediator.integrations.hosts.actions.docker.usage import (
    Usage,
    parse_bytes,
    read_cache,
    read_images,
    unused,
)
from remediator.integrations.hosts.fake.host import MEBIBYTE, FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.hosts.fake.host_docker import FakeDocker
from remediator.integrations.shell.api import Output
from remediator.testing.action_contract import ActionCase
from tests.integrations.hosts.fakes import fake_case, fake_machine

PRUNE = ACTIONS[0]
A, P, N, D, U = (
    Observation.APPLIED,
    Observation.PENDING,
    Observation.NOT_APPLIED,
    Observation.DIVERGED,
    Observation.UNKNOWABLE,
)


def case_of(hosts: FakeHosts, **parameters: object) -> ActionCase:
    return fake_case(PRUNE, hosts, parameters=parameters, state=lambda: None)


@pytest.fixture
def machine() -> FakeMachine:
    return fake_machine()


@pytest.fixture
def hosts(machine: FakeMachine) -> FakeHosts:
    return FakeHosts({"web1": machine})


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("44.04MB (100%)", 44_040_000),
        ("0B", 0),
        ("0B (0%)", 0),
        ("1.2kB", 1_200),
        ("5.1GB (61%)", 5_100_000_000),
        ("-1.2GB (-20%)", -1_200_000_000),
        ("2.5TB", 2_500_000_000_000),
        ("1.024e+03MB", 1_024_000_000),
        ("N/A", 0),
        ("", 0),
    ],
)
def test_sizes_as_docker_writes_them(text: str, size: int) -> None:
    assert parse_bytes(text) == size


NOW = datetime(2026, 11, 29, tzinfo=UTC)
OLD, NEW = "2026-10-30 02:38:34.5 +0100 CET", "2026-11-28 23:59:00 +0000 UTC"


@pytest.mark.parametrize(
    ("line", "expected", "with_tagged"),
    [
        (f"image 0 3MB 9MB <none> <none> {OLD}", (1, 3_000_000), (1, 3_000_000)),
        (f"image 0 N/A 9MB <none> <none> {OLD}", (1, 9_000_000), (1, 9_000_000)),
        (f"image 0 N/A N/A <none> <none> {OLD}", (1, None), (1, None)),
        (f"image 0 30.1GB 30.1GB shop 1.2 {OLD}", (0, 0), (1, 30_100_000_000)),
        (f"image 0 3MB 9MB shop <none> {OLD}", (0, 0), (1, 3_000_000)),
        (f"image 0 3MB 9MB <none> <none> {NEW}", (0, 0), (0, 0)),
        (f"image 2 3MB 9MB <none> <none> {OLD}", (0, 0), (0, 0)),
        (f"image 0 -3MB 9MB <none> <none> {OLD}", (1, 0), (1, 0)),
        (f"cache false 3MB {OLD}", (0, 0), (0, 0)),
        ("WARNING: no HOME", (0, 0), (0, 0)),
        ("", (0, 0), (0, 0)),
    ],
)
def test_only_images_that_a_prune_would_take_are_counted(
    line: str, expected: tuple[int, int | None], with_tagged: tuple[int, int | None]
) -> None:
    rows, day = read_images(line + "\n"), NOW - timedelta(days=1)

    assert unused(rows, day) == Usage(count=expected[0], size=expected[1])
    assert unused(rows, day, tagged=True) == Usage(count=with_tagged[0], size=with_tagged[1])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"cache false 1.98MB {OLD}", Usage(count=1, size=1_980_000)),
        ("cache false 1.98MB ", Usage(count=1, size=1_980_000)),
        (f"cache true 1.98MB {OLD}", Usage()),
        (f"cache false 1.98MB {NEW}", Usage()),
    ],
)
def test_only_build_cache_that_was_not_used_since_is_counted(line: str, expected: Usage) -> None:
    assert unused(read_cache(line + "\n"), NOW - timedelta(days=1)) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"what": ["volumes"]},
        {"what": []},
        {"older_than": "0s"},
        {"path": "var"},
        {"docker_host": "tcp://10.0.0.1:2375"},
        {"docker_host": "unix:///run/docker.sock --debug"},
        {"docker_host": "unix:///run/docker.sock\n"},
    ],
)
def test_parameters_that_reach_too_far_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PruneParameters.model_validate(parameters)


async def test_the_plan_is_single_object_prunes_in_a_fixed_order(hosts: FakeHosts) -> None:
    what = ["images", "build_cache", "containers", "images"]
    change = await case_of(hosts, what=what, older_than="24h").change()

    old = ["--filter", "until=86400s"]
    containers, images = change.intent["prunes"]  # there is no build cache
    assert list(containers) == ["what", "containers"]
    assert images["argv"] == [
        "docker",
        "image",
        "prune",
        "--force",
        *old,
        "--filter",
        "label!=keep",
    ]
    assert change.estimate == 901 * MEBIBYTE
    assert change.summary == (
        "remove from Docker on host/web1: containers that stopped over 1d ago (1: old), dangling images made over"
        " 1d ago (1); about 944.8 MB by its own count, without the containers' logs"
    )


async def test_all_images_is_said_and_asked_for(hosts: FakeHosts) -> None:
    change = await case_of(hosts, what=["images"], all_images=True).change()

    assert "--all" in change.intent["prunes"][0]["argv"]
    assert "images without a container made over 1d ago" in change.summary


async def test_another_socket_is_used_in_every_command(hosts: FakeHosts) -> None:
    case = case_of(hosts, docker_host="unix:///run/user/1000/docker.sock")
    change = await case.change()
    await case.applier().apply(change, case.ticket())

    assert all(words[:2] == ("docker", "--host") for _, words in hosts.commands)


async def test_a_disk_that_docker_does_not_fill_is_not_helped_by_pruning(hosts: FakeHosts) -> None:
    case = case_of(hosts, path="/home")
    proposed = await case.proposer().propose(case.request)

    assert isinstance(proposed, Nothing)
    assert "keeps its files in /var/lib/docker on /var" in proposed.reason
    assert "nothing on /" in proposed.reason


async def test_nothing_unused_means_nothing_to_do(hosts: FakeHosts) -> None:
    case = case_of(hosts, what=["build_cache"])

    assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_an_estimate_is_never_more_than_the_disk_holds(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.docker = {"Images": 10**15}
    change = await case_of(hosts).change()

    assert change.estimate == machine.disks[1].used


@pytest.mark.parametrize(
    ("said_by_docker", "error"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", Transient),
        (
            "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if"
            " the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
            Transient,
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\ntemplate: :1:2: executing",
            Transient,
        ),
        ("sh: 1: docker: not found", Permanent),
        ("permission denied while trying to connect to the docker API", Permanent),
    ],
)
async def test_a_docker_that_does_not_answer_is_an_error(
    hosts: FakeHosts, machine: FakeMachine, said_by_docker: str, error: type[Exception]
) -> None:
    machine.programs["docker"] = lambda words: said(code=1, stderr=said_by_docker + "\n")
    case = case_of(hosts)

    with pytest.raises(error):
        await case.proposer().propose(case.request)


async def test_a_docker_that_answers_with_nothing_is_an_error(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.programs["docker"] = lambda words: said(" \n")
    case = case_of(hosts)

    with pytest.raises(Permanent, match="docker info said nothing"):
        await case.proposer().propose(case.request)


async def test_a_client_that_ends_well_though_its_engine_is_down_is_tried_again(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    """Docker 20.10: exit code 0, and the complaint in a field."""
    answer = '{"ServerErrors":["Cannot connect to the Docker daemon at unix:///x.sock."]}\n'
    machine.programs["docker"] = lambda words: said(answer)
    case = case_of(hosts)

    with pytest.raises(Transient, match="Cannot connect"):
        await case.proposer().propose(case.request)


async def test_a_host_without_docker_leaves_the_step_out(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.docker = None
    case = case_of(hosts)

    with pytest.raises(Missing, match="docker is not installed there"):
        await case.proposer().propose(case.request)


@pytest.mark.parametrize(
    ("parts", "together"),
    [
        ((A, A), A),
        ((N, N), N),
        ((A, N), A),
        ((A, P), P),
        ((P, N), P),
        ((U, A), U),
        ((A, U, P), P),
        ((D, N), D),
        ((A, D), D),
        ((U, D), U),
    ],
)
def test_parts_are_one_attempt(parts: tuple[Observation, ...], together: Observation) -> None:
    assert observed(parts) is together


async def test_a_part_that_cannot_start_after_the_first_is_never_called_untouched(
    hosts: FakeHosts,
) -> None:
    case = case_of(hosts, what=["containers", "images"])
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.extend(["", "refused"])

    with pytest.raises(Uncertain, match="images"):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    assert sight.observation is Observation.APPLIED
    assert "images: it was never started" in sight.detail
    assert sight.measure.freed_bytes == MEBIBYTE
    assert [words[1] for _, words in hosts.commands] == ["container"]


async def test_a_first_part_that_cannot_start_leaves_all_as_it_was(hosts: FakeHosts) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.append("refused")

    with pytest.raises(Transient):
        await case.applier().apply(change, ticket)
    assert (await case.proposer().observe(change, ticket)).observation is Observation.NOT_APPLIED
    assert hosts.commands == []


async def test_a_part_that_fails_stops_the_rest_and_says_what_was_freed(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts, what=["containers", "images", "build_cache"])
    change, ticket = await case.change(), case.ticket()
    machine.programs["docker"] = _fails_on_images(machine)

    with pytest.raises(Partial, match=r"prune of images: no space.*; freed 1\.0 MB"):
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    assert sight.observation is Observation.DIVERGED
    assert [words[1] for _, words in hosts.commands] == ["container", "image"]


def _fails_on_images(machine: FakeMachine, words: str = "no space left on device") -> object:
    engine = FakeDocker(usage=machine.docker or {}, id=machine.machine_id[:12])

    def docker(asked: list[str]) -> Output:
        if asked[1] == "image":
            return said(code=1, stderr=f"{words}\n")
        return engine.answer(asked, machine.free)

    return docker


BUSY = "Error response from daemon: a prune operation is already running"


async def test_a_prune_beside_another_one_is_tried_again(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts, what=["images"])
    change, ticket = await case.change(), case.ticket()
    machine.programs["docker"] = _fails_on_images(machine, BUSY)

    with pytest.raises(Transient, match="already running") as found:
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    assert not isinstance(found.value, Interrupted)
    assert sight.observation is Observation.NOT_APPLIED


async def test_a_prune_that_meets_another_one_half_way_goes_on_at_the_next_try(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts, what=["containers", "images"])
    change = await case.change()
    free, engine = machine.programs, machine.engine
    machine.programs["docker"] = _fails_on_images(machine, BUSY)

    with pytest.raises(Interrupted, match="already running; freed"):
        await case.applier().apply(change, case.ticket())
    del free["docker"]
    machine.engine = engine
    measure = await case.applier().apply(change, case.ticket())

    assert measure.freed_bytes == 900 * MEBIBYTE


async def test_the_times_of_all_parts_are_added_up(hosts: FakeHosts, machine: FakeMachine) -> None:
    case = case_of(hosts, what=["containers", "images"])
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert measure.seconds == pytest.approx(0.2)
    assert measure.freed_bytes == 901 * MEBIBYTE
