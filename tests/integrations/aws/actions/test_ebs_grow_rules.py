"""The rules of EBS that moto does not enforce, told as AWS's answers: states, rates, lost answers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.core.change import Change
from remediator.core.errors import ActionError, Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.ebs.finding import volume_by_id
from remediator.integrations.aws.actions.ebs.grow import ACTIONS
from remediator.integrations.aws.actions.ebs.growing import GrowApplier, sight_of
from remediator.integrations.aws.gateway.blocking import Blocking
from remediator.integrations.aws.gateway.calls import AwsWriter
from remediator.integrations.aws.knowledge.ebs import Modification, Volume
from remediator.integrations.aws.settings import AwsSettings
from remediator.ports.action import Ticket
from tests.bound import reads_of
from tests.integrations.aws.stubbed import REGION, Stubbed
from tests.integrations.hosts.fakes import request

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

GROW = ACTIONS[0]
ID = "vol-0a1b2c3d"
TARGET = Target("volume", ID)
BEGUN = datetime(2026, 11, 1, tzinfo=UTC)
RATE = "You've reached the maximum modification rate per volume limit. Wait until 13:05 UTC."


class Aws(Stubbed):
    """What AWS says about one volume, in the order in which it is asked."""

    def shows(
        self, gib: int = 100, *, modified: str = "", target: int = 0, state: str = "in-use",
        tags: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        pairs = [{"Key": k, "Value": v} for k, v in (tags or {"remediator": "allowed"}).items()]
        volume = {"VolumeId": ID, "VolumeType": "gp3", "Size": gib, "State": state, "Tags": pairs}
        self.tell("describe_volumes", {"Volumes": [volume]}, VolumeIds=[ID])
        latest = {
            "VolumeId": ID, "ModificationState": modified, "TargetSize": target, "StartTime": BEGUN,
            "Progress": 43, "StatusMessage": "said AWS",
        }  # fmt: skip
        answer = {"VolumesModifications": [latest] if modified else []}
        self.tell("describe_volumes_modifications", answer, VolumeIds=[ID])

    def allows_all(self) -> None:
        for operation in ("create_tags", "modify_volume"):
            self.allow(operation)

    def takes_the_tag(self) -> None:
        self.tell("create_tags", {})


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
async def writes(aws: Aws) -> AsyncIterator[AwsWriter]:
    blocking = Blocking("test-aws", workers=1)
    yield AwsWriter(AwsSettings(regions=(REGION,)), aws, blocking)  # type: ignore[arg-type]
    await blocking.close()


def ticket(seconds: int = 60) -> Ticket:
    not_after = datetime.now(UTC) + timedelta(seconds=120)
    return Ticket(token="t", fence=1, not_after=not_after, timeout=timedelta(seconds=seconds))


async def propose(writes: AwsWriter) -> Change:
    wanted = request(GROW, TARGET, by_percent=20, max_gib=500)
    found = await GROW.proposer(reads_of(aws=writes, looker=None)).propose(wanted)
    assert isinstance(found, Change)
    return found


async def planned(aws: Aws, writes: AwsWriter) -> Change:
    aws.shows(100)
    aws.allows_all()
    with aws.all_asked():
        change = await propose(writes)
    assert not any(aws.uses)
    aws.uses.clear()
    return change


class Rest:
    """Takes the place of waiting; it counts."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, seconds: float) -> None:
        assert seconds > 0
        self.times += 1


async def apply(
    writes: AwsWriter, change: Change, rest: Rest | None = None, **more: Any
) -> Measure:
    return await GrowApplier(writes, rest or Rest()).apply(change, ticket(**more))


@pytest.mark.parametrize("state", ["modifying", "optimizing"])
async def test_the_next_modification_is_put_off_until_the_last_is_completed(
    aws: Aws, writes: AwsWriter, state: str
) -> None:
    aws.shows(100, modified=state, target=110)

    with aws.all_asked(), pytest.raises(Transient, match=rf"a modification is {state} \(43 %\)"):
        await propose(writes)


@pytest.mark.parametrize("state", ["creating", "deleting", "error"])
async def test_a_volume_in_no_state_to_grow_is_refused(
    aws: Aws, writes: AwsWriter, state: str
) -> None:
    aws.shows(100, state=state)

    with aws.all_asked(), pytest.raises(Permanent, match=f"its state is {state}"):
        await propose(writes)


@pytest.mark.parametrize("denied", ["create_tags", "modify_volume"])
async def test_a_missing_permission_is_named_before_anybody_is_asked(
    aws: Aws, writes: AwsWriter, denied: str
) -> None:
    aws.shows(100)
    if denied == "modify_volume":
        aws.allow("create_tags")
    aws.refuse(denied, "UnauthorizedOperation", "You are not authorized.", 403)

    name = {"create_tags": "CreateTags", "modify_volume": "ModifyVolume"}[denied]
    with aws.all_asked(), pytest.raises(Permanent, match=f"we may not ec2:{name}"):
        await propose(writes)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("VolumeModificationRateExceeded", RATE, Transient),
        ("IncorrectModificationState", "the volume is optimizing", Transient),
        ("RequestLimitExceeded", "slow down", Transient),
        ("UnsupportedOperation", "not this volume", Permanent),
        ("InvalidParameterValue", "New size cannot be smaller than existing size", Permanent),
        ("InternalError", "something broke", Uncertain),
    ],
)
async def test_what_aws_refuses_when_it_is_asked_is_passed_on_and_asked_once(
    aws: Aws, writes: AwsWriter, code: str, message: str, kind: type[ActionError]
) -> None:
    change = await planned(aws, writes)
    aws.shows(100)
    aws.takes_the_tag()
    aws.refuse("modify_volume", code, message, 500 if kind is Uncertain else 400)

    with aws.all_asked(), pytest.raises(ActionError) as caught:
        await apply(writes, change)
    assert type(caught.value) is kind
    assert message[:40] in caught.value.detail
    assert aws.uses.count(True) == 2


async def test_what_is_refused_after_its_snapshot_says_that_the_snapshot_stays(
    aws: Aws, writes: AwsWriter
) -> None:
    planned_alone = await planned(aws, writes)
    change = replace(planned_alone, intent={**planned_alone.intent, "snapshot": True})
    aws.shows(100)
    aws.tell("describe_snapshots", {"Snapshots": []})
    aws.tell("create_snapshot", {"SnapshotId": "snap-1"})
    aws.takes_the_tag()
    aws.refuse("modify_volume", "UnsupportedOperation", "not this volume", 400)

    with aws.all_asked(), pytest.raises(Partial, match=r"not this volume.*snapshot.* stays"):
        await apply(writes, change)


async def test_the_tag_is_there_before_the_growth_and_the_growth_is_what_was_planned(
    aws: Aws, writes: AwsWriter
) -> None:
    change = await planned(aws, writes)
    aws.shows(100)
    aws.takes_the_tag()
    aws.tell("modify_volume", {}, VolumeId=ID, Size=120)
    aws.shows(120, modified="optimizing", target=120)

    with aws.all_asked():
        measure = await apply(writes, change)
    assert measure.facts == {"state": "optimizing"}


async def test_without_an_answer_to_the_tag_the_volume_is_not_touched(
    aws: Aws, writes: AwsWriter
) -> None:
    change = await planned(aws, writes)
    aws.shows(100)
    aws.refuse("create_tags", "InternalError", status=500)

    with aws.all_asked(), pytest.raises(Transient, match="the volume was not touched"):
        await apply(writes, change)


async def test_it_waits_until_the_file_system_could_grow(aws: Aws, writes: AwsWriter) -> None:
    change, rest = await planned(aws, writes), Rest()
    aws.shows(100)
    aws.takes_the_tag()
    aws.tell("modify_volume", {})
    aws.shows(100)  # AWS is not consistent at once
    aws.shows(100, modified="modifying", target=120)
    aws.shows(120, modified="optimizing", target=120)

    with aws.all_asked():
        measure = await apply(writes, change, rest)
    assert rest.times == 2
    assert measure.summary == f"grew volume/{ID}: 100 -> 120 GiB (optimizing)"


async def test_where_the_time_is_over_the_growth_is_made_and_said_to_be_unfinished(
    aws: Aws, writes: AwsWriter
) -> None:
    change, rest = await planned(aws, writes), Rest()
    aws.shows(100)
    aws.takes_the_tag()
    aws.tell("modify_volume", {})
    aws.shows(100, modified="modifying", target=120)

    with aws.all_asked():
        measure = await apply(writes, change, rest, seconds=5)
    assert rest.times == 0
    assert "the file system cannot grow yet" in measure.summary


async def test_a_look_that_fails_after_the_growth_does_not_make_it_undone(
    aws: Aws, writes: AwsWriter
) -> None:
    change = await planned(aws, writes)
    aws.shows(100)
    aws.takes_the_tag()
    aws.tell("modify_volume", {})
    aws.refuse("describe_volumes", "InternalError", status=500)
    aws.shows(120, modified="completed", target=120)

    with aws.all_asked():
        assert "completed" in (await apply(writes, change)).summary


async def test_a_growth_that_aws_gave_up_has_failed(aws: Aws, writes: AwsWriter) -> None:
    change = await planned(aws, writes)
    aws.shows(100)
    aws.takes_the_tag()
    aws.tell("modify_volume", {})
    aws.shows(100, modified="failed", target=120)

    with aws.all_asked(), pytest.raises(Permanent, match="AWS gave the growth up: said AWS"):
        await apply(writes, change)


async def test_a_volume_that_somebody_grew_is_not_grown_on_top(aws: Aws, writes: AwsWriter) -> None:
    change = await planned(aws, writes)
    aws.shows(110, modified="completed", target=110)

    with aws.all_asked(), pytest.raises(Stale):
        await apply(writes, change)
    assert True not in aws.uses


@pytest.mark.parametrize(
    ("after", "seen"),
    [
        ({"gib": 100}, Observation.NOT_APPLIED),
        ({"gib": 100, "modified": "modifying", "target": 120}, Observation.APPLIED),
        ({"gib": 120, "modified": "optimizing", "target": 120}, Observation.APPLIED),
        ({"gib": 120, "modified": "completed", "target": 120}, Observation.APPLIED),
        ({"gib": 200, "modified": "completed", "target": 200}, Observation.APPLIED),
        ({"gib": 110, "modified": "completed", "target": 110}, Observation.DIVERGED),
        ({"gib": 100, "modified": "failed", "target": 120}, Observation.DIVERGED),
    ],
)
async def test_a_lost_answer_is_settled_by_describing_and_never_by_asking_again(
    aws: Aws, writes: AwsWriter, after: dict[str, Any], seen: Observation
) -> None:
    change = await planned(aws, writes)
    aws.shows(100)
    aws.takes_the_tag()
    aws.refuse("modify_volume", "InternalError", status=500)
    with aws.all_asked(), pytest.raises(Uncertain):
        await apply(writes, change)
    aws.uses.clear()
    aws.shows(**after)

    with aws.all_asked():
        sight = await GROW.proposer(reads_of(aws=writes, looker=None)).observe(change, ticket())
    assert sight.observation is seen
    assert True not in aws.uses


async def test_a_world_that_cannot_be_seen_is_not_judged(aws: Aws, writes: AwsWriter) -> None:
    change = await planned(aws, writes)
    aws.refuse("describe_volumes", "InternalError", status=500)

    with aws.all_asked(), pytest.raises(Transient):
        await GROW.proposer(reads_of(aws=writes, looker=None)).observe(change, ticket())


async def test_a_modification_before_the_plan_is_not_taken_for_ours(
    aws: Aws, writes: AwsWriter
) -> None:
    aws.shows(100, modified="completed", target=100)
    aws.allows_all()
    with aws.all_asked():
        change = await propose(writes)
    latest = Modification(state="completed", target_gib=100, started=BEGUN.isoformat())
    volume = Volume(id=ID, region=REGION, type="gp3", gib=100, state="in-use", modification=latest)

    assert sight_of(volume, change).observation is Observation.NOT_APPLIED


async def test_a_region_that_is_down_hides_no_volume_of_another_and_proves_nothing_absent(
    aws: Aws,
) -> None:
    settings = AwsSettings(regions=("down-west-1", REGION), allow_tags={})
    aws.regions.add("down-west-1")
    blocking = Blocking("test-aws", workers=1)
    writes = AwsWriter(settings, aws, blocking)  # type: ignore[arg-type]
    aws.refuse("describe_volumes", "InternalError", status=500)
    aws.shows(100)
    aws.refuse("describe_volumes", "InternalError", status=500)
    aws.refuse("describe_volumes", "InvalidVolume.NotFound")

    with aws.all_asked():
        assert (await volume_by_id(writes, TARGET)).region == REGION
        with pytest.raises(Transient):
            await volume_by_id(writes, TARGET)
    await blocking.close()
