"""`ec2.reboot`: reboot an instance by AWS's hand, for hosts that do not answer any more.

AWS takes no token and shows no trace of a reboot. So a tag with the attempt's token is put on the instance before the
call: without it nothing was asked for. With it, a new boot id tells that the host rebooted; where the host could not be
asked before, nobody can tell, and people decide.
"""

from __future__ import annotations

from collections.abc import Mapping

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.instances import Instance, check_tags, instance_of
from remediator.integrations.aws.api import AWS, AWS_WRITES, LEAST_TIMEOUT, Aws, AwsWrites, Call
from remediator.integrations.aws.knowledge.ebs import tags_of
from remediator.integrations.aws.rights import cloud_rights
from remediator.integrations.shell.api import LOOKER, Looker
from remediator.integrations.shell.receipts import host_identity
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.parameters import NoParameters
from remediator.ports.rights import Right, Use

ATTEMPT_TAG = "remediator:attempt"
_GROUP_TAG = "aws:autoscaling:groupName"


class RebootProposer(Proposer):
    """Looks at the instance and, where it answers, at the host."""

    def __init__(self, aws: Aws, looker: Looker) -> None:
        self._aws = aws
        self._looker = looker

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        instance = await instance_of(self._aws, request.target)
        tags = tags_of(instance.raw)
        check_tags(self._aws, tags, request.target)
        state = instance.raw.get("State", {}).get("Name", "")
        if state != "running":
            raise Permanent(f"{instance.id} is {state}, not running", target=str(request.target))
        for call in (_note(instance, token=""), _reboot(instance)):
            await self._aws.rehearse(call)
        boot = await _boot(self._looker, request.target)
        return _change(request, instance, boot, tags.get(_GROUP_TAG, ""))

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the tag whether it was begun, and the host whether it was booted since."""
        instance = await instance_of(self._aws, change.target)
        if tags_of(instance.raw).get(ATTEMPT_TAG) != ticket.token:
            detail = "the attempt's tag is not on the instance: nothing was asked for"
            return Sight(observation=Observation.NOT_APPLIED, detail=detail)
        before, now = change.before["boot"], await _boot(self._looker, change.target)
        if before and now and now != before:
            return Sight(observation=Observation.APPLIED, detail="the host was booted since")
        if before:
            detail = "a reboot was to be asked for, and the host was not booted yet"
            return Sight(observation=Observation.PENDING, detail=detail)
        detail = "a reboot was to be asked for; whether AWS heard it, nobody can tell"
        return Sight(observation=Observation.UNKNOWABLE, detail=detail)


class RebootApplier:
    """Reboots the instance."""

    def __init__(self, aws: AwsWrites, looker: Looker) -> None:
        self._aws = aws
        self._looker = looker

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Leave the tag, then ask once; the host goes down some time later."""
        instance = await instance_of(self._aws, change.target)
        before, now = change.before["boot"], await _boot(self._looker, change.target)
        is_other = _version(instance) != change.version or (before and now and now != before)
        if is_other or tags_of(instance.raw).get(ATTEMPT_TAG) == ticket.token:
            raise Stale("the instance was started or rebooted since", target=str(change.target))
        try:
            await self._aws.write(_note(instance, ticket.token), not_after=ticket.not_after)
        except Uncertain as error:
            detail = "the tag was not answered, and no reboot was asked for"
            raise Transient(detail, target=str(change.target)) from error
        await self._aws.write(_reboot(instance), not_after=ticket.not_after)
        return Measure(summary=f"asked AWS to reboot {instance.id} ({change.target})")


def _change(request: Request, instance: Instance, boot: str, group: str) -> Change:
    name = "" if instance.id in request.target.name else f" ({instance.id})"
    owner = f"; it belongs to the Auto Scaling group {group}, which may replace it" if group else ""
    blind = "" if boot else "; the host does not answer, so nobody will see whether it was rebooted"
    return Change(
        step=request.step,
        action="ec2.reboot",
        target=request.target,
        intent={"instance": instance.id},
        version=_version(instance),
        summary=f"reboot {request.target}{name}{owner}{blind}",
        effect=ActionEffect.IRREVERSIBLE,
        before={
            "boot": boot,
            "answers": bool(boot),
            "type": str(instance.raw.get("InstanceType", "")),
        },
        after={"state": "running"},
        undo_hint="what was only in memory is lost",
    )


def _version(instance: Instance) -> str:
    launched = instance.raw.get("LaunchTime")
    return f"{instance.id}/{launched.isoformat() if launched else ''}"


async def _boot(looker: Looker, target: Target) -> str:
    """Return what tells this boot from every other, or "" where the host cannot say."""
    if target.kind != "host":
        return ""
    try:
        return await host_identity(looker, target)
    except ActionError:
        return ""


def _note(instance: Instance, token: str) -> Call:
    tags = [{"Key": ATTEMPT_TAG, "Value": token}]
    return _call("create_tags", instance, {"Resources": [instance.id], "Tags": tags})


def _reboot(instance: Instance) -> Call:
    return _call("reboot_instances", instance, {"InstanceIds": [instance.id]})


def _call(operation: str, instance: Instance, arguments: Mapping[str, object]) -> Call:
    return Call(service="ec2", operation=operation, region=instance.region, arguments=arguments)


def _rights(use: Use) -> tuple[Right, ...]:
    changes = cloud_rights("ec2:RebootInstances", "ec2:CreateTags", is_tagged=True)
    return (*cloud_rights("ec2:DescribeInstances"), *changes)


ACTIONS = (
    Action(
        name="ec2.reboot",
        doc="Reboot an EC2 instance by AWS's hand, where the host does not answer any more.",
        parameters=NoParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.DETECTABLE,  # a tag cannot be spent: look only when the attempt is over
        least_timeout=LEAST_TIMEOUT,
        targets=("host", "instance"),
        example="ec2.reboot: {}",
        proposer=lambda reads: RebootProposer(reads[AWS], reads[LOOKER]),
        applier=lambda reads, writes: RebootApplier(writes[AWS_WRITES], reads[LOOKER]),
        rights=_rights,
    ),
)
