"""What the engine's benchmarks share: guards that allow very many runs, and the machine's own clock for a House."""

from __future__ import annotations

from datetime import timedelta

from remediator.core.guards.blast_radius import BlastRadiusSettings
from remediator.core.guards.concurrency import ConcurrencySettings
from remediator.core.guards.limits import Limit, LimitsSettings
from remediator.core.guards.storm import StormSettings
from remediator.ports.ambient import system_ambient

MANY = 10**9
GUARDS = {
    "storm": StormSettings(runs=MANY),
    "limits": LimitsSettings(limits=(Limit(max=MANY, per=timedelta(hours=6)),)),
    "blast_radius": BlastRadiusSettings(max=MANY),
    "concurrency": ConcurrencySettings(max=MANY),
}


class RealTime:
    """A House's clock that is the machine's."""

    def __init__(self) -> None:
        self._ambient = system_ambient()

    def now(self):
        return self._ambient.now()

    def new_id(self, prefix: str) -> str:
        return self._ambient.new_id(prefix)

    def ambient(self):
        return self._ambient
