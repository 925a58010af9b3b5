"""What the API answers, as models: JSON is written from them, and the schemas of `/api/openapi.json` are theirs.

The promise that commands, pages and other programs build on: models may grow keys, a key that stands here keeps its
meaning. What has the same names inside is read off by `model_validate`; what has not is put together in `shapes`.
Of runs here, of all else in `listed`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)

from remediator.core.alert import AlertStatus
from remediator.core.change import ActionEffect
from remediator.core.events import Outcome
from remediator.core.facts import Known
from remediator.core.masking import Mask
from remediator.core.playbook import Mode
from remediator.core.run import Phase, StepState

T = TypeVar("T", bound="Answer")
_MASK = Mask()
"""Labels and intents are stored as they are: here by the names in them, in `Call.shows` by their texts."""


def moment(value: datetime) -> str:
    """Write a time in RFC 3339, UTC, to the millisecond."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


Moment = Annotated[
    datetime,
    PlainSerializer(moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Labels = Annotated[dict[str, str], BeforeValidator(_MASK.inside)]
Intent = Annotated[dict[str, object], BeforeValidator(_MASK.inside)]
Name = Annotated[str, BeforeValidator(str)]
Ruling = Annotated[
    Literal["allow", "ask", "defer", "deny"], BeforeValidator(lambda ruling: ruling.name.lower())
]
ApprovalState = Literal["waiting", "granted", "rejected", "expired", "void", "withdrawn"]


class Answer(BaseModel):
    """A JSON object: all keys are always there, and there may be more."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    def plain(self) -> dict[str, object]:
        """Return it as JSON-like Python."""
        return self.model_dump(mode="json")


class Items(Answer, Generic[T]):
    """One page of a list, and the cursor of the next."""

    items: list[T]
    next: str | None


class Alert(Answer):
    """An alert as it was last reported."""

    fingerprint: str
    name: str
    status: AlertStatus
    labels: Labels
    annotations: Labels
    starts_at: Moment
    ends_at: Moment | None
    generator_url: str


class Change(Answer):
    """One change, with all that an approval of it signs."""

    step: str
    action: str
    target: Name
    summary: str
    intent: Intent
    version: str
    before: dict[str, object]
    after: dict[str, object]
    effect: ActionEffect
    reversible: bool
    undo_hint: str
    estimate: int | None
    bound: int | None
    unit: str


class Plan(Answer):
    """All changes of a run in order; an approval is of the digest."""

    digest: str
    irreversible: bool
    changes: list[Change]


class Step(Answer):
    """What became of one step."""

    step: str
    action: str
    state: StepState
    is_undo: bool
    attempts: int
    reason: str
    summary: str
    freed_bytes: int | None
    seconds: float


class Verdict(Answer):
    """What one guard said; a guard without an objection is listed only where it saw something."""

    guard: str
    ruling: Ruling
    reason: str
    numbers: dict[str, object]
    until: Moment | None
    clears: str


class Vote(Answer):
    """What one person answered."""

    person: str
    door: str
    approve: bool
    digest: str
    reason: str


class Deciders(Answer):
    """Who is named by the playbook to decide; nobody: any approver."""

    users: list[str]
    groups: list[str]


class Approval(Answer):
    """What people were asked about one plan, and what they answered."""

    id: str
    state: ApprovalState
    digest: str
    reasons: list[str]
    requested_at: Moment
    expires_at: Moment
    needed: int
    by: Deciders
    who_decides: str
    approvers: list[str]
    votes: list[Vote]


class Looked(Answer):
    """What one check of the verification found last."""

    check: str
    known: Known
    detail: str
    value: float | None


class Verification(Answer):
    """The proof that the remedy worked, as far as it is."""

    known: Known
    started_at: Moment
    deadline: Moment
    looks: int
    held_since: Moment | None
    answers: list[Looked]


class Rollback(Answer):
    """Why what was done is being undone."""

    reason: str


class Evidence(Answer):
    """What one probe found."""

    probe: str
    title: str
    lines: list[str]
    problem: str


class Run(Answer):
    """A run: what is wrong, what is intended, who may say yes, and how it went."""

    id: str
    headline: str
    playbook: str
    playbook_digest: str
    description: str
    runbook_url: str
    owner: str
    mode: Mode
    environment: str
    severity: str
    source: str
    target: str
    phase: Phase
    outcome: Outcome | None
    reason: str
    episode: str
    ordinal: int
    alert: Alert
    plan: Plan | None
    steps: list[Step]
    verdicts: list[Verdict]
    approval: Approval | None
    verification: Verification | None
    rollback: Rollback | None
    evidence: list[Evidence]
    cancelled_by: str | None
    taken_over: bool
    freed_bytes: int | None
    alert_resolved_at: Moment | None
    not_before: Moment | None
    deadline: Moment
    created_at: Moment
    closed_at: Moment | None


class RunList(Items[Run]):
    """Runs, newest first."""


class Asked(Answer):
    """The run that waits for people."""

    run: str
    headline: str
    playbook: str
    target: str
    severity: str
    plan: Plan | None


class WaitingApproval(Approval, Asked):
    """One plan that waits for people, and what they are asked."""


class ApprovalList(Items[WaitingApproval]):
    """The plans that wait for people, newest first."""


class Event(Answer):
    """One journal event: `text` for people, the event's own fields, and the hash that chains it."""

    model_config = ConfigDict(extra="allow")

    seq: int
    at: Moment
    text: str
    kind: str
    hash: str


class EventList(Items[Event]):
    """A run's journal, oldest first."""


class SiteEvent(Answer):
    """One entry of the site's journal: `text` for people, the event's own fields, and the hash that chains it."""

    model_config = ConfigDict(extra="allow")

    number: int
    at: Moment
    text: str
    kind: str
    hash: str


class SiteEventList(Items[SiteEvent]):
    """The site's journal, newest first."""


class Healthy(Answer):
    """The loops are alive."""

    status: Literal["healthy"]


class Ready(Answer):
    """Notifications can be taken."""

    status: Literal["ready"]
    playbooks: int


class Reloaded(Answer):
    """The new settings and playbooks are in use."""

    reloaded: Literal[True]


class Accepted(Answer):
    """What became of a notification; where alerts of it were refused, `refused` counts them."""

    notification: str
    alerts: int


class Ended(Answer):
    """How many pauses ended."""

    ended: int


class Problem(Answer):
    """What is wrong, and what would help."""

    code: str
    message: str
    hint: str


class Error(Answer):
    """Why something was refused."""

    error: Problem
