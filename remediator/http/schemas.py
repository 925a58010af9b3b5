"""JSON Schemas of what the API answers, for `/api/openapi.json`; a test holds them against `shapes`."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_COUNT = {"type": "integer"}
_NUMBER = {"type": ["number", "null"]}
_TIME = {"type": "string", "format": "date-time"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_COUNT = {"type": ["integer", "null"]}
_MAP = {"type": "object"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_NAMES = {"type": "array", "items": _TEXT}


def _object(**properties: Any) -> dict[str, Any]:
    """Return an object's schema: all keys are always there, and there may be more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _maybe(name: str) -> dict[str, Any]:
    return {"anyOf": [_ref(name), {"type": "null"}]}


def _list(name: str) -> dict[str, Any]:
    return _object(items=_many(name), next=_MAYBE_TEXT)


_RUN = _object(
    id=_TEXT,
    headline=_TEXT,
    playbook=_TEXT,
    playbook_digest=_TEXT,
    description=_TEXT,
    runbook_url=_TEXT,
    owner=_TEXT,
    mode={"enum": ["off", "dry_run", "approve", "auto"]},
    environment=_TEXT,
    severity=_TEXT,
    source=_TEXT,
    target=_TEXT,
    phase={"enum": ["planning", "awaiting_approval", "acting", "verifying", "closed"]},
    outcome=_MAYBE_TEXT,
    reason=_TEXT,
    episode=_TEXT,
    ordinal=_COUNT,
    alert=_ref("Alert"),
    plan=_maybe("Plan"),
    steps=_many("Step"),
    verdicts=_many("Verdict"),
    approval=_maybe("Approval"),
    verification=_maybe("Verification"),
    rollback={"type": ["object", "null"]},
    evidence={"type": "array", "items": _MAP},
    cancelled_by=_MAYBE_TEXT,
    taken_over=_FLAG,
    freed_bytes=_MAYBE_COUNT,
    alert_resolved_at=_MAYBE_TIME,
    not_before=_MAYBE_TIME,
    deadline=_TIME,
    created_at=_TIME,
    closed_at=_MAYBE_TIME,
)
_CHANGE = _object(
    step=_TEXT,
    action=_TEXT,
    target=_TEXT,
    summary=_TEXT,
    intent=_MAP,
    version=_TEXT,
    before=_MAP,
    after=_MAP,
    effect={"enum": ["read", "reversible", "irreversible"]},
    reversible=_FLAG,
    undo_hint=_TEXT,
    estimate=_MAYBE_COUNT,
    bound=_MAYBE_COUNT,
    unit=_TEXT,
)
_APPROVAL = _object(
    id=_TEXT,
    state={"enum": ["waiting", "granted", "rejected", "expired", "void", "withdrawn"]},
    digest=_TEXT,
    reasons=_NAMES,
    requested_at=_TIME,
    expires_at=_TIME,
    needed=_COUNT,
    by=_object(users=_NAMES, groups=_NAMES),
    who_decides=_TEXT,
    approvers=_NAMES,
    votes={
        "type": "array",
        "items": _object(person=_TEXT, door=_TEXT, approve=_FLAG, digest=_TEXT, reason=_TEXT),
    },
)
_ALERT = _object(
    fingerprint=_TEXT,
    name=_TEXT,
    status={"enum": ["firing", "resolved"]},
    labels=_TEXTS,
    annotations=_TEXTS,
    starts_at=_TIME,
    ends_at=_MAYBE_TIME,
    generator_url=_TEXT,
)
_STEP = _object(
    step=_TEXT,
    action=_TEXT,
    state={"enum": ["waiting", "intended", "doubted", "unknown", "applied", "skipped", "failed"]},
    is_undo=_FLAG,
    attempts=_COUNT,
    reason=_TEXT,
    summary=_TEXT,
    freed_bytes=_MAYBE_COUNT,
    seconds=_NUMBER,
)
_VERDICT = _object(
    guard=_TEXT,
    ruling={"enum": ["allow", "ask", "defer", "deny"]},
    reason=_TEXT,
    numbers=_MAP,
    until=_MAYBE_TIME,
    clears=_TEXT,
)
_VERIFICATION = _object(
    known={"enum": ["holds", "does not hold", "unknown"]},
    started_at=_TIME,
    deadline=_TIME,
    looks=_COUNT,
    held_since=_MAYBE_TIME,
    answers={
        "type": "array",
        "items": _object(check=_TEXT, known=_TEXT, detail=_TEXT, value=_NUMBER),
    },
)
_PLAYBOOK = _object(
    name=_TEXT,
    description=_TEXT,
    owner=_TEXT,
    severity=_MAYBE_TEXT,
    runbook_url=_TEXT,
    mode=_TEXT,
    match={"type": "array", "items": _NAMES},
    requires=_NAMES,
    target=_TEXT,
    steps={"type": "array", "items": _object(id=_TEXT, action=_TEXT)},
    verify=_NAMES,
    within=_TEXT,
    file=_TEXT,
    digest=_TEXT,
)
_STATUS = _object(
    version=_TEXT,
    now=_TIME,
    healthy=_FLAG,
    accepting=_FLAG,
    playbooks=_COUNT,
    runs_active={"type": "object", "additionalProperties": _COUNT},
    approvals_pending=_COUNT,
    oldest_due_at=_MAYBE_TIME,
    inbox_new=_COUNT,
    inbox_oldest_at=_MAYBE_TIME,
    outbox_pending=_COUNT,
    outbox_oldest_at=_MAYBE_TIME,
    pauses=_many("Pause"),
)
_DECISION = _object(
    id=_TEXT,
    at=_TIME,
    alert_name=_TEXT,
    fingerprint=_TEXT,
    source=_TEXT,
    playbook=_TEXT,
    decision={
        "enum": [
            "no_playbook",
            "not_matched",
            "skipped",
            "off",
            "blocked",
            "dry_run",
            "waiting",
            "run",
            "refused",
        ]
    },
    reason=_TEXT,
    by=_TEXT,
    run=_MAYBE_TEXT,
    notification=_TEXT,
)
_PAUSE = _object(id=_TEXT, scope=_TEXT, who=_TEXT, reason=_TEXT, since=_TIME, until=_MAYBE_TIME)
_ACTION = _object(
    name=_TEXT,
    doc=_TEXT,
    effect=_TEXT,
    safety=_TEXT,
    targets=_NAMES,
    example=_TEXT,
    parameters=_MAP,
)
_WAITING = _object(
    run=_TEXT, headline=_TEXT, playbook=_TEXT, target=_TEXT, severity=_TEXT, plan=_maybe("Plan")
)

SCHEMAS: dict[str, Any] = {
    "Accepted": _object(notification=_TEXT, alerts=_COUNT),
    "Error": _object(error=_object(code=_TEXT, message=_TEXT, hint=_TEXT)),
    "Run": _RUN,
    "RunList": _list("Run"),
    "Alert": _ALERT,
    "Plan": _object(digest=_TEXT, irreversible=_FLAG, changes=_many("Change")),
    "Change": _CHANGE,
    "Step": _STEP,
    "Verdict": _VERDICT,
    "Approval": _APPROVAL,
    "ApprovalList": _object(
        items={"type": "array", "items": {"allOf": [_WAITING, _ref("Approval")]}}, next=_MAYBE_TEXT
    ),
    "Verification": _VERIFICATION,
    "Event": _object(seq=_COUNT, at=_TIME, text=_TEXT, kind=_TEXT, hash=_TEXT),
    "EventList": _list("Event"),
    "Decision": _DECISION,
    "DecisionList": _list("Decision"),
    "Pause": _PAUSE,
    "PauseList": _list("Pause"),
    "Playbook": _PLAYBOOK,
    "PlaybookList": _list("Playbook"),
    "Action": _ACTION,
    "ActionList": _list("Action"),
    "Status": _STATUS,
}
