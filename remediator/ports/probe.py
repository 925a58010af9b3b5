"""What a probe is: a read-only look that returns evidence for people. Implementations are files in `probes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from remediator.core.events import Evidence
from remediator.core.target import Target
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Rights, no_rights


class Prober(Protocol):
    """One probe, ready to look."""

    async def probe(self, target: Target, parameters: Parameters, timeout: timedelta) -> Evidence:
        """Return what was found; a look that fails is evidence with a `problem`, not an error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One registered probe."""

    name: str
    doc: str
    parameters: type[Parameters]
    targets: tuple[str, ...]
    example: str
    prober: Callable[[Reads], Prober]
    rights: Rights = no_rights
