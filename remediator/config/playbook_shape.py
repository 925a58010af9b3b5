"""The shape of a playbook file: its keys and their types. What they mean is read in `playbook_reader`.

Every field has a default, so that a file with an error in one key is still read in all the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictStr

from remediator.core.playbook import Mode, OnBlocked, Since
from remediator.documents.model_reader import Flag, Shape, Text, Word
from remediator.documents.value_types import LabelName, Url
from remediator.ports.parameters import Duration

REQUIRED = ("name", "match", "target", "steps")

Positive = Annotated[Duration, Field(gt=timedelta(0))]
NotNegative = Annotated[Duration, Field(ge=timedelta(0))]
PlaybookName = Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class VotersShape(Shape):
    """Who may say yes."""

    groups: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    users: Annotated[tuple[Word, ...], Field(max_length=200)] = ()
    count: Annotated[int, Field(strict=True, ge=1, le=10)] = 1
    not_author: Flag = False


class ReminderShape(Shape):
    """Whom to tell when nobody answers."""

    after: Positive
    to: Word


class ApprovalShape(Shape):
    """The `approval` block."""

    by: VotersShape = Field(default_factory=VotersShape)
    expires: Positive = timedelta(minutes=30)
    remind: Positive | None = None
    escalate: ReminderShape | None = None
    on_expiry: Literal["escalate", "cancel"] = "escalate"
    when: Text | None = None


class VerifyShape(Shape):
    """The `verify` block."""

    after: NotNegative = timedelta(seconds=30)
    within: Positive = timedelta(minutes=10)
    for_: NotNegative = Field(timedelta(0), alias="for")
    every: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(seconds=15)
    all: Annotated[list[object], Field(min_length=1, max_length=50)]


class EscalationShape(Shape):
    """One call for help."""

    to: Word
    after: NotNegative = timedelta(0)
    since: Since = Since.END


class PlaybookShape(Shape):
    """All keys of a playbook."""

    name: PlaybookName = ""
    description: Text = ""
    owner: Text = ""
    severity: Word | None = None
    runbook_url: Url = ""
    match: Annotated[list[object], Field(max_length=100)] = Field(default_factory=list)
    requires: Annotated[tuple[LabelName, ...], Field(max_length=100)] = ()
    target: Word = ""
    mode: Mode = Mode.DRY_RUN
    guards: object = None
    diagnose: Annotated[list[object], Field(max_length=50)] = Field(default_factory=list)
    steps: Annotated[list[object], Field(max_length=50)] = Field(default_factory=list)
    verify: VerifyShape | None = None
    approval: ApprovalShape = Field(default_factory=ApprovalShape)
    on_failure: Annotated[list[object], Field(max_length=10)] = Field(default_factory=list)
    on_blocked: OnBlocked | None = None
    notify: object = None
    tests: Annotated[list[object], Field(max_length=1000)] = Field(default_factory=list)
