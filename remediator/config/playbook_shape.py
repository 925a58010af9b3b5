"""The shape of a playbook file: its keys and their types. What they mean is read in `playbook_reader`.

Every field has a default, so that a file with an error in one key is still read in all the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictStr

from remediator.core.playbook import Mode, OnBlocked, Since
from remediator.documents.model_reader import Flag, Shape, Text, Word
from remediator.documents.schema_part import said, schema_part
from remediator.documents.value_types import LabelName, Url
from remediator.ports.parameters import Duration

REQUIRED = ("name", "match", "target", "steps")

Positive = Annotated[Duration, Field(gt=timedelta(0))]
NotNegative = Annotated[Duration, Field(ge=timedelta(0))]
_Check = Annotated[object, schema_part("check")]
_Probe = Annotated[object, schema_part("probe")]
_Step = Annotated[object, schema_part("step")]
_Matchers = Annotated[object, schema_part("match")]
_Failure = Annotated[object, schema_part("failure")]
_Case = Annotated[object, schema_part("case")]
PlaybookName = Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class VotersShape(Shape):
    """Who may say yes."""

    groups: Annotated[
        tuple[Word, ...],
        said("User groups: `@handle` of Slack, or a group that a proxy names.", 50),
    ] = ()
    users: Annotated[
        tuple[Word, ...], said("People by e-mail, Slack id, token or proxy name.", 200)
    ] = ()
    count: Annotated[int, Field(strict=True, ge=1, le=10), said("How many must say yes.")] = 1
    not_author: Annotated[Flag, said("Whoever started the run may not say yes.")] = False


class ReminderShape(Shape):
    """Whom to tell when nobody answers."""

    after: Annotated[Positive, said("How long after the question.")]
    to: Annotated[Word, said("A contact of the settings, or an `@handle` of Slack.")]


class ApprovalShape(Shape):
    """Who may approve, for how long, and what follows when nobody does."""

    by: VotersShape = Field(default_factory=VotersShape)
    expires: Annotated[Positive, said("After this long the run ends, and nothing is changed.")] = (
        timedelta(minutes=30)
    )
    remind: Annotated[Positive | None, said("How long until they are called again.")] = None
    escalate: ReminderShape | None = None
    on_expiry: Annotated[
        Literal["escalate", "cancel"],
        said("`escalate`: `on_failure` is told; `cancel`: nobody."),
    ] = "escalate"
    when: Annotated[
        Text | None,
        said("A condition (CEL): where it holds, people are asked although the mode is `auto`."),
    ] = None


class VerifyShape(Shape):
    """The proof that the remedy worked: `all` checks must hold."""

    after: Annotated[NotNegative, said("When to look first.")] = timedelta(seconds=30)
    within: Annotated[Positive, said("How long it may take in all.")] = timedelta(minutes=10)
    for_: Annotated[NotNegative, said("How long all checks must hold.")] = Field(
        timedelta(0), alias="for"
    )
    every: Annotated[Duration, Field(ge=timedelta(seconds=1)), said("How often to look.")] = (
        timedelta(seconds=15)
    )
    all: Annotated[list[_Check], Field(min_length=1), said("Checks, all of which must hold.", 50)]


class EscalationShape(Shape):
    """One call for help."""

    to: Annotated[Word, said("A contact of the settings, or an `@handle` of Slack.")]
    after: Annotated[NotNegative, said("How long after `since`.")] = timedelta(0)
    since: Annotated[Since, said("Counted from the run's end, or from the alert's start.")] = (
        Since.END
    )


class PlaybookShape(Shape):
    """All keys of a playbook."""

    name: Annotated[PlaybookName, said("Lower-case letters, digits, `-` and `_`; unique.")] = ""
    description: Annotated[Text, said("What it does, for people.")] = ""
    owner: Annotated[Text, said("Whose playbook it is, for people.")] = ""
    severity: Annotated[
        Word | None,
        said("`SEV-1` to `SEV-5`. Without it, the alert's `severity` label through the settings."),
    ] = None
    runbook_url: Annotated[Url, said("Where people who are called read on.")] = ""
    match: Annotated[
        list[_Matchers],
        said("Matchers, all of which must hold; a list of lists: any of them.", 100),
    ] = Field(default_factory=list, json_schema_extra={"minItems": 1})
    requires: Annotated[
        tuple[LabelName, ...],
        said("Labels that must be there; else the alert is skipped, and people are told.", 100),
    ] = ()
    target: Annotated[
        Word,
        said("What is touched, `KIND/NAME`; the kind is written out."),
        Field(examples=["host/{{ labels.instance | host }}"]),
    ] = ""
    mode: Annotated[
        Mode,
        said(
            "`off`, `dry_run` (plans and tells), `approve` (asks), `auto` (acts; needs `verify`)."
            " Settings may lower it."
        ),
    ] = Mode.DRY_RUN
    guards: Annotated[
        object, schema_part("guards"), said("What must be so before anything is changed.")
    ] = None
    diagnose: Annotated[list[_Probe], said("Read-only looks that give people evidence.", 50)] = (
        Field(default_factory=list)
    )
    steps: Annotated[
        list[_Step], said("Actions in order; `[]`: look, tell and call people.", 50)
    ] = Field(default_factory=list)
    verify: Annotated[
        VerifyShape | None, said("The proof that it worked; no playbook may be `auto` without it.")
    ] = None
    approval: ApprovalShape = Field(default_factory=ApprovalShape)
    on_failure: Annotated[
        list[_Failure],
        said("What to do when a step or the verification fails.", 10),
    ] = Field(default_factory=list)
    on_blocked: Annotated[
        OnBlocked | None,
        said("Who hears of a run that a guard stopped, or of an alert that got no run."),
    ] = None
    notify: Annotated[
        object, schema_part("notify"), said("Ways to tell people, beside the settings'.")
    ] = None
    tests: Annotated[
        list[_Case], said("Tests: what is given, and what is expected then.", 1000)
    ] = Field(default_factory=list)
