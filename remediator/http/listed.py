"""How everything besides runs looks as JSON: decisions, pauses, playbooks, actions, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediator.core.duration import format_duration
from remediator.core.facts import Pause
from remediator.core.playbook import Playbook
from remediator.http.shapes import moment
from remediator.ports.action import Action
from remediator.ports.store import DecisionRecord, Statistics


def decision_shape(decision: DecisionRecord) -> dict[str, Any]:
    """Return what was decided for one alert and one playbook."""
    return {
        "id": decision.id,
        "at": moment(decision.at),
        "alert_name": decision.alert_name,
        "fingerprint": decision.fingerprint,
        "source": decision.source,
        "playbook": decision.playbook,
        "decision": decision.decision,
        "reason": decision.reason,
        "by": decision.by,
        "run": decision.run_id,
        "notification": decision.notification,
    }


def pause_shape(pause: Pause) -> dict[str, Any]:
    """Return one pause; `until` null: until somebody resumes."""
    return {
        "id": pause.id,
        "scope": pause.scope,
        "who": pause.who,
        "reason": pause.reason,
        "since": moment(pause.since),
        "until": moment(pause.until),
    }


def playbook_shape(playbook: Playbook) -> dict[str, Any]:
    """Return a playbook as people look for it."""
    return {
        "name": playbook.name,
        "description": playbook.description,
        "owner": playbook.owner,
        "severity": playbook.severity,
        "runbook_url": playbook.runbook_url,
        "mode": playbook.mode.value,
        "match": [[str(matcher) for matcher in any_of] for any_of in playbook.match],
        "requires": list(playbook.requires),
        "target": playbook.target,
        "steps": [{"id": step.id, "action": step.action} for step in playbook.steps],
        "verify": [check.key for check in playbook.verify.checks],
        "within": format_duration(playbook.verify.within),
        "file": playbook.source,
        "digest": playbook.digest,
    }


def action_shape(action: Action) -> dict[str, Any]:
    """Return an action's documentation, its parameters as JSON Schema."""
    return {
        "name": action.name,
        "doc": action.doc,
        "effect": action.effect.value,
        "safety": action.safety.value,
        "targets": list(action.targets),
        "example": action.example,
        "parameters": action.parameters.model_json_schema(),
    }


def statistics_shape(statistics: Statistics) -> Mapping[str, Any]:
    """Return the numbers of `status`."""
    return {
        "runs_active": dict(statistics.runs_active),
        "approvals_pending": statistics.approvals_pending,
        "oldest_due_at": moment(statistics.oldest_due_at),
        "inbox_new": statistics.inbox_new,
        "inbox_oldest_at": moment(statistics.inbox_oldest_at),
        "outbox_pending": statistics.outbox_pending,
        "outbox_oldest_at": moment(statistics.outbox_oldest_at),
        "pauses": [pause_shape(pause) for pause in statistics.pauses],
    }
