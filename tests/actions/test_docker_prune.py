"""docker.prune on a fake host: what it plans, Docker's numbers, and attempts that stopped half-way."""

import json

import pytest
from pydantic import ValidationError

from remediator.actions.docker.prune import ACTIONS, observed
from remediator.actions.docker.usage import Usage, parse_bytes, parse_usage
from remediator.actions.docker.words import PruneParameters
from remediator.core.change import Nothing
from remediator.core.errors import Partial, Permanent, Transient, Uncertain
from remediator.core.events import Observation
from remediator.ports.shell import Output
from remediator.testing.action_contract import ActionCase
from remediator.testing.host import MEBIBYTE, FakeHosts, FakeMachine
from remediator.testing.host_commands import said
from tests.actions.fakes import fake_case, fake_machine

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


def row(kind: str, size: str, reclaimable: str, total: str = "1", active: str = "0") -> str:
    words = {"Type": kind, "Size": size, "Reclaimable": reclaimable}
    return json.dumps({**words, "TotalCount": total, "Active": active})


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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (row("Images", "2GB", "1GB (50%)", "4", "1"), {"images": Usage(unused=3, reclaimable=10**9)}),
        (row("Images", "1GB", "5GB (500%)"), {"images": Usage(unused=1, reclaimable=10**9)}),
        (row("Images", "1GB", "-2GB (-200%)"), {"images": Usage(unused=1, reclaimable=0)}),
        (row("Build Cache", "1GB", "1GB", "0"), {"build_cache": Usage(reclaimable=10**9)}),
        (row("Containers", "0B", "0B", "x", "y"), {"containers": Usage()}),
        (row("Local Volumes", "9GB", "9GB"), {}),
        ('{"Type": "Images"}', {"images": Usage()}),
        ("WARNING: no HOME", {}),
        ("[]", {}),
    ],
)  # fmt: skip
def test_dockers_own_numbers_are_read_with_distrust(line: str, expected: object) -> None:
    assert parse_usage(line + "\n") == expected


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
    assert [part["argv"] for part in change.intent["prunes"]] == [
        ["docker", "container", "prune", "--force", *old, "--filter", "label!=keep"],
        ["docker", "image", "prune", "--force", *old, "--filter", "label!=keep"],
        ["docker", "builder", "prune", "--force", *old],
    ]
    assert change.estimate == 901 * MEBIBYTE
    assert "dangling images" in change.summary


async def test_all_images_is_said_and_asked_for(hosts: FakeHosts) -> None:
    change = await case_of(hosts, what=["images"], all_images=True).change()

    assert "--all" in change.intent["prunes"][0]["argv"]
    assert "all unused images" in change.summary


async def test_another_socket_is_used_in_every_command(hosts: FakeHosts) -> None:
    case = case_of(hosts, docker_host="unix:///run/user/1000/docker.sock")
    change = await case.change()
    await case.applier().apply(change, case.ticket())

    assert all(words[:2] == ("docker", "--host") for _, words in hosts.commands)


async def test_a_disk_that_docker_does_not_fill_is_not_helped_by_pruning(hosts: FakeHosts) -> None:
    case = case_of(hosts, path="/home")
    proposed = await case.proposer().propose(case.request)

    assert isinstance(proposed, Nothing)
    assert "/var/lib/docker on /var" in proposed.reason
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

    with pytest.raises(Permanent, match="docker info"):
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


def _fails_on_images(machine: FakeMachine) -> object:
    def docker(words: list[str]) -> Output:
        if words[1] == "info":
            return said(f"{machine.machine_id[:12]} {machine.docker_root}\n")
        if words[1] == "image":
            return said(code=1, stderr="no space left on device\n")
        machine.free("/var", MEBIBYTE)
        return said()

    return docker


async def test_the_times_of_all_parts_are_added_up(hosts: FakeHosts, machine: FakeMachine) -> None:
    case = case_of(hosts, what=["containers", "images"])
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert measure.seconds == pytest.approx(0.2)
    assert measure.freed_bytes == 901 * MEBIBYTE
