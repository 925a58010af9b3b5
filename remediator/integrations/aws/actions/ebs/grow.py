"""`ebs.grow`: make an EBS volume larger, so that its file system can grow (`filesystem.grow` does that).

Volumes only ever grow, so an attempt of unknown outcome is settled by looking: the plan freezes the size, AWS tells
what it was asked for last. ModifyVolume takes no token: it is called once, and never again on doubt.

AWS names only the last modification of a volume, so how often we grew it stands in a tag on the volume, written before
the call. The 24 h limit of AWS itself is not assumed: its refusal is passed on, which says when the next may be made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Permanent, Transient
from remediator.core.target import Target
from remediator.integrations.aws.actions.ebs.finding import volume_by_id, volume_of
from remediator.integrations.aws.actions.ebs.growing import GrowApplier, growing_calls, sight_of
from remediator.integrations.aws.actions.instances import check_tags
from remediator.integrations.aws.api import AWS, AWS_WRITES, LEAST_TIMEOUT, Aws
from remediator.integrations.aws.knowledge.ebs import (
    Growth,
    Volume,
    claim_of,
    price_words,
    too_often,
    unfinished,
    unusable,
    wanted_growth,
)
from remediator.integrations.aws.rights import cloud_rights
from remediator.integrations.shell.api import LOOKER, Looker
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_PATH = r"^/[^\x00-\x1f\x7f]{0,1023}$"


class GrowParameters(Parameters):
    """Grow by `by_percent` or to `to_gib`, never above `max_gib`. On a host, `path` says which file system's volume."""

    by_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    to_gib: Annotated[int, Field(ge=1, le=65_536)] | None = None
    max_gib: Annotated[int, Field(ge=1, le=65_536)]
    path: Annotated[str, Field(pattern=_PATH)] | None = None
    snapshot: bool = False
    max_per_day: Annotated[int, Field(ge=1, le=4)] = 2

    @model_validator(mode="after")
    def _says_one_size(self) -> Self:
        if (self.by_percent is None) == (self.to_gib is None):
            raise ValueError("say by_percent or to_gib")
        if self.to_gib is not None and self.to_gib > self.max_gib:
            raise ValueError("to_gib is above max_gib")
        return self


class GrowProposer(Proposer):
    """Looks at the volume, and asks AWS whether we may."""

    def __init__(self, aws: Aws, looker: Looker) -> None:
        self._aws = aws
        self._looker = looker

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = GrowParameters.of(request.parameters)
        volume = await volume_of(self._aws, self._looker, request.target, wanted.path)
        target = Target("volume", self._aws.settings.named(volume.id, volume.region))
        _check_owner(self._aws, volume, target)
        growth = wanted_growth(
            volume, by_percent=wanted.by_percent, to_gib=wanted.to_gib, max_gib=wanted.max_gib
        )
        if growth is None:
            return Nothing(reason=f"{target} has {volume.gib} GiB already")
        if isinstance(growth, str):
            raise Permanent(growth, target=str(target))
        _check_state(volume, growth, wanted.max_per_day, request.now, target)
        for call in growing_calls(volume, growth.gib, wanted.snapshot, tag=""):
            await self._aws.rehearse(call)
        return _change(request, target, volume, growth, self._price(volume, growth))

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look at the volume: nobody's growth but one to at least our size can have been this one."""
        volume = await volume_by_id(self._aws, change.target)
        return sight_of(volume, change)

    def _price(self, volume: Volume, growth: Growth) -> str:
        prices = self._aws.settings.prices
        if prices is None:
            return ""
        price = prices.gib_month.get(volume.type)
        return price_words(growth.gib - volume.gib, price, prices.currency, prices.source)


def _check_owner(aws: Aws, volume: Volume, target: Target) -> None:
    claim = claim_of(volume.tags)
    if claim is not None:
        detail = f"it belongs to Kubernetes: grow its claim with kubernetes.expand_volume on {claim or 'pvc/…'}"
        raise Permanent(detail, target=str(target))
    check_tags(aws, volume.tags, target)


def _check_state(volume: Volume, growth: Growth, most: int, now: datetime, target: Target) -> None:
    if problem := unusable(volume) or too_often(volume, growth.gib, most, now):
        raise Permanent(problem, target=str(target))
    if problem := unfinished(volume):
        raise Transient(problem, target=str(target))


def _change(request: Request, target: Target, volume: Volume, growth: Growth, price: str) -> Change:
    wanted = GrowParameters.of(request.parameters)
    before, after = volume.gib, growth.gib
    place = f" ({wanted.path} of {request.target})" if request.target.kind == "host" else ""
    percent = round((after - before) * 100 / before)
    parts = [
        f"grow {target}{place}, {volume.type}, from {before} to {after} GiB (+{percent} %)",
        *([growth.capped_by] if growth.capped_by else ()),
        *(["a snapshot first"] if wanted.snapshot else ()),
        *([price] if price else ()),
    ]
    return Change(
        step=request.step,
        action="ebs.grow",
        target=target,
        intent={"to_gib": after, "snapshot": wanted.snapshot},
        version=volume.version,
        summary="; ".join(parts),
        effect=ActionEffect.IRREVERSIBLE,
        before={"gib": before, "type": volume.type},
        after={"gib": after, "type": volume.type},
        undo_hint="an EBS volume never shrinks; the way back is a new, smaller volume",
    )


def _rights(use: Use) -> tuple[Right, ...]:
    looks = ["ec2:DescribeVolumes", "ec2:DescribeVolumesModifications"]
    looks += ["ec2:DescribeInstances"] if use.kind != "volume" else []
    looks += ["ec2:DescribeSnapshots"] if use.parameters.get("snapshot") else []
    changes = ["ec2:ModifyVolume", "ec2:CreateTags"]
    changes += ["ec2:CreateSnapshot"] if use.parameters.get("snapshot") else []
    return (*cloud_rights(*looks), *cloud_rights(*changes, is_tagged=True))


def _proposer(reads: Reads) -> GrowProposer:
    return GrowProposer(reads[AWS], reads[LOOKER])


def _applier(reads: Reads, writes: Writes) -> GrowApplier:
    return GrowApplier(writes[AWS_WRITES])


ACTIONS = (
    Action(
        name="ebs.grow",
        doc="Make an EBS volume larger, by percent or to a size, up to a cap; found from a host and a path, or by id.",
        parameters=GrowParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.CONVERGENT,
        least_timeout=LEAST_TIMEOUT,
        targets=("host", "volume"),
        required_on={"host": ("path",)},
        example="ebs.grow: {path: /var, by_percent: 20, max_gib: 500}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
