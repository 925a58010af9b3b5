"""asg.scale in an AWS of moto's: the contract, the bounds, and who else may rule a group."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from remediator.core.change import Nothing
from remediator.core.errors import Permanent
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.asg.scale import ACTIONS, ScaleParameters, wanted_size
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.aws.amazon import ALLOWED, Amazon, amazon, make_group
from tests.integrations.hosts.fakes import request

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SCALE = ACTIONS[0]
WEB = Target("asg", "web")


@pytest.fixture
def aws() -> Iterator[Amazon]:
    with amazon() as found:
        yield found


def group(aws: Amazon, *, desired: int = 2, tags: dict[str, str] = ALLOWED) -> None:
    image = aws.service("ec2").register_image(Name="web")["ImageId"]
    make_group(aws.service("autoscaling"), image, desired=desired, tags=tags)


def shown(aws: Amazon) -> Any:
    found = aws.service("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return [(each["AutoScalingGroupName"], each["DesiredCapacity"]) for each in found]


def case_of(aws: Amazon, target: Target = WEB, **parameters: Any) -> ActionCase:
    return ActionCase(
        action=SCALE,
        request=request(SCALE, target, **{"by": 2, "max": 10, **parameters}),
        reads=reads_of(aws=aws.looker),
        writes=writes_of(aws=aws.writes),
        state=lambda: shown(aws),
    )


def resize(aws: Amazon, size: int) -> None:
    aws.service("autoscaling").set_desired_capacity(
        AutoScalingGroupName="web", DesiredCapacity=size
    )


class TestScaling(ActionContract):
    @pytest.fixture
    def case(self, aws: Amazon) -> ActionCase:
        group(aws)
        return replace(case_of(aws), move=lambda: resize(aws, 5))

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """AWS knows no tickets to spend; asking for a number twice is asking once."""
        change, ticket, before = await case.change(), case.ticket(), case.state()
        sight = await case.proposer().observe(change, ticket)

        assert sight.observation is Observation.NOT_APPLIED
        assert case.state() == before


async def test_more_instances_are_asked_for_and_the_plan_says_how_many(aws: Amazon) -> None:
    group(aws)
    case = case_of(aws)
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert change.summary == "scale asg/web from 2 to 4 instances"
    assert measure.summary == "scaled asg/web: 2 -> 4"
    assert shown(aws) == [("web", 4)]


async def test_a_size_that_somebody_else_chose_is_neither_applied_nor_not(aws: Amazon) -> None:
    group(aws)
    case = case_of(aws)
    change = await case.change()
    resize(aws, 5)

    sight = await case.proposer().observe(change, case.ticket())
    assert sight.observation is Observation.DIVERGED


async def test_a_group_that_is_large_enough_is_left_alone(aws: Amazon) -> None:
    group(aws, desired=4)
    case = case_of(aws, by=None, to=3)

    assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_policies_that_may_take_it_back_are_named(aws: Amazon) -> None:
    group(aws)
    aws.service("autoscaling").put_scaling_policy(
        AutoScalingGroupName="web",
        PolicyName="cpu-50",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50,
        },
    )

    assert "policies may take it back: cpu-50" in (await case_of(aws).change()).summary


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({}, "lacks the tag remediator=allowed"),
        ({**ALLOWED, "eks:nodegroup-name": "blue"}, "a cluster's autoscaler rules this group"),
    ],
)
async def test_a_group_that_is_not_ours_to_scale_is_refused(
    aws: Amazon, tags: dict[str, str], sentence: str
) -> None:
    group(aws, tags=tags)
    case = case_of(aws)

    with pytest.raises(Permanent, match=sentence):
        await case.proposer().propose(case.request)


@pytest.mark.parametrize("name", ["db", "web@eu-west-3"])
async def test_a_group_that_is_not_there_is_refused(aws: Amazon, name: str) -> None:
    group(aws)
    case = case_of(aws, Target("asg", name))

    with pytest.raises(Permanent, match=r"no such group|no region"):
        await case.proposer().propose(case.request)


GROUP = {"DesiredCapacity": 4, "MinSize": 1, "MaxSize": 6}


@pytest.mark.parametrize(
    ("more", "wanted", "expected"),
    [
        ({}, {"by": 1, "max": 10}, 5),
        ({}, {"by": 5, "max": 5}, 5),
        ({}, {"to": 6, "max": 10}, 6),
        ({}, {"to": 4, "max": 10}, None),
        ({}, {"to": 2, "max": 10}, None),
        ({}, {"by": 1, "max": 4}, "it has 4, and max is 4"),
        ({}, {"by": 1, "max": 2}, "it has 4, and max is 2"),
        ({}, {"by": 3, "max": 10}, "more than the group's own maximum of 6"),
        ({"Status": "Delete in progress"}, {"by": 1, "max": 10}, "being deleted"),
        ({"SuspendedProcesses": [{"ProcessName": "Launch"}]}, {"by": 1, "max": 10}, "suspended"),
        ({"SuspendedProcesses": [{"ProcessName": "AZRebalance"}]}, {"by": 1, "max": 10}, 5),
    ],
)  # fmt: skip
def test_a_group_grows_as_far_as_it_may(
    more: dict[str, Any], wanted: dict[str, int], expected: int | str | None
) -> None:
    found = wanted_size({**GROUP, **more}, ScaleParameters.model_validate(wanted))

    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected


@pytest.mark.parametrize(
    "wrong",
    [{}, {"by": 1}, {"by": 1, "to": 2, "max": 3}, {"to": 4, "max": 3}, {"by": -1, "max": 3}, {"to": 0, "max": 3}],
)  # fmt: skip
def test_parameters_that_mean_nothing_safe_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScaleParameters.model_validate(wrong)
