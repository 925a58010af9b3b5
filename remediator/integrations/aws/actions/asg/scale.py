"""`asg.scale`: let an Auto Scaling group have more instances, up to a cap. Fewer is not offered: AWS chooses which end.

The size is absolute, so asking twice is asking once. Groups that something else rules (a cluster's autoscaler) are
refused; where scaling policies rule the plan says that they may take it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.instances import check_tags, split_region
from remediator.integrations.aws.api import (
    AWS,
    AWS_WRITES,
    LEAST_TIMEOUT,
    Aws,
    AwsWrites,
    Call,
    Item,
)
from remediator.integrations.aws.knowledge.ebs import tags_of
from remediator.integrations.aws.rights import cloud_rights
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_RULERS = ("eks:nodegroup-name", "k8s.io/cluster-autoscaler/enabled", "karpenter.sh/nodepool")


class ScaleParameters(Parameters):
    """Have `to` instances, or `by` more than now, never above `max`."""

    by: Annotated[int, Field(ge=1, le=1000)] | None = None
    to: Annotated[int, Field(ge=1, le=10_000)] | None = None
    max: Annotated[int, Field(ge=1, le=10_000)]

    @model_validator(mode="after")
    def _says_one_size(self) -> Self:
        if (self.by is None) == (self.to is None):
            raise ValueError("say by or to")
        if self.to is not None and self.to > self.max:
            raise ValueError("to is above max")
        return self


class ScaleProposer(Proposer):
    """Looks at the group and its policies."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        region, group = await _group(self._aws, request.target)
        check_tags(self._aws, tags_of(group), request.target)
        if request.planned and _still_fits(group, request.planned):
            return request.planned
        to = wanted_size(group, ScaleParameters.of(request.parameters))
        if to is None:
            return Nothing(reason=f"{request.target} has {group['DesiredCapacity']} already")
        if isinstance(to, str):
            raise Permanent(to, target=str(request.target))
        name = self._aws.settings.named(str(group["AutoScalingGroupName"]), region)
        target = Target(request.target.kind, name)
        return _change(request, target, group, to, await self._policies(region, group))

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look at the size that is asked for: launching takes its time and may fail, which the check will tell."""
        _, group = await _group(self._aws, change.target)
        desired = int(group["DesiredCapacity"])
        detail = f"{desired} instances are asked for"
        if desired == change.intent["to"]:
            return Sight(observation=Observation.APPLIED, detail=detail)
        if _version(group) == change.version:
            return Sight(observation=Observation.NOT_APPLIED, detail=detail)
        return Sight(observation=Observation.DIVERGED, detail=detail)

    async def _policies(self, region: str, group: Item) -> Sequence[str]:
        asked = {"AutoScalingGroupName": group["AutoScalingGroupName"]}
        call = _call("describe_policies", region, asked)
        found = await self._aws.find(call, "ScalingPolicies")
        return sorted(str(each["PolicyName"]) for each in found if each.get("Enabled", True))


class ScaleApplier:
    """Asks for more instances."""

    def __init__(self, aws: AwsWrites) -> None:
        self._aws = aws

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Ask once; AWS launches them afterwards."""
        region, group = await _group(self._aws, change.target)
        if not _still_fits(group, change):
            raise Stale("the group was scaled or changed since", target=str(change.target))
        asked = {
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "DesiredCapacity": change.intent["to"],
            "HonorCooldown": False,
        }
        call = _call("set_desired_capacity", region, asked)
        await self._aws.write(call, not_after=ticket.not_after)
        before = change.before["desired"]
        return Measure(summary=f"scaled {change.target}: {before} -> {change.intent['to']}")


def wanted_size(group: Item, wanted: ScaleParameters) -> int | str | None:
    """Return how many instances to ask for; None where there are as many, a sentence where it cannot be."""
    desired, most = int(group["DesiredCapacity"]), int(group["MaxSize"])
    if group.get("Status"):
        return f"the group is being deleted ({group['Status']})"
    if rulers := [key for key in _RULERS if key in tags_of(group)]:
        return f"a cluster's autoscaler rules this group (tag {rulers[0]}): scale the workload"
    stopped = {str(each["ProcessName"]) for each in group.get("SuspendedProcesses") or ()}
    if "Launch" in stopped:
        return "launching is suspended in this group: nothing would come"
    to = wanted.to if wanted.to is not None else min(desired + (wanted.by or 0), wanted.max)
    if to <= desired:
        return None if wanted.to is not None else f"it has {desired}, and max is {wanted.max}"
    if to > most:
        return f"{to} instances are more than the group's own maximum of {most}"
    return to


def _change(
    request: Request, target: Target, group: Item, to: int, policies: Sequence[str]
) -> Change:
    desired = int(group["DesiredCapacity"])
    rule = f"; policies may take it back: {', '.join(policies)}" if policies else ""
    return Change(
        step=request.step,
        action="asg.scale",
        target=target,
        intent={"to": to},
        version=_version(group),
        summary=f"scale {target} from {desired} to {to} instances{rule}",
        effect=ActionEffect.REVERSIBLE,
        before={"desired": desired, "min": group["MinSize"], "max": group["MaxSize"]},
        after={"desired": to},
        undo_hint="lower the desired capacity by hand: AWS chooses which instances end",
    )


async def _group(aws: Aws, target: Target) -> tuple[str, Item]:
    name, regions = split_region(aws, target)
    found: list[tuple[str, Item]] = []
    for region in regions:
        call = _call("describe_auto_scaling_groups", region, {"AutoScalingGroupNames": [name]})
        found += [(region, each) for each in await aws.find(call, "AutoScalingGroups")]
    if len(found) > 1:
        raise Permanent("several regions have it: write asg/NAME@REGION", target=str(target))
    if not found:
        raise Permanent(f"there is no such group in {', '.join(regions)}", target=str(target))
    return found[0]


def _version(group: Item) -> str:
    return f"{group.get('AutoScalingGroupARN', '')}/{group['DesiredCapacity']}"


def _still_fits(group: Item, change: Change) -> bool:
    """Say whether the planned number is still as many more as was planned, or fewer: policies scale at any time."""
    arn, _, planned = change.version.rpartition("/")
    desired, to = int(group["DesiredCapacity"]), int(change.intent["to"])
    is_same = group.get("AutoScalingGroupARN", "") == arn and not group.get("Status")
    return is_same and int(planned) <= desired < to <= int(group["MaxSize"])


def _call(operation: str, region: str, arguments: Mapping[str, object]) -> Call:
    return Call(service="autoscaling", operation=operation, region=region, arguments=arguments)


def _rights(use: Use) -> tuple[Right, ...]:
    looks = ("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribePolicies")
    return (*cloud_rights(*looks), *cloud_rights("autoscaling:SetDesiredCapacity", is_tagged=True))


ACTIONS = (
    Action(
        name="asg.scale",
        doc="Let an Auto Scaling group have more instances, to a number or by some, up to a cap.",
        parameters=ScaleParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.CONVERGENT,
        least_timeout=LEAST_TIMEOUT,
        targets=("asg",),
        example="asg.scale: {by: 2, max: 10}",
        proposer=lambda reads: ScaleProposer(reads[AWS]),
        applier=lambda reads, writes: ScaleApplier(writes[AWS_WRITES]),
        rights=_rights,
    ),
)
