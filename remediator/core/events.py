"""Journal events: everything that can happen to a run. State, audit, metrics, log lines and messages come from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from remediator.core.change import Change
from remediator.core.facts import Answer
from remediator.core.order import Order
from remediator.core.person import Person
from remediator.core.verdict import Judgement


class Outcome(StrEnum):
    """How a run ended."""

    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    FAILED = "failed"
    OUTCOME_UNKNOWN = "outcome_unknown"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    HANDED_OVER = "handed_over"
    DRY_RUN = "dry_run"


class Observation(StrEnum):
    """What a look at the world says about one attempt."""

    APPLIED = "applied"
    PENDING = "pending"
    NOT_APPLIED = "not applied"
    DIVERGED = "diverged"
    UNKNOWABLE = "unknowable"


class Stage(StrEnum):
    """When guards are asked."""

    BEFORE_PLANNING = "before planning"
    PLANNED = "planned"
    GATE = "gate"


class Settlement(StrEnum):
    """What a person says about an outcome that nobody could observe."""

    APPLIED = "applied"
    NOT_APPLIED = "not applied"
    ABANDON = "abandon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What an applied change came to: words for people, and the bytes that were freed where that is the point."""

    summary: str = ""
    freed_bytes: int | None = None
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one probe found, ready for people: a title, a few lines, and a sentence when it could not look."""

    probe: str
    title: str
    lines: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A run was admitted."""

    order: Order
    episode: str
    ordinal: int
    deadline: datetime
    kind: Literal["admitted"] = "admitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """The probes have looked."""

    evidence: tuple[Evidence, ...]
    kind: Literal["diagnosed"] = "diagnosed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The guards have spoken."""

    stage: Stage
    judgement: Judgement
    kind: Literal["judged"] = "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A step's change is known."""

    step: str
    change: Change
    kind: Literal["proposed"] = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalFailed:
    """A step's change could not be worked out; `transient` where a later look may work."""

    step: str
    reason: str
    transient: bool
    kind: Literal["proposal_failed"] = "proposal_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped:
    """A step is left out, with the reason."""

    step: str
    reason: str
    kind: Literal["step_skipped"] = "step_skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWanted:
    """A step's `unless` does not hold: it is needed."""

    step: str
    reason: str = ""
    kind: Literal["step_wanted"] = "step_wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """All changes of the run are known and have a digest."""

    digest: str
    kind: Literal["planned"] = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanConfirmed:
    """A fresh look found the planned changes to be what they were."""

    digest: str
    kind: Literal["plan_confirmed"] = "plan_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVoided:
    """The world moved: the plan and its approval are void, and planning starts again (an undoing just fails)."""

    digest: str
    reason: str
    kind: Literal["plan_voided"] = "plan_voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested:
    """People are asked for their yes to one digest."""

    approval: str
    digest: str
    reasons: tuple[str, ...]
    history: str = ""
    kind: Literal["approval_requested"] = "approval_requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """A person said yes (`approve`) or no to one digest."""

    person: Person
    digest: str
    approve: bool
    reason: str = ""
    kind: Literal["voted"] = "voted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRefused:
    """A person wanted something of this run (`verb`) and was refused; nothing changed."""

    person: Person
    verb: str
    reason: str
    kind: Literal["answer_refused"] = "answer_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalReminded:
    """People were reminded that a plan waits for them."""

    kind: Literal["approval_reminded"] = "approval_reminded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEscalated:
    """A second group was told that a plan waits."""

    to: str
    kind: Literal["approval_escalated"] = "approval_escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalExpired:
    """Nobody decided in time, or nothing was begun in time under their yes."""

    kind: Literal["approval_expired"] = "approval_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentCommitted:
    """The gate let one change through: it may be applied once, before `not_after`, by the holder of `fence`."""

    step: str
    n: int
    token: str
    fence: int
    target_fence: int
    not_after: datetime
    kind: Literal["intent_committed"] = "intent_committed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A change is in the world."""

    step: str
    measure: Measure
    kind: Literal["applied"] = "applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplied:
    """A change was definitely not made; `retry` where a later try may work, `in_part` where some of it may stand."""

    step: str
    reason: str
    retry: bool
    in_part: bool = False
    kind: Literal["not_applied"] = "not_applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A change may have been made: it has to be observed before anything else."""

    step: str
    reason: str
    kind: Literal["doubted"] = "doubted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A look at the world after a doubt."""

    step: str
    observation: Observation
    detail: str
    measure: Measure = Measure()
    kind: Literal["observed"] = "observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A person said what became of a change that nobody could observe."""

    person: Person
    settlement: Settlement
    reason: str = ""
    kind: Literal["settled"] = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationStarted:
    """All steps are done; now the cause must be seen to be gone."""

    kind: Literal["verification_started"] = "verification_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One look of the verification."""

    answers: Mapping[str, Answer]
    kind: Literal["looked"] = "looked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackStarted:
    """What can be undone will be, in reverse order."""

    reason: str
    outcome: Outcome
    kind: Literal["rollback_started"] = "rollback_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoProposed:
    """How a step's change can be undone (a change of its own), or why it cannot."""

    step: str
    change: Change | None
    reason: str = ""
    kind: Literal["undo_proposed"] = "undo_proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved:
    """The alert's cause is reported gone."""

    at: datetime
    kind: Literal["alert_resolved"] = "alert_resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFired:
    """The alert is reported firing again while the run is open."""

    at: datetime
    kind: Literal["alert_fired"] = "alert_fired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """A person wants this run to stop."""

    person: Person
    reason: str = ""
    take_over: bool = False
    kind: Literal["cancel_requested"] = "cancel_requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something worth telling that changes nothing."""

    text: str
    kind: Literal["noted"] = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The run ended."""

    outcome: Outcome
    reason: str
    kind: Literal["closed"] = "closed"


Event = (
    Admitted
    | Diagnosed
    | Judged
    | Proposed
    | ProposalFailed
    | StepSkipped
    | StepWanted
    | Planned
    | PlanConfirmed
    | PlanVoided
    | ApprovalRequested
    | Voted
    | AnswerRefused
    | ApprovalReminded
    | ApprovalEscalated
    | ApprovalExpired
    | IntentCommitted
    | Applied
    | NotApplied
    | Doubted
    | Observed
    | Settled
    | VerificationStarted
    | Looked
    | RollbackStarted
    | UndoProposed
    | AlertResolved
    | AlertFired
    | CancelRequested
    | Noted
    | Closed
)

EVENTS: tuple[type, ...] = get_args(Event)
