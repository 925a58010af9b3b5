"""`rds.add_read_replica`: give a database one read replica more, up to a cap.

The replica's name is fixed in the plan: it is what makes the call safe to doubt, for AWS makes no two of one name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

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

_ENGINES = {"mysql", "mariadb", "postgres"}
_BROKEN = ("failed", "incompatible-", "storage-full")
_LONGEST_NAME = 63
_MOST_REPLICAS = 15


class ReplicaParameters(Parameters):
    """Add one replica while there are fewer than `max_replicas`; its `instance_class` is the source's by default."""

    max_replicas: Annotated[int, Field(ge=1, le=_MOST_REPLICAS)]
    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$")] | None = None


class ReplicaProposer(Proposer):
    """Looks at the database and its replicas."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = ReplicaParameters.of(request.parameters)
        region, source = await _source(self._aws, request.target)
        check_tags(self._aws, tags_of(source, "TagList"), request.target)
        if problem := refusal(source):
            raise Permanent(problem, target=str(request.target))
        replicas = _replicas(source)
        if len(replicas) >= wanted.max_replicas:
            return Nothing(reason=f"{request.target} has {len(replicas)} replicas already")
        name = await self._free_name(region, source)
        kind = wanted.instance_class or str(source["DBInstanceClass"])
        target = Target(
            request.target.kind,
            self._aws.settings.named(str(source["DBInstanceIdentifier"]), region),
        )
        return _change(request, target, source, name, kind)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look for the replica by its name."""
        region, source = await _source(self._aws, change.target)
        found = await _described(self._aws, region, change.intent["replica"])
        if found is None:
            detail = f"there is no {change.intent['replica']}"
            return Sight(observation=Observation.NOT_APPLIED, detail=detail)
        status = str(found.get("DBInstanceStatus", ""))
        detail = f"{change.intent['replica']} is {status}"
        is_ours = found.get("ReadReplicaSourceDBInstanceIdentifier") in (
            source["DBInstanceIdentifier"],
            source.get("DBInstanceArn"),
        )
        if not is_ours or status.startswith(_BROKEN):
            return Sight(observation=Observation.DIVERGED, detail=detail)
        return Sight(observation=Observation.APPLIED, detail=detail)

    async def _free_name(self, region: str, source: Item) -> str:
        stem = str(source["DBInstanceIdentifier"])[: _LONGEST_NAME - 4].rstrip("-")
        for number in range(1, 2 * _MOST_REPLICAS):
            name = f"{stem}-r{number}"
            if name not in _replicas(source) and not await _described(self._aws, region, name):
                return name
        raise Permanent("no name for a replica is free", target=stem)


class ReplicaApplier:
    """Makes the replica."""

    def __init__(self, aws: AwsWrites) -> None:
        self._aws = aws

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Ask once; AWS needs minutes until it can be read from."""
        region, source = await _source(self._aws, change.target)
        if _version(source) != change.version:
            raise Stale("its replicas are others since", target=str(change.target))
        tags = {k: v for k, v in tags_of(source, "TagList").items() if not k.startswith("aws:")}
        asked = {
            "DBInstanceIdentifier": change.intent["replica"],
            "SourceDBInstanceIdentifier": str(source["DBInstanceIdentifier"]),
            "DBInstanceClass": change.intent["class"],
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        call = _call("create_db_instance_read_replica", region, asked)
        await self._aws.write(call, not_after=ticket.not_after)
        summary = f"{change.intent['replica']} is being made; it can be read from in some minutes"
        return Measure(summary=summary)


def refusal(source: Item) -> str | None:
    """Return why a database can have no replica (more), or None."""
    engine, status = str(source.get("Engine", "")), str(source.get("DBInstanceStatus", ""))
    if engine.startswith("aurora"):
        return "Aurora has readers in its cluster, not replicas of an instance"
    if engine not in _ENGINES:
        return f"replicas of {engine} are not offered"
    if source.get("ReadReplicaSourceDBInstanceIdentifier"):
        return "it is a replica itself: name its source"
    if status != "available":
        return f"it is {status}, not available"
    if not source.get("BackupRetentionPeriod"):
        return "its automated backups are off, without which RDS makes no replica"
    return None


def _change(request: Request, target: Target, source: Item, name: str, kind: str) -> Change:
    there = len(_replicas(source))
    return Change(
        step=request.step,
        action="rds.add_read_replica",
        target=target,
        intent={"replica": name, "class": kind},
        version=_version(source),
        summary=f"add read replica {name} ({kind}) to {target}, which has {there} of its own",
        effect=ActionEffect.REVERSIBLE,
        before={"replicas": there},
        after={"replicas": there + 1},
        undo_hint=f"delete the database instance {name}; it costs money until then",
    )


async def _source(aws: Aws, target: Target) -> tuple[str, Item]:
    name, regions = split_region(aws, target)
    found = [(region, await _described(aws, region, name)) for region in regions]
    there = [(region, item) for region, item in found if item is not None]
    if len(there) > 1:
        raise Permanent("several regions have it: write database/ID@REGION", target=str(target))
    if not there:
        raise Permanent(f"there is no such database in {', '.join(regions)}", target=str(target))
    return there[0]


async def _described(aws: Aws, region: str, name: str) -> Item | None:
    call = _call("describe_db_instances", region, {"DBInstanceIdentifier": name})
    found = await aws.find(call, "DBInstances")
    return found[0] if found else None


def _replicas(source: Item) -> tuple[str, ...]:
    return tuple(sorted(source.get("ReadReplicaDBInstanceIdentifiers") or ()))


def _version(source: Item) -> str:
    return f"{source.get('DbiResourceId', '')}/{' '.join(_replicas(source))}"


def _call(operation: str, region: str, arguments: Mapping[str, object]) -> Call:
    return Call(service="rds", operation=operation, region=region, arguments=arguments)


def _rights(use: Use) -> tuple[Right, ...]:
    changes = cloud_rights("rds:CreateDBInstanceReadReplica", "rds:AddTagsToResource")
    return (*cloud_rights("rds:DescribeDBInstances"), *changes)


ACTIONS = (
    Action(
        name="rds.add_read_replica",
        doc="Give a database (MySQL, MariaDB, PostgreSQL) one read replica more, up to a cap.",
        parameters=ReplicaParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.DETECTABLE,
        least_timeout=LEAST_TIMEOUT,
        targets=("database",),
        example="rds.add_read_replica: {max_replicas: 3}",
        proposer=lambda reads: ReplicaProposer(reads[AWS]),
        applier=lambda reads, writes: ReplicaApplier(writes[AWS_WRITES]),
        rights=_rights,
    ),
)
