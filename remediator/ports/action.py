"""What an action is: how it proposes, applies and observes. Implementations are files in `actions`, one each.

Looking and acting are two objects. A dry run builds only the first, so the code that changes things is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Stale
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Rights, no_rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a step asks of its action.

    `planned` is what was planned, and perhaps approved, where this is the last look before it is applied. An action
    gives it back where all that the change depends on still holds, though something else has moved by itself; one
    whose choice moves by itself (what is old enough) stays within that choice.
    """

    step: str
    target: Target
    parameters: Parameters
    timeout: timedelta
    now: datetime
    planned: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The right to apply one change once: the attempt's token, the target's fence, and the latest moment."""

    token: str
    fence: int
    not_after: datetime
    timeout: timedelta

    def refuse_late(self) -> None:
        """Raise Stale where its time is over: whoever slept too long changes nothing."""
        if datetime.now(UTC) >= self.not_after:
            raise Stale("the time to apply this is over")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What `observe` saw."""

    observation: Observation
    detail: str
    measure: Measure = field(default_factory=Measure)


class Proposer(Protocol):
    """The half of an action that only looks. One without a way back inherits `undo`."""

    async def propose(self, request: Request) -> Change | Nothing:
        """Read the world and return the exact change; raise Transient or Permanent. Twice gives the same change."""
        ...

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Say what became of an attempt whose answer is not known; raise Transient where the world cannot be
        reached."""
        ...

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """Return the change that takes an applied one back, or None where there is none."""
        return None


class Applier(Protocol):
    """The half of an action that changes the world."""

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Make it so, conditionally on the change's version; raise one of the four action errors."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One registered action. `proposer` and `applier` build the two halves from the gateways they are given.

    `example` is YAML that loads (the tests prove it); `targets` the kinds of target it works on; `rights` what a use of
    it must be allowed to do outside; `literal` the parameters in which nothing from an alert may stand;
    `least_timeout` what a step must be given for one try; `required_on` the parameters without which it cannot work on
    a kind of target.
    """

    name: str
    doc: str
    parameters: type[Parameters]
    effect: ActionEffect
    safety: Safety
    targets: tuple[str, ...]
    example: str
    proposer: Callable[[Reads], Proposer]
    applier: Callable[[Reads, Writes], Applier]
    effect_of: Callable[[Parameters], ActionEffect] | None = None
    rights: Rights = no_rights
    literal: tuple[str, ...] = ()
    least_timeout: timedelta = timedelta(0)
    required_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
