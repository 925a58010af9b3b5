"""docker.prune on a fake host: which containers, images and places it chooses, and how a plan stays what it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.change import Change, Nothing, still_holds
from remediator.core.errors import Stale
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.docker.prune import ACTIONS
from remediator.integrations.hosts.fake.host import MEBIBYTE, FakeDisk, FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.hosts.fake.host_docker import FakeContainer, FakeDocker
from remediator.integrations.shell.api import Output
from remediator.testing.action_contract import ActionCase
from tests.integrations.hosts.fakes import fake_case, fake_machine

PRUNE = ACTIONS[0]


def case_of(hosts: FakeHosts, **parameters: object) -> ActionCase:
    return fake_case(PRUNE, hosts, parameters=parameters, state=lambda: None)


@pytest.fixture
def machine() -> FakeMachine:
    return fake_machine()


@pytest.fixture
def hosts(machine: FakeMachine) -> FakeHosts:
    return FakeHosts({"web1": machine})


DAY = timedelta(days=1)


def a_fleet(**more: object) -> FakeMachine:
    """A host whose containers stopped at different times; Docker's own prune would take all that were made long ago."""
    now = datetime.now(UTC)
    machine = fake_machine()
    machine.engine = FakeDocker(
        usage={},
        containers=[
            FakeContainer(name="long-gone", finished=now - 9 * DAY, size=40 * MEBIBYTE),
            FakeContainer(name="dead", finished=now - 2 * DAY, size=2 * MEBIBYTE, status="dead"),
            FakeContainer(name="stopped-now", finished=now, size=500 * MEBIBYTE),
            FakeContainer(name="to-keep", finished=now - 9 * DAY, size=MEBIBYTE, keep=True),
            FakeContainer(name="runs", finished=now - 9 * DAY, status="running"),
            FakeContainer(name="never-ran", status="created"),
        ],
    )
    machine.docker = machine.engine.usage
    return machine


def engine_in(machine: FakeMachine) -> FakeDocker:
    assert machine.engine is not None
    return machine.engine


def names(machine: FakeMachine) -> set[str]:
    return {one.name for one in engine_in(machine).containers}


async def test_containers_go_by_when_they_stopped_and_the_plan_names_them() -> None:
    machine = a_fleet()
    case = case_of(FakeHosts({"web1": machine}), what=["containers"])
    change = await case.change()
    await case.applier().apply(change, case.ticket())

    assert "containers that stopped over 1d ago (2: long-gone, dead)" in change.summary
    assert [line.partition(",")[0] for line in change.before["containers"]] == [
        "long-gone (shop:1)",
        "dead (shop:1)",
    ]
    assert change.estimate == 42 * MEBIBYTE
    assert names(machine) == {"stopped-now", "to-keep", "runs", "never-ran"}


async def test_a_container_that_was_started_or_ended_anew_since_the_plan_stays() -> None:
    machine = a_fleet()
    hosts = FakeHosts({"web1": machine})
    case = case_of(hosts, what=["containers"])
    change = await case.change()
    engine_in(machine).restarted("dead", "exited", datetime.now(UTC))

    await case.applier().apply(change, case.ticket())

    assert "dead" in names(machine)
    assert "long-gone" not in names(machine)


async def test_a_plan_of_which_no_container_is_left_as_planned_is_made_anew() -> None:
    machine = a_fleet()
    case = case_of(FakeHosts({"web1": machine}), what=["containers"])
    change, ticket = await case.change(), case.ticket()
    for name in ("long-gone", "dead"):
        engine_in(machine).restarted(name, "running", datetime.now(UTC))

    with pytest.raises(Stale, match="none of the containers"):
        await case.applier().apply(change, ticket)
    assert (await case.proposer().observe(change, ticket)).observation is Observation.NOT_APPLIED


@pytest.mark.parametrize("moves", ["another gets old", "one is gone"])
async def test_an_approved_plan_stays_what_it_is_while_containers_come_and_go(moves: str) -> None:
    machine = a_fleet()
    case = case_of(FakeHosts({"web1": machine}), what=["containers"])
    planned = await case.change()
    engine = engine_in(machine)
    if moves == "one is gone":
        engine.containers = [one for one in engine.containers if one.name != "dead"]
    else:
        engine.restarted("stopped-now", "exited", datetime.now(UTC) - 2 * DAY)

    again = await case.proposer().propose(replace(case.request, planned=planned))

    assert still_holds(planned, again) is None
    assert isinstance(await case.proposer().propose(case.request), Change)


async def test_an_approved_plan_is_void_when_nothing_of_it_is_left() -> None:
    machine = a_fleet()
    case = case_of(FakeHosts({"web1": machine}), what=["containers"])
    planned = await case.change()
    engine_in(machine).containers = []

    again = await case.proposer().propose(replace(case.request, planned=planned))

    assert still_holds(planned, again) is not None


async def test_a_plan_of_an_older_version_that_went_by_creation_is_made_anew() -> None:
    machine = a_fleet()
    hosts = FakeHosts({"web1": machine})
    case = case_of(hosts, what=["containers"])
    words = ["docker", "container", "prune", "--force", "--filter", "until=86400s"]
    old = {"docker_host": None, "prunes": [{"what": "containers", "argv": words}]}
    change = replace(await case.change(), intent=old)

    with pytest.raises(Stale, match="older version"):
        await case.applier().apply(change, case.ticket())
    assert hosts.commands == []


async def test_dangling_images_where_there_are_none_are_nothing_to_do() -> None:
    """Docker calls 30.1 GB reclaimable: images with a name, which a prune of dangling ones leaves alone."""
    machine = fake_machine()
    machine.engine = FakeDocker(usage={}, tagged=30_100_000_000)
    machine.docker = machine.engine.usage
    hosts = FakeHosts({"web1": machine})

    nothing = case_of(hosts, what=["images"])
    every = await case_of(hosts, what=["images"], all_images=True).change()

    proposed = await nothing.proposer().propose(nothing.request)
    assert isinstance(proposed, Nothing)
    assert "no dangling images unused" in proposed.reason
    assert every.estimate == 30_100_000_000


async def test_images_lie_where_containerd_keeps_them_and_not_where_docker_says() -> None:
    machine = fake_machine()
    machine.disks.append(FakeDisk(mountpoint="/mnt/big", device="/dev/vdb1"))
    machine.engine = FakeDocker(
        usage={"Images": 900 * MEBIBYTE},
        root="/mnt/big/docker",
        containerd_root="/var/lib/containerd",
    )
    machine.docker, machine.docker_root = machine.engine.usage, "/mnt/big/docker"
    hosts = FakeHosts({"web1": machine})

    elsewhere = case_of(hosts, what=["images"], path="/mnt/big")
    here = await case_of(hosts, what=["images"], path="/var").change()

    proposed = await elsewhere.proposer().propose(elsewhere.request)
    assert isinstance(proposed, Nothing)
    assert "images and layers in /var/lib/containerd on /var" in proposed.reason
    assert "free nothing on /mnt/big" in proposed.reason
    assert here.before["mountpoint"] == "/var"


async def test_only_the_kinds_that_free_the_wanted_file_system_are_pruned_and_the_rest_is_said() -> (
    None
):
    """A container's logs lie in Docker's root, images and build cache with containerd."""
    machine = fake_machine()
    machine.disks.append(FakeDisk(mountpoint="/mnt/big", device="/dev/vdb1"))
    machine.engine = FakeDocker(
        usage={"Images": 900 * MEBIBYTE, "Containers": MEBIBYTE},
        root="/mnt/big/docker",
        containerd_root="/var/lib/containerd",
    )
    machine.docker, machine.docker_root = machine.engine.usage, "/mnt/big/docker"
    change = await case_of(FakeHosts({"web1": machine}), path="/mnt/big").change()

    assert [part["what"] for part in change.intent["prunes"]] == ["containers"]
    assert "; images and build cache left out: Docker keeps its files in" in change.summary


async def test_where_nobody_says_where_containerd_keeps_images_they_are_not_pruned_for_a_path() -> (
    None
):
    machine = fake_machine()
    machine.engine = FakeDocker(usage={"Images": MEBIBYTE}, containerd_root="/var/lib/containerd")
    machine.docker = machine.engine.usage
    machine.programs["containerd"] = lambda words: said(code=1, stderr="permission denied\n")
    case = case_of(FakeHosts({"web1": machine}), what=["images"], path="/var")

    proposed = await case.proposer().propose(case.request)

    assert isinstance(proposed, Nothing)
    assert "nobody says where its containerd keeps images" in proposed.reason
    assert "whether pruning frees anything on /var is not known" in proposed.reason


async def test_a_listing_that_is_cut_off_is_no_estimate(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    engine = FakeDocker(usage={"Images": MEBIBYTE}, id=machine.machine_id[:12])

    def docker(words: list[str]) -> Output:
        answer = engine.answer(words, machine.free)
        return replace(answer, truncated=True) if words[1] == "system" else answer

    machine.programs["docker"] = docker
    change = await case_of(hosts, what=["images", "build_cache"]).change()

    assert change.estimate is None
    assert change.summary.endswith("; Docker does not say how much that frees")
