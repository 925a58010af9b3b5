"""AWS's actions against moto's server, as settings reach it: shapes on the wire, not only in one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from remediator.app.gateways import build_gateways
from remediator.config.catalog import Catalog
from remediator.config.settings_reader import load_settings
from remediator.core.errors import Permanent, Transient
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.ebs.grow import ACTIONS as EBS
from remediator.ports.action import Action
from remediator.ports.integration import Connected
from remediator.testing.action_contract import ActionCase
from tests.integrations.aws.amazon import ALLOWED, REGION, tag_list
from tests.integrations.aws.stubbed import client
from tests.integrations.hosts.fakes import request
from tests.parts.moto import Moto

pytestmark = pytest.mark.slow

SETTINGS = """\
aws: {{regions: [eu-west-1], endpoint_url: "{url}"}}
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with Moto() as part:
        yield part


@pytest.fixture
def gateways(moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connected:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = tmp_path / "remediator.yaml"
    file.write_text(SETTINGS.format(url=moto.url))
    return build_gateways(load_settings(file, Catalog()).checked())


def case_of(
    action: Action, gateways: Connected, target: Target, **parameters: object
) -> ActionCase:
    return ActionCase(
        action=action,
        request=request(action, target, **parameters),
        reads=gateways.reads,
        writes=gateways.writes,
        state=lambda: None,
    )


async def test_a_volume_is_planned_grown_and_seen(moto: Moto, gateways: Connected) -> None:
    ec2 = client("ec2", endpoint_url=moto.url)
    tags = [{"ResourceType": "volume", "Tags": tag_list(ALLOWED)}]
    made = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=100, TagSpecifications=tags)
    target = Target("volume", made["VolumeId"])
    case = case_of(EBS[0], gateways, target, by_percent=20, max_gib=500, snapshot=True)
    change, ticket = await case.change(), case.ticket()

    assert (await case.proposer().observe(change, ticket)).observation is Observation.NOT_APPLIED
    await case.applier().apply(change, ticket)

    assert (await case.proposer().observe(change, ticket)).observation is Observation.APPLIED
    assert ec2.describe_volumes(VolumeIds=[target.name])["Volumes"][0]["Size"] == 120
    snapshots = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert target.name in {each["VolumeId"] for each in snapshots}
    await gateways.close()


async def test_a_volume_that_is_not_there_is_refused(gateways: Connected) -> None:
    case = case_of(EBS[0], gateways, Target("volume", "vol-0badbad0"), by_percent=20, max_gib=500)

    with pytest.raises(Permanent, match="no such volume in eu-west-1"):
        await case.proposer().propose(case.request)
    await gateways.close()


async def test_an_aws_that_is_down_is_looked_at_again_later(
    moto: Moto, gateways: Connected
) -> None:
    case = case_of(EBS[0], gateways, Target("volume", "vol-0badbad0"), by_percent=20, max_gib=500)
    moto.stop()

    with pytest.raises(Transient, match="could not be reached"):
        await case.proposer().propose(case.request)
    await gateways.close()
    moto.start()
