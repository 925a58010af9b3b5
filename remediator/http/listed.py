"""How everything besides runs is answered: decisions, pauses, playbooks, actions, numbers."""

from __future__ import annotations

import json

from pydantic import Field

from remediator.core import playbook as playbooks
from remediator.core.change import ActionEffect, Safety
from remediator.core.duration import format_duration
from remediator.http.answers import Answer, Items, Moment, Name
from remediator.ports import action as actions


class Decision(Answer):
    """What was decided for one alert and one playbook."""

    id: str
    at: Moment
    alert_name: str
    fingerprint: str
    source: str
    playbook: str
    decision: str
    reason: str
    by: str
    run: str | None = Field(validation_alias="run_id")
    notification: str


class DecisionList(Items[Decision]):
    """What was decided, newest first."""


class Pause(Answer):
    """One pause; `until` null: until somebody resumes."""

    id: str
    scope: str
    who: str
    reason: str
    since: Moment
    until: Moment | None


class PauseList(Items[Pause]):
    """The pauses in force."""


class PlaybookStep(Answer):
    """A step as the playbook has it."""

    id: str
    action: str


class Playbook(Answer):
    """A playbook as people look for it."""

    name: str
    description: str
    owner: str
    severity: str | None
    runbook_url: str
    mode: playbooks.Mode
    match: list[list[Name]]
    requires: list[str]
    target: str
    steps: list[PlaybookStep]
    verify: list[str]
    within: str
    file: str
    digest: str


class PlaybookDocument(Playbook):
    """A playbook, with the document that it was loaded from."""

    document: dict[str, object]


class PlaybookList(Items[Playbook]):
    """The playbooks in use, by name."""


class Action(Answer):
    """An action's documentation; its parameters are a JSON Schema."""

    name: str
    doc: str
    effect: ActionEffect
    safety: Safety
    targets: list[str]
    example: str
    parameters: dict[str, object]


class ActionList(Items[Action]):
    """The installed actions, by name."""


class Status(Answer):
    """The daemon's version, health and numbers."""

    version: str
    now: Moment
    healthy: bool
    accepting: bool
    playbooks: int
    runs_active: dict[str, int]
    approvals_pending: int
    oldest_due_at: Moment | None
    inbox_new: int
    inbox_oldest_at: Moment | None
    outbox_pending: int
    outbox_oldest_at: Moment | None
    pauses: list[Pause]


def playbook_shape(playbook: playbooks.Playbook) -> Playbook:
    """Return a playbook as people look for it."""
    return Playbook(
        name=playbook.name,
        description=playbook.description,
        owner=playbook.owner,
        severity=playbook.severity,
        runbook_url=playbook.runbook_url,
        mode=playbook.mode,
        match=[[str(matcher) for matcher in any_of] for any_of in playbook.match],
        requires=list(playbook.requires),
        target=playbook.target,
        steps=[PlaybookStep.model_validate(step) for step in playbook.steps],
        verify=[check.key for check in playbook.verify.checks],
        within=format_duration(playbook.verify.within),
        file=playbook.source,
        digest=playbook.digest,
    )


def document_shape(playbook: playbooks.Playbook) -> PlaybookDocument:
    """Return a playbook with the document that it was loaded from."""
    shape = playbook_shape(playbook)
    return PlaybookDocument(**dict(shape), document=json.loads(playbook.document))


def action_shape(action: actions.Action) -> Action:
    """Return an action's documentation, its parameters as JSON Schema."""
    return Action(
        name=action.name,
        doc=action.doc,
        effect=action.effect,
        safety=action.safety,
        targets=list(action.targets),
        example=action.example,
        parameters=action.parameters.model_json_schema(),
    )
