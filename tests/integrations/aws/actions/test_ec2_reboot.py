"""ec2.reboot in an AWS of moto's: what the tag and the boot id tell about a reboot that nobody answered for."""

from collections.abc import Iterator
from typing import Any

import pytest

from remediator.core.change import Safety
from remediator.core.errors import Permanent, Stale, Uncertain
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.ec2.reboot import ACTIONS, ATTEMPT_TAG
from remediator.integrations.aws.api import Call
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.ports.action import Ticket
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.integrations.aws.amazon import ALLOWED, Amazon, amazon
from tests.integrations.hosts.fakes import WEB1, request

REBOOT = ACTIONS[0]

pytestmark = pytest.mark.slow  # an account of moto's each


@pytest.fixture
def aws() -> Iterator[Amazon]:
    with amazon() as found:
        yield found


@pytest.fixture
def machine() -> FakeMachine:
    return FakeMachine()


@pytest.fixture
def instance(aws: Amazon) -> str:
    return str(aws.instance("web1")["InstanceId"])


class Cut:
    """Hands whose reboot is sent, or not, and never answered."""

    def __init__(self, aws: Amazon, machine: FakeMachine, *, is_heard: bool) -> None:
        self._writes, self._machine, self._is_heard = aws.writes, machine, is_heard
        self.settings, self.addresses = aws.settings, aws.addresses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writes, name)

    async def write(self, call: Call, **more: Any) -> Any:
        if call.operation != "reboot_instances":
            return await self._writes.write(call, **more)
        if self._is_heard:
            self._machine.boot_id = "booted again"
        raise Uncertain("no answer in time")


def case_of(
    aws: Amazon, machine: FakeMachine, target: Target = WEB1, writes: Any = None
) -> ActionCase:
    return ActionCase(
        action=REBOOT,
        request=request(REBOOT, target),
        reads=reads_of(aws=aws.looker, looker=FakeHosts({"web1": machine})),
        writes=writes_of(aws=writes or aws.writes),
        state=lambda: aws.service("ec2").describe_instances()["Reservations"],
    )


def tags(aws: Amazon, instance: str) -> dict[str, str]:
    found = aws.service("ec2").describe_instances(InstanceIds=[instance])
    return {t["Key"]: t["Value"] for t in found["Reservations"][0]["Instances"][0]["Tags"]}


async def doubt(case: ActionCase) -> tuple[Any, Ticket]:
    change, ticket = await case.change(), case.ticket()
    with pytest.raises(Uncertain):
        await case.applier().apply(change, ticket)
    return change, ticket


async def test_a_reboot_is_asked_for_once_under_its_tag(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    case = case_of(aws, machine)
    change, ticket = await case.change(), case.ticket()
    measure = await case.applier().apply(change, ticket)

    assert change.summary == f"reboot host/web1 ({instance})"
    assert measure.summary == f"asked AWS to reboot {instance} (host/web1)"
    assert tags(aws, instance)[ATTEMPT_TAG] == ticket.token
    with pytest.raises(Stale):
        await case.applier().apply(change, ticket)


async def test_a_plan_changes_nothing_and_twice_is_the_same(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    case = case_of(aws, machine)
    before = case.state()
    first, second = await case.change(), await case.change()

    assert first.signed() == second.signed()
    assert case.state() == before


async def test_without_the_tag_nothing_was_asked_for(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    case = case_of(aws, machine)
    sight = await case.proposer().observe(await case.change(), case.ticket())

    assert sight.observation is Observation.NOT_APPLIED


@pytest.mark.parametrize(
    ("is_heard", "seen"), [(True, Observation.APPLIED), (False, Observation.PENDING)]
)
async def test_a_lost_answer_is_settled_by_the_boot_id(
    aws: Amazon, machine: FakeMachine, instance: str, is_heard: bool, seen: Observation
) -> None:
    case = case_of(aws, machine, writes=Cut(aws, machine, is_heard=is_heard))
    change, ticket = await doubt(case)

    assert (await case.proposer().observe(change, ticket)).observation is seen


async def test_a_host_that_did_not_answer_before_leaves_it_to_people(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    machine.reachable = False
    case = case_of(aws, machine, writes=Cut(aws, machine, is_heard=True))
    change, ticket = await doubt(case)
    machine.reachable = True

    assert "nobody will see" in change.summary
    sight = await case.proposer().observe(change, ticket)
    assert sight.observation is Observation.UNKNOWABLE


async def test_a_host_that_was_rebooted_since_is_not_rebooted_again(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    case = case_of(aws, machine)
    change = await case.change()
    machine.boot_id = "booted by somebody"

    with pytest.raises(Stale):
        await case.applier().apply(change, case.ticket())
    assert ATTEMPT_TAG not in tags(aws, instance)


async def test_a_late_ticket_reboots_nothing(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    case = case_of(aws, machine)
    with pytest.raises(Stale):
        await case.applier().apply(await case.change(), case.ticket(late=True))
    assert ATTEMPT_TAG not in tags(aws, instance)


async def test_an_instance_is_named_by_its_id_too(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    change = await case_of(aws, machine, Target("instance", instance)).change()

    assert change.summary.startswith(f"reboot instance/{instance};")


async def test_an_instance_that_does_not_run_is_refused(
    aws: Amazon, machine: FakeMachine, instance: str
) -> None:
    aws.service("ec2").stop_instances(InstanceIds=[instance])
    case = case_of(aws, machine)

    with pytest.raises(Permanent, match=f"{instance} is stopped, not running"):
        await case.proposer().propose(case.request)


async def test_an_instance_without_the_operators_tag_is_refused(
    aws: Amazon, machine: FakeMachine
) -> None:
    aws.instance("web1", tags={"team": "x"})
    case = case_of(aws, machine)

    with pytest.raises(Permanent, match=f"lacks the tag {next(iter(ALLOWED))}=allowed"):
        await case.proposer().propose(case.request)


def test_nobody_looks_for_the_tag_while_an_attempt_could_still_put_it_there() -> None:
    assert REBOOT.safety is Safety.DETECTABLE
