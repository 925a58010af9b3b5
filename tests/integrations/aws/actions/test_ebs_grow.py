"""ebs.grow in an AWS of moto's: the contract, from hosts to volumes, and what is refused before anybody is asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from remediator.core.change import ActionEffect, Change, Nothing
from remediator.core.errors import Permanent, Transient
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.ebs.grow import ACTIONS, GrowParameters
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.aws.amazon import ALLOWED, REGION, SETTINGS, Amazon, amazon, tag_list
from tests.integrations.hosts.fakes import WEB1, request

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

GROW = ACTIONS[0]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    with amazon() as found:
        yield found


@pytest.fixture
def machine() -> FakeMachine:
    return FakeMachine()


def case_of(
    aws: Amazon, target: Target, machine: FakeMachine | None = None, **parameters: Any
) -> ActionCase:
    hosts = FakeHosts({"web1": machine or FakeMachine()})
    return ActionCase(
        action=GROW,
        request=request(GROW, target, **{"by_percent": 20, "max_gib": 500, **parameters}),
        reads=reads_of(aws=aws.looker, looker=hosts),
        writes=writes_of(aws=aws.writes),
        state=lambda: aws.service("ec2").describe_volumes()["Volumes"],
    )


def volume_case(aws: Amazon, volume: str, **parameters: Any) -> ActionCase:
    case = case_of(aws, Target("volume", volume), **parameters)
    return replace(case, move=lambda: modify(aws, volume, 105))


def modify(aws: Amazon, volume: str, gib: int) -> None:
    aws.service("ec2").modify_volume(VolumeId=volume, Size=gib)


async def propose(case: ActionCase) -> Change | Nothing:
    return await case.proposer().propose(case.request)


def mount(machine: FakeMachine, serial: str, *, name: str = "nvme1n1") -> None:
    """Let /data be on one partition of a disk with this serial."""
    disk = {"name": name, "path": f"/dev/{name}", "type": "disk", "serial": serial}
    part = {"name": f"{name}p1", "type": "part", "serial": None, "children": [disk]}
    machine.programs["findmnt"] = lambda words: said(f"/dev/{name}p1\n")
    machine.programs["lsblk"] = lambda words: said(json.dumps({"blockdevices": [part]}))


class TestGrowingAVolume(ActionContract):
    @pytest.fixture
    def case(self, aws: Amazon) -> ActionCase:
        return volume_case(aws, aws.volume(100))

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """AWS knows no tickets to spend. That an attempt starts late is kept from it by its time alone."""
        change, ticket, before = await case.change(), case.ticket(), case.state()
        sight = await case.proposer().observe(change, ticket)

        assert sight.observation is Observation.NOT_APPLIED
        assert case.state() == before


async def test_a_volume_grows_once_and_says_so(aws: Amazon) -> None:
    volume = aws.volume(100)
    case = volume_case(aws, volume)
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert change.summary == (
        f"grow volume/{volume}, gp3, from 100 to 120 GiB (+20 %);"
        " about +1.76 USD a month (estimate; price list of 2026-11)"
    )
    assert change.effect is ActionEffect.IRREVERSIBLE
    assert measure.summary == f"grew volume/{volume}: 100 -> 120 GiB (completed)"
    assert aws.described(volume)["Size"] == 120
    assert await case.proposer().undo(change, measure) is None


async def test_a_volume_that_is_large_enough_is_left_alone(aws: Amazon) -> None:
    case = volume_case(aws, aws.volume(150), by_percent=None, to_gib=120)

    assert isinstance(await propose(case), Nothing)


async def test_a_cap_is_said_and_kept(aws: Amazon) -> None:
    change = await volume_case(aws, aws.volume(100), max_gib=110).change()

    assert change.intent["to_gib"] == 110
    assert "max_gib is 110" in change.summary


async def test_a_volume_at_its_cap_is_refused(aws: Amazon) -> None:
    with pytest.raises(Permanent, match="may not grow: max_gib is 100"):
        await propose(volume_case(aws, aws.volume(100), max_gib=100))


async def test_a_volume_without_the_operators_tag_is_refused(aws: Amazon) -> None:
    with pytest.raises(Permanent, match="lacks the tag remediator=allowed"):
        await propose(volume_case(aws, aws.volume(100, tags={"Name": "x"})))


async def test_a_volume_of_kubernetes_is_refused_with_a_pointer(aws: Amazon) -> None:
    claim = {
        "kubernetes.io/created-for/pvc/name": "data-0",
        "kubernetes.io/created-for/pvc/namespace": "db",
    }
    with pytest.raises(Permanent, match=r"kubernetes\.expand_volume on pvc/db/data-0"):
        await propose(volume_case(aws, aws.volume(100, tags={**ALLOWED, **claim})))


async def test_a_volume_rests_after_two_growths_in_a_day(aws: Amazon) -> None:
    volume = aws.volume(100)
    for percent in (20, 20):
        case = volume_case(aws, volume, by_percent=percent)
        await case.applier().apply(await case.change(), case.ticket())

    with pytest.raises(Permanent, match="modified 2 times within 24 h and max_per_day is 2"):
        await propose(volume_case(aws, volume))
    assert isinstance(await propose(volume_case(aws, volume, max_per_day=3)), Change)


async def test_a_snapshot_is_made_before_and_only_once(aws: Amazon) -> None:
    ec2, volume = aws.service("ec2"), aws.volume(100)
    case = volume_case(aws, volume, snapshot=True)
    change = await case.change()
    version = {"Key": "remediator:before", "Value": change.version}
    specification = [{"ResourceType": "snapshot", "Tags": [version]}]
    ec2.create_snapshot(VolumeId=volume, TagSpecifications=specification)
    await case.applier().apply(change, case.ticket())
    await volume_case(aws, volume, snapshot=True).change()

    def made() -> list[dict[str, Any]]:
        found = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        return [each for each in found if each["VolumeId"] == volume]

    assert len(made()) == 1, "the one that an attempt before left is taken"
    again = volume_case(aws, volume, snapshot=True)
    await again.applier().apply(await again.change(), again.ticket())
    assert len(made()) == 2
    assert tag_list(ALLOWED)[0] in made()[1]["Tags"]
    assert "a snapshot first" in change.summary


@pytest.mark.parametrize("name", ["vol-0badbad0", "nonsense", "../vol-0badbad0"])
async def test_a_volume_that_is_not_there_is_refused(aws: Amazon, name: str) -> None:
    with pytest.raises(Permanent, match=r"no such volume|is named like"):
        await propose(volume_case(aws, name))


async def test_a_region_that_nobody_named_is_not_looked_into(aws: Amazon) -> None:
    volume = aws.volume(100, region="eu-west-3")
    with pytest.raises(Permanent, match="no region 'eu-west-3'"):
        await propose(volume_case(aws, f"{volume}@eu-west-3"))
    with pytest.raises(Permanent, match="no such volume in eu-west-1"):
        await propose(volume_case(aws, volume))


async def test_with_several_regions_the_plan_names_the_one_where_it_is(aws: Amazon) -> None:
    aws.settings = SETTINGS.model_copy(update={"regions": (REGION, "eu-west-3")})
    volume = aws.volume(100, region="eu-west-3")

    change = await volume_case(aws, volume).change()
    assert change.target == Target("volume", f"{volume}@eu-west-3")


async def test_a_file_system_of_a_host_leads_to_its_volume(
    aws: Amazon, machine: FakeMachine
) -> None:
    instance = aws.instance("web1")["InstanceId"]
    aws.attached(instance, "/dev/sdf")
    volume = aws.attached(instance, "/dev/sdg")
    mount(machine, volume.replace("-", ""))

    change = await case_of(aws, WEB1, machine, path="/data").change()

    assert change.target == Target("volume", volume)
    assert "(/data of host/web1)" in change.summary


async def test_a_host_is_found_by_its_address_and_by_the_settings(
    aws: Amazon, machine: FakeMachine
) -> None:
    made = aws.instance("some-other-name")
    volume = aws.attached(made["InstanceId"])
    mount(machine, volume.replace("-", ""))

    aws.addresses = {"web1": made["PrivateIpAddress"]}
    assert (await case_of(aws, WEB1, machine, path="/data").change()).target.name == volume
    aws.addresses, named = {}, {"web1": made["InstanceId"]}
    aws.settings = SETTINGS.model_copy(update={"instances": named, "instance_by": ()})
    assert (await case_of(aws, WEB1, machine, path="/data").change()).target.name == volume


async def test_a_name_that_two_instances_have_is_no_guess(
    aws: Amazon, machine: FakeMachine
) -> None:
    for _ in range(2):
        aws.attached(aws.instance("web1")["InstanceId"])
    mount(machine, "vol00000000")

    with pytest.raises(Permanent, match="fits several instances"):
        await propose(case_of(aws, WEB1, machine, path="/data"))


async def test_a_host_cannot_name_the_volume_of_another(aws: Amazon, machine: FakeMachine) -> None:
    aws.attached(aws.instance("web1")["InstanceId"])
    other = aws.attached(aws.instance("db1")["InstanceId"])
    mount(machine, other.replace("-", ""))

    with pytest.raises(Permanent, match="which AWS does not show on"):
        await propose(case_of(aws, WEB1, machine, path="/data"))


async def test_a_host_that_aws_does_not_know_is_refused(aws: Amazon, machine: FakeMachine) -> None:
    with pytest.raises(Permanent, match=r"name it in aws\.instances"):
        await propose(case_of(aws, WEB1, machine, path="/data"))


@pytest.mark.parametrize(
    ("source", "sentence"), [("tmpfs\n", "is on no disk"), ("", "is on no disk")]
)
async def test_what_is_on_no_disk_is_refused(
    aws: Amazon, machine: FakeMachine, source: str, sentence: str
) -> None:
    aws.instance("web1")
    machine.programs["findmnt"] = lambda words: said(source)

    with pytest.raises(Permanent, match=sentence):
        await propose(case_of(aws, WEB1, machine, path="/data"))


async def test_a_host_without_a_path_is_refused(aws: Amazon) -> None:
    with pytest.raises(Permanent, match="say `path`"):
        await propose(case_of(aws, WEB1))


async def test_a_late_ticket_leaves_no_tag_either(aws: Amazon) -> None:
    volume = aws.volume(100)
    case = volume_case(aws, volume)
    change = await case.change()
    short = replace(case.ticket(), not_after=datetime.now(UTC) + timedelta(seconds=5))

    with pytest.raises(Transient, match="too little time"):
        await case.applier().apply(change, short)
    assert aws.described(volume)["Tags"] == tag_list(ALLOWED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_gib": 500},
        {"by_percent": 20},
        {"by_percent": 20, "to_gib": 200, "max_gib": 500},
        {"to_gib": 600, "max_gib": 500},
        {"by_percent": 0, "max_gib": 500},
        {"by_percent": 101, "max_gib": 500},
        {"by_percent": -5, "max_gib": 500},
        {"by_percent": 20, "max_gib": 100_000},
        {"by_percent": 20, "max_gib": 500, "path": "var"},
        {"by_percent": 20, "max_gib": 500, "path": "--help"},
        {"by_percent": 20, "max_gib": 500, "path": "/a\nb"},
        {"by_percent": 20, "max_gib": 500, "max_per_day": 5},
        {"by_percent": 20, "max_gib": 500, "shrink": True},
    ],
)
def test_parameters_that_mean_nothing_safe_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GrowParameters.model_validate(wrong)
