"""Find a target's other names: by the settings, by AWS, by its cluster. One per site; used by the runner.

Answers are kept for a minute, because a run asks at every turn. Whoever cannot be asked leaves a reason, and
`protected` decides on the careful side.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from remediator.config.settings import Settings
from remediator.core.errors import ActionError, Permanent
from remediator.core.identity import Identity
from remediator.core.target import Target
from remediator.integrations.aws.actions.instances import instance_of, split_region
from remediator.integrations.aws.api import AWS, Aws, Call
from remediator.integrations.aws.knowledge.names import attached_to, instance_hosts, instance_names
from remediator.integrations.hosts.settings.machines import Machines
from remediator.integrations.hosts.settings.section import HOSTS_SECTION
from remediator.integrations.kubernetes.api import KUBERNETES, Clusters, ref_of
from remediator.integrations.kubernetes.knowledge.names import node_names
from remediator.ports.gateways import Reads
from remediator.ports.identity import Identities

PATIENCE = 10.0
KEPT_SECONDS = 60.0
_MOST_KEPT = 10_000
_REGIONAL = ("asg", "database")


@dataclass(frozen=True, slots=True)
class _Said:
    """What AWS or a cluster says: names, and hosts that the settings let it name."""

    names: frozenset[Target] = frozenset()
    declared: frozenset[Target] = frozenset()


class SiteIdentities:
    """Keeps the promise of `ports.identity.Identities`, with what one site knows."""

    def __init__(
        self,
        settings: Settings,
        reads: Reads,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        hosts = settings.sections[HOSTS_SECTION]
        self._machines = Machines(
            inventory=hosts.resolver.addresses(),
            instances=settings.aws.instances,
            same=hosts.same,
        )
        self._aws: Aws | None = reads[AWS] if settings.aws.regions else None
        self._clusters: Clusters | None = reads[KUBERNETES] if settings.kubernetes else None
        self._monotonic = monotonic
        self._kept: dict[Target, tuple[float, Identity]] = {}

    async def of(self, target: Target) -> Identity:
        """See ports.identity.Identities."""
        until, known = self._kept.get(target, (0.0, None))
        if known is not None and self._monotonic() < until:
            return known
        found = await self._found(target)
        if not found.unsure:
            self._keep(target, found)
        return found

    def _keep(self, target: Target, found: Identity) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[target] = (self._monotonic() + KEPT_SECONDS, found)

    async def _found(self, target: Target) -> Identity:
        try:
            async with asyncio.timeout(PATIENCE):
                if target.kind in _REGIONAL:
                    return self._regional(target)
                if target.kind == "volume":
                    return await self._volume(target)
                return await self._asked(target)
        except TimeoutError:
            return self._unsure(target, "no answer in time")
        except ActionError as error:
            found = self._unsure(target, error.detail)
            if isinstance(error, Permanent):  # asking again says the same
                self._keep(target, found)
            return found

    def _unsure(self, target: Target, why: str) -> Identity:
        """Return what the settings alone say."""
        return self._identity(target, _Said(), unsure=why)

    def _regional(self, target: Target) -> Identity:
        """In the only region there is, a name with that region and one without are one thing."""
        path, at, region = target.name.rpartition("@")
        regions = self._aws.terms.regions if self._aws else ()
        is_only = at and regions == (region,)
        return Identity(target=target, names=(Target(target.kind, path),) if is_only else ())

    async def _asked(self, target: Target) -> Identity:
        """Ask the cluster, then AWS about what the settings and the cluster say."""
        said = await self._node(target)
        known = {target, *self._machines.tied_to({target, *said.names})} | said.names
        at_aws = await self._instance(target, known)
        return self._identity(
            target, _Said(said.names | at_aws.names, said.declared | at_aws.declared)
        )

    def _identity(self, target: Target, said: _Said, *, unsure: str = "") -> Identity:
        declared = said.declared | self._machines.tied_to({target, *said.names, *said.declared})
        names = declared | said.names
        return Identity(
            target=target,
            names=tuple(sorted(names - {target})),
            declared=declared,
            perhaps=self._machines.tunnelled({target, *names}) - names - {target},
            unsure=unsure,
        )

    async def _node(self, target: Target) -> _Said:
        if target.kind != "node" or self._clusters is None:
            return _Said()
        found = await self._clusters.of(target).get(ref_of(target))
        return _Said() if found is None else _Said(frozenset(node_names(found)))

    async def _instance(self, target: Target, known: Iterable[Target]) -> _Said:
        """Ask about the instance that is named already, else for the one that a host is."""
        instance = next((name for name in sorted(known) if name.kind == "instance"), None)
        sought = instance or (target if target.kind == "host" else None)
        if self._aws is None or sought is None:
            return _Said()
        raw = (await instance_of(self._aws, sought)).raw
        hosts = instance_hosts(raw, self._aws.terms.instance_by)
        return _Said(frozenset(instance_names(raw)), frozenset(hosts))

    async def _volume(self, target: Target) -> Identity:
        if self._aws is None:
            return self._unsure(target, "aws.regions is not set")
        name, regions = split_region(self._aws, target)
        found = [raw for region in regions for raw in await self._described(name, region)]
        if not found:
            return self._unsure(target, "AWS knows no such volume")
        instances = [instance for raw in found for instance in attached_to(raw)]
        machines = [await self.of(instance) for instance in instances]
        unsure = next((machine.unsure for machine in machines if machine.unsure), "")
        return Identity(target=target, machines=tuple(machines), unsure=unsure)

    async def _described(self, name: str, region: str) -> Any:
        assert self._aws is not None  # noqa: S101 - asked by _volume only
        arguments = {"VolumeIds": [name]}
        call = Call(service="ec2", operation="describe_volumes", region=region, arguments=arguments)
        return await self._aws.find(call, "Volumes")


class LiveIdentities:
    """The names of the site in force; what holds on to this follows a reload."""

    def __init__(self, present: Callable[[], Identities]) -> None:
        self._present = present

    async def of(self, target: Target) -> Identity:
        """See ports.identity.Identities."""
        return await self._present().of(target)
