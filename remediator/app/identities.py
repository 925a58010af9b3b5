"""Find a target's other names: by the settings, and by whoever knows more. One per site; used by the runner.

Answers are kept for a minute, because a run asks at every turn. Whoever cannot be asked leaves a reason, and
`protected` decides on the careful side.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from remediator.config.catalog import find_integrations
from remediator.config.settings import Settings
from remediator.core.errors import ActionError, Permanent
from remediator.core.identity import Identity, Said
from remediator.core.machines import Machines
from remediator.core.target import Target
from remediator.ports.gateways import Reads
from remediator.ports.identity import Identities

PATIENCE = 10.0
KEPT_SECONDS = 60.0
_MOST_KEPT = 10_000


class ConfiguredIdentities:
    """Keeps the promise of `ports.identity.Identities`, with what one site knows."""

    def __init__(
        self,
        settings: Settings,
        reads: Reads,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        known, sections = find_integrations(), settings.sections
        told = (group for each in known if each.same for group in each.same(sections))
        self._machines = Machines(told)
        self._told_by = tuple(sorted(place for each in known for place in each.same_by))
        asked = (each.names(sections, reads) for each in known if each.names)
        self._asked = tuple(names for names in asked if names is not None)
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
                said = await self._said(target)
                parts = said.machines
                machines = None if parts is None else [await self.of(each) for each in parts]
                return self._identity(target, said, machines)
        except TimeoutError:
            return self._identity(target, Said(unsure="no answer in time"))
        except ActionError as error:
            found = self._identity(target, Said(unsure=error.detail))
            if isinstance(error, Permanent):  # asking again says the same
                self._keep(target, found)
            return found

    async def _said(self, target: Target) -> Said:
        """Ask everybody, first whose kind of target it is: the others go by what that system and the settings say."""
        said = Said()
        for names in sorted(self._asked, key=lambda each: target.kind not in each.kinds):
            known = {target, *self._machines.tied_to({target, *said.names})} | said.names
            said = said.joined(await names.of(target, frozenset(known)))
        return said

    def _identity(
        self, target: Target, said: Said, machines: Sequence[Identity] | None = None
    ) -> Identity:
        declared = said.declared | self._machines.tied_to({target, *said.names, *said.declared})
        names = declared | said.names
        reasons = (said.unsure, *(machine.unsure for machine in machines or ()))
        return Identity(
            target=target,
            names=tuple(sorted(names - {target})),
            declared=declared,
            perhaps=self._machines.tunnelled({target, *names}) - names - {target},
            machines=None if machines is None else tuple(machines),
            unsure=next(filter(None, reasons), ""),
            told_by=self._told_by,
        )


class LiveIdentities:
    """The names of the site in force; what holds on to this follows a reload."""

    def __init__(self, present: Callable[[], Identities]) -> None:
        self._present = present

    async def of(self, target: Target) -> Identity:
        """See ports.identity.Identities."""
        return await self._present().of(target)
