"""How `ebs.grow` makes a volume larger, and how an attempt is told from what was before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from remediator.core.change import Change
from remediator.core.errors import ActionError, Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.integrations.aws.actions.ebs.finding import volume_by_id
from remediator.integrations.aws.api import AwsWrites, Call
from remediator.integrations.aws.knowledge.ebs import (
    BEFORE_TAG,
    BIGGER,
    GROWN_TAG,
    Volume,
    grown_tag,
)
from remediator.ports.action import Sight, Ticket

_LOOK_AGAIN = timedelta(seconds=3)
_RESERVE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class GrowApplier:
    """Grows the volume, and waits until AWS has made it larger."""

    aws: AwsWrites
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Grow it once. Raise Uncertain where AWS did not answer; the tag and the snapshot before it may stay."""
        began, until = datetime.now(UTC), self.monotonic() + _time_for(ticket)
        volume = await volume_by_id(self.aws, change.target)
        if volume.version != change.version:
            raise Stale("the volume was modified since", target=str(change.target))
        to_gib, wants_snapshot = change.intent["to_gib"], change.intent["snapshot"]
        tag = grown_tag(volume, to_gib, began)
        *before, modify = growing_calls(volume, to_gib, wants_snapshot, tag=tag)
        for call in before:
            await self._prepare(call, volume, ticket)
        try:
            await self.aws.write(modify, not_after=ticket.not_after)
            return await self._larger(change, until)
        except Permanent as error:
            if not wants_snapshot:
                raise
            detail = f"{error.detail}; the snapshot that was made before it stays"
            raise Partial(detail, target=str(change.target)) from error

    async def _prepare(self, call: Call, volume: Volume, ticket: Ticket) -> None:
        """Leave the tag, make the snapshot; without an answer nothing that matters was changed."""
        if call.operation == "create_snapshot" and await self._has_snapshot(volume):
            return
        try:
            await self.aws.write(call, not_after=ticket.not_after)
        except Uncertain as error:
            detail = f"{call.operation} was not answered, and the volume was not touched"
            raise Transient(detail, target=volume.id) from error

    async def _has_snapshot(self, volume: Volume) -> bool:
        filters = [
            {"Name": "volume-id", "Values": [volume.id]},
            {"Name": f"tag:{BEFORE_TAG}", "Values": [volume.version]},
        ]
        call = _ec2("describe_snapshots", volume.region, OwnerIds=["self"], Filters=filters)
        return any(raw.get("State") != "error" for raw in await self.aws.find(call, "Snapshots"))

    async def _larger(self, change: Change, until: float) -> Measure:
        """Wait until the file system could grow, as long as the step has time; the change is made whatever comes."""
        state = "modifying"
        while True:
            try:
                volume = await volume_by_id(self.aws, change.target)
            except ActionError:
                volume = None
            if volume and volume.modification and _is_at(volume, change):
                state = volume.modification.state
            if state == "failed":
                said = volume.modification.message if volume and volume.modification else ""
                raise Permanent(f"AWS gave the growth up: {said}", target=str(change.target))
            if state in BIGGER or self.monotonic() + _LOOK_AGAIN.total_seconds() >= until:
                return _measure(change, state, volume)
            await self.rest(_LOOK_AGAIN.total_seconds())


def _time_for(ticket: Ticket) -> float:
    return max(timedelta(0), ticket.timeout - _RESERVE).total_seconds()


def sight_of(volume: Volume, change: Change) -> Sight:
    """Return what the volume says about an attempt."""
    latest, to_gib = volume.modification, change.intent["to_gib"]
    asked_gib = latest.target_gib if latest and latest.state != "failed" else 0
    if max(volume.gib, asked_gib) >= to_gib:
        state = f", {latest.state}" if latest else ""
        detail = f"the volume was asked to have {max(volume.gib, asked_gib)} GiB{state}"
        return Sight(observation=Observation.APPLIED, detail=detail)
    if volume.version == change.version:
        detail = f"the volume has {volume.gib} GiB, as planned from"
        return Sight(observation=Observation.NOT_APPLIED, detail=detail)
    failed = f"; AWS gave the last growth up: {latest.message}" if latest else ""
    detail = f"the volume has {volume.gib} GiB and was modified otherwise{failed}"
    return Sight(observation=Observation.DIVERGED, detail=detail)


def growing_calls(volume: Volume, gib: int, wants_snapshot: bool, *, tag: str) -> tuple[Call, ...]:
    """Return the calls in their order; the growth itself comes last."""
    tags = [{"Key": GROWN_TAG, "Value": tag}]
    note = _ec2("create_tags", volume.region, Resources=[volume.id], Tags=tags)
    grow = _ec2("modify_volume", volume.region, VolumeId=volume.id, Size=gib)
    return (*((_snapshot(volume),) if wants_snapshot else ()), note, grow)


def _snapshot(volume: Volume) -> Call:
    """The volume's own tags come with it: they say whose it is, and IAM policies ask for them."""
    own = {key: value for key, value in volume.tags.items() if not key.startswith("aws:")}
    own.pop(GROWN_TAG, None)
    tags = [
        {"Key": key, "Value": value} for key, value in {**own, BEFORE_TAG: volume.version}.items()
    ]
    return _ec2(
        "create_snapshot",
        volume.region,
        VolumeId=volume.id,
        Description="made by remediator before it grew the volume",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
    )


def _ec2(operation: str, region: str, **arguments: object) -> Call:
    return Call(service="ec2", operation=operation, region=region, arguments=arguments)


def _is_at(volume: Volume, change: Change) -> bool:
    latest = volume.modification
    return latest is not None and latest.target_gib == change.intent["to_gib"]


def _measure(change: Change, state: str, volume: Volume | None) -> Measure:
    size = f"{change.before['gib']} -> {change.intent['to_gib']} GiB"
    later = "" if state in BIGGER else "; AWS is still at it, the file system cannot grow yet"
    return Measure(summary=f"grew {change.target}: {size} ({state}){later}", facts={"state": state})
