"""A run: one attempt to answer one alert with one playbook. Its state is the fold of its events, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from remediator.core.change import Change, Plan
from remediator.core.events import Evidence, Measure, Outcome, Voted
from remediator.core.facts import Answer, Known
from remediator.core.order import Order
from remediator.core.person import Person
from remediator.core.verdict import Judgement

UNDO_PREFIX = "undo:"


class Phase(StrEnum):
    """Where a run is; deferral and retry are `due_at`, not phases."""

    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    ACTING = "acting"
    VERIFYING = "verifying"
    CLOSED = "closed"


class StepState(StrEnum):
    """What became of one step."""

    WAITING = "waiting"
    INTENDED = "intended"
    DOUBTED = "doubted"
    UNKNOWN = "unknown"
    APPLIED = "applied"
    SKIPPED = "skipped"
    FAILED = "failed"


SETTLED_STATES = frozenset({StepState.APPLIED, StepState.SKIPPED, StepState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """One step of a run: its change once proposed, and what became of it. `n` counts committed intents."""

    step: str
    state: StepState = StepState.WAITING
    change: Change | None = None
    wanted: bool = False
    n: int = 0
    token: str = ""
    fence: int = 0
    target_fence: int = 0
    not_after: datetime | None = None
    observe_at: datetime | None = None
    observe_until: datetime | None = None
    reason: str = ""
    diverged: bool = False
    in_part: bool = False
    measure: Measure = Measure()

    @property
    def is_undo(self) -> bool:
        """Whether this step takes another one back."""
        return self.step.startswith(UNDO_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request for people's yes to one digest, and what they answered."""

    id: str
    digest: str
    reasons: tuple[str, ...]
    requested_at: datetime
    expires_at: datetime
    history: str = ""
    votes: tuple[Voted, ...] = ()
    reminded: int = 0
    escalated: bool = False
    granted: bool = False
    expired: bool = False
    rejected_by: Person | None = None
    decided_at: datetime | None = None

    @property
    def approvers(self) -> tuple[str, ...]:
        """The names of the people who said yes; nobody is taken twice."""
        return tuple(v.person.name for v in self.votes if v.approve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The proof under way."""

    started_at: datetime
    deadline: datetime
    next_look: datetime
    held_since: datetime | None = None
    looked_at: datetime | None = None
    looks: int = 0
    known: Known = Known.UNKNOWN
    answers: tuple[tuple[str, Answer], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Undoing under way: why, and how the run will end when it is through."""

    reason: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The whole state of a run. `fence` and `version` are the store's and are not moved by events."""

    id: str
    order: Order
    episode: str
    ordinal: int
    phase: Phase
    created_at: datetime
    deadline: datetime
    outcome: Outcome | None = None
    reason: str = ""
    closed_at: datetime | None = None
    not_before: datetime | None = None
    diagnosed: bool = False
    evidence: tuple[Evidence, ...] = ()
    judgement: Judgement | None = None
    cleared: bool = False
    plan_judged: bool = False
    denied: bool = False
    progress: tuple[StepProgress, ...] = ()
    plan: Plan | None = None
    former_plan: Plan | None = None
    confirmed_at: datetime | None = None
    replans: int = 0
    proposal_tries: int = 0
    approval: Approval | None = None
    verification: Verification | None = None
    rollback: Rollback | None = None
    alert_resolved_at: datetime | None = None
    cancelled_by: Person | None = None
    taken_over: bool = False
    fence: int = 0
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the run may still take events."""
        return self.phase is not Phase.CLOSED

    @property
    def has_acted(self) -> bool:
        """Whether an intent of this run was ever committed."""
        return any(step.n for step in self.progress)

    @property
    def may_have_changed(self) -> bool:
        """Whether any settled step has left, or may have left, something changed in the world."""
        return any(
            step.state is StepState.APPLIED or step.diverged or step.in_part
            for step in self.progress
        )

    @property
    def open_attempt(self) -> StepProgress | None:
        """The one step whose intent has no known outcome yet."""
        unsettled = (StepState.INTENDED, StepState.DOUBTED, StepState.UNKNOWN)
        return next((step for step in self.progress if step.state in unsettled), None)

    @property
    def is_approved(self) -> bool:
        """Whether the current plan, and no other, has the people's yes."""
        return bool(
            self.plan
            and self.approval
            and self.approval.granted
            and not self.approval.expired
            and self.approval.digest == self.plan.digest
        )

    def at(self, step_id: str) -> StepProgress:
        """Return the progress of one step."""
        return next(step for step in self.progress if step.step == step_id)

    def with_step(self, step: StepProgress) -> Run:
        """Return this run with one step's progress replaced."""
        return replace(
            self, progress=tuple(step if s.step == step.step else s for s in self.progress)
        )

    def considering_again(self) -> Run:
        """Return this run with the `unless` of all that was not begun to be asked anew, because time has passed."""
        progress = tuple(
            replace(s, wanted=False) if s.state is StepState.WAITING else s for s in self.progress
        )
        return replace(self, progress=progress)

    def leaving_out_rest(self, reason: str) -> Run:
        """Return this run acting on, without the steps that were not begun."""
        progress = tuple(
            replace(s, state=StepState.SKIPPED, reason=reason)
            if s.state is StepState.WAITING
            else s
            for s in self.progress
        )
        return replace(self, progress=progress, phase=Phase.ACTING)
