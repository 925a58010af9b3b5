"""The shape of `expect` in a test of playbooks. Only the keys that are written count; texts need only be a part."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StrictInt,
    StrictStr,
    Tag,
    model_validator,
)

from remediator.core.events import Outcome
from remediator.core.guards import GUARDS
from remediator.core.messages import MessageKind
from remediator.core.playbook import Mode
from remediator.core.run import Phase
from remediator.core.selection import Decision
from remediator.documents.model_reader import Flag, Shape, Text, Word
from remediator.documents.problem import did_you_mean
from remediator.ports.parameters import Duration

_Moment = Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=30))]
_Count = Annotated[StrictInt, Field(ge=0, le=10_000)]
_NAMES = tuple(guard.name for guard in GUARDS)


def _guard(name: str) -> str:
    if name not in _NAMES:
        raise ValueError(f"{name!r} is not a guard. {did_you_mean(name, _NAMES)}".rstrip())
    return name


GuardName = Annotated[StrictStr, AfterValidator(_guard)]


class ChangeShape(Shape):
    """One change of a plan; texts are parts, mappings need only hold what is named."""

    step: Word | None = None
    action: Word | None = None
    target: Word | None = None
    summary: Text | None = None
    intent: dict[str, object] | None = None
    before: dict[str, object] | None = None
    after: dict[str, object] | None = None
    reversible: Flag | None = None


_Change = Annotated[
    Annotated[Word, Tag("action")] | Annotated[ChangeShape, Tag("change")],
    Discriminator(lambda raw: "change" if isinstance(raw, dict | ChangeShape) else "action"),
]


class IncludesShape(Shape):
    """A part of a plan: these changes, in this order, among others."""

    includes: Annotated[tuple[_Change, ...], Field(min_length=1)]


PlanExpected = Annotated[
    Annotated[tuple[_Change, ...], Tag("whole")] | Annotated[IncludesShape, Tag("part")],
    Discriminator(lambda raw: "part" if isinstance(raw, dict | IncludesShape) else "whole"),
]


class ApprovalShape(Shape):
    """What was asked of people, and what became of it."""

    state: Literal["asked", "granted", "rejected", "expired"] | None = None
    why: tuple[Text, ...] | None = None
    approvers: tuple[Word, ...] | None = None
    reminded: _Count | None = None
    escalated: Flag | None = None
    expires: _Moment | None = None


ApprovalExpected = Annotated[
    Annotated[Literal["none", "asked", "granted", "rejected", "expired"], Tag("word")]
    | Annotated[ApprovalShape, Tag("approval")],
    Discriminator(lambda raw: "approval" if isinstance(raw, dict | ApprovalShape) else "word"),
]


class MessageShape(Shape):
    """One message to people; `after` and `by` bound when it is told."""

    kind: MessageKind | None = None
    to: StrictStr | None = None
    channel: Word | None = None
    title: Text | None = None
    text: Text | None = None
    after: _Moment | None = None
    by: _Moment | None = None


_Message = Annotated[
    Annotated[MessageKind, Tag("kind")] | Annotated[MessageShape, Tag("message")],
    Discriminator(lambda raw: "message" if isinstance(raw, dict | MessageShape) else "kind"),
]


class ExactlyShape(Shape):
    """All messages there are."""

    exactly: tuple[_Message, ...]


MessagesExpected = Annotated[
    Annotated[tuple[_Message, ...], Field(min_length=1), Tag("part")]
    | Annotated[ExactlyShape, Tag("exactly")],
    Discriminator(lambda raw: "exactly" if isinstance(raw, dict | ExactlyShape) else "part"),
]


class EvidenceShape(Shape):
    """What one probe showed people."""

    probe: Word
    text: Text | None = None
    problem: Text | None = None


_Evidence = Annotated[
    Annotated[Word, Tag("probe")] | Annotated[EvidenceShape, Tag("evidence")],
    Discriminator(lambda raw: "evidence" if isinstance(raw, dict | EvidenceShape) else "probe"),
]


class ExpectShape(Shape):
    """What is expected at the end, or `at` a time after the start."""

    at: _Moment | None = None
    alert: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = None
    playbook: Word | None = None
    decision: Decision | None = None
    by: Word | None = None
    reason: Text | None = None
    target: Word | None = None
    mode: Mode | None = None
    environment: Word | None = None
    severity: StrictStr | None = None
    owner: StrictStr | None = None
    description: Text | None = None
    runbook_url: Text | None = None
    guards: dict[GuardName, Literal["allow", "ask", "defer", "deny"]] | None = None
    evidence: tuple[_Evidence, ...] | None = None
    plan: PlanExpected | None = None
    approval: ApprovalExpected | None = None
    phase: Phase | None = None
    outcome: Outcome | None = None
    steps: dict[Word, Literal["waiting", "applied", "skipped", "failed", "unknown"]] | None = None
    verification: Literal["holds", "fails", "unknown"] | None = None
    rollback: Flag | None = None
    messages: MessagesExpected | None = None
    runs: _Count | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set - WHICH:
            raise ValueError(
                "a test that expects nothing cannot fail: name a `decision`, a `plan`, …"
            )
        return self


WHICH = frozenset({"at", "alert", "playbook"})
"""What says when and of what something is expected."""
LATE = ("phase", "outcome", "steps", "verification", "rollback", "messages", "runs")
"""What is known when everything has ended; all else is, as soon as there is a plan."""
