"""Effects: the one thing that the core wants done next; named by `lifecycle`, done by the engine's runner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from remediator.core import events as ev
from remediator.core.events import Stage


@dataclass(frozen=True, slots=True)
class Diagnose:
    """Make the probes and report `Diagnosed`."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Gather facts, ask the guards and report `Judged`."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Propose:
    """Evaluate the step's `when`, then work out its change."""

    step: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Request people's approval of the current digest."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confirm:
    """Propose the remaining steps again and compare with the plan."""


@dataclass(frozen=True, slots=True)
class Consider:
    """Make the step's `unless` checks: is it still needed?"""

    step: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Pass the intent gate: judge with fresh facts, take the target and commit the intent, in one transaction."""

    step: str


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply the change of the intent that this claim has just committed."""

    step: str


@dataclass(frozen=True, slots=True)
class Observe:
    """Look at what became of an intent."""

    step: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Make the checks of the verification."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Work out how an applied step can be taken back."""

    step: str


@dataclass(frozen=True, slots=True)
class Note:
    """Nothing to do in the world: these events follow from the run's state and the time."""

    events: tuple[ev.Event, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do before `until`; None means until something happens."""

    until: datetime | None


Effect = (
    Diagnose
    | Judge
    | Propose
    | Ask
    | Confirm
    | Consider
    | Hold
    | Apply
    | Observe
    | Verify
    | Undo
    | Note
    | Rest
)
