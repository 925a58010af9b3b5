"""What AWS knows about the names of machines, and which machine a volume is a part of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediator.core.identity import Said
from remediator.core.target import Target
from remediator.integrations.aws.actions.instances import instance_of, split_region
from remediator.integrations.aws.api import Aws, Call, Item
from remediator.integrations.aws.knowledge.instance_names import (
    attached_to,
    instance_hosts,
    instance_names,
)
from remediator.integrations.aws.settings import AwsSettings

_REGIONAL = ("asg", "database")


class AwsNames:
    """Keeps the promise of `ports.identity.Names`; `aws` is None where the settings name no region."""

    kinds = frozenset({*_REGIONAL, "instance", "volume"})

    def __init__(self, aws: Aws | None) -> None:
        self._aws = aws

    async def of(self, target: Target, known: frozenset[Target]) -> Said:
        """See ports.identity.Names."""
        if self._aws is None:
            return Said(unsure="aws.regions is not set") if target.kind == "volume" else Said()
        if target.kind in _REGIONAL:
            return _regional(self._aws, target)
        if target.kind == "volume":
            return await _volume(self._aws, target)
        return await _instance(self._aws, target, known)


def same_instances(settings: AwsSettings) -> Iterator[frozenset[Target]]:
    """Yield each host of `aws.instances` with its instance."""
    for name, instance in settings.instances.items():
        yield frozenset({Target("host", name), Target("instance", instance)})


def _regional(aws: Aws, target: Target) -> Said:
    """In the only region there is, a name with that region and one without are one thing."""
    path, at, region = target.name.rpartition("@")
    is_only = at and aws.settings.regions == (region,)
    return Said(names=frozenset({Target(target.kind, path)} if is_only else ()))


async def _instance(aws: Aws, target: Target, known: frozenset[Target]) -> Said:
    """Ask about the instance that is named already, else for the one that a host is."""
    instance = next((name for name in sorted(known) if name.kind == "instance"), None)
    sought = instance or (target if target.kind == "host" else None)
    if sought is None:
        return Said()
    raw = (await instance_of(aws, sought)).raw
    hosts = instance_hosts(raw, aws.settings.instance_by)
    return Said(names=frozenset(instance_names(raw)), declared=frozenset(hosts))


async def _volume(aws: Aws, target: Target) -> Said:
    name, regions = split_region(aws, target)
    found = [raw for region in regions for raw in await _described(aws, name, region)]
    if not found:
        return Said(unsure="AWS knows no such volume")
    return Said(machines=tuple(instance for raw in found for instance in attached_to(raw)))


async def _described(aws: Aws, name: str, region: str) -> Sequence[Item]:
    arguments = {"VolumeIds": [name]}
    call = Call(service="ec2", operation="describe_volumes", region=region, arguments=arguments)
    return await aws.find(call, "Volumes")
