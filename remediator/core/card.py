"""A run as people see it: everything that a rich channel (Slack, a page) needs to draw it, in plain texts. Pure.

Made from the run when something is told; the card of the newest message is the one to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from remediator.core import wording as say
from remediator.core.change import Change, Plan
from remediator.core.deciders import groups_in_force
from remediator.core.events import Evidence
from remediator.core.guards import GUARDS
from remediator.core.run import Approval, Phase, Run, StepProgress, StepState
from remediator.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStep:
    """One step: what it intends (empty before it is planned) and what became of it."""

    step: str
    action: str
    target: str = ""
    summary: str = ""
    most: str = ""
    undo: str = ""
    reversible: bool = True
    intent: Mapping[str, object] = field(default_factory=dict)
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    state: StepState = StepState.WAITING
    detail: str = ""
    seconds: float = 0.0
    freed_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRequest:
    """What people are asked: `needs` says how many of whom, `otherwise` what happens when nobody decides.

    `changed` says, where an earlier plan of this run became void, how this one differs from it.
    """

    digest: str
    needs: str
    count: int
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    expires_at: datetime
    otherwise: str = ""
    reasons: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    changed: tuple[str, ...] = ()
    history: str = ""
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A run at one moment. `unknown` is the step of which nobody knows whether it was applied, and people must say."""

    run: str
    playbook: str
    mode: str
    phase: str
    outcome: str = ""
    reason: str = ""
    headline: str
    remedy: str
    target: str
    environment: str = ""
    owner: str = ""
    alert: str
    severity: str = ""
    summary: str = ""
    since: datetime
    resolved_at: datetime | None = None
    links: tuple[tuple[str, str], ...] = ()
    steps: tuple[CardStep, ...] = ()
    digest: str = ""
    irreversible: bool = False
    targets: int = 0
    evidence: tuple[Evidence, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    guards: int = 0
    checks: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    verify_until: datetime | None = None
    request: CardRequest | None = None
    unknown: str = ""
    freed_bytes: int | None = None
    created_at: datetime
    changed_at: datetime | None = None
    closed_at: datetime | None = None
    took: str = ""


def card_of(run: Run, now: datetime, *, settled: bool = False) -> Card:
    """Return the card of a run; `settled` says that a person has said what became of its doubtful change."""
    order, alert = run.order, run.order.alert
    verifies = run.phase is Phase.VERIFYING and run.verification
    return Card(
        run=run.id,
        playbook=order.playbook,
        mode=order.mode.value,
        phase=run.phase.value,
        outcome=run.outcome.value if run.outcome else "",
        reason=run.reason,
        headline=say.headline(run),
        remedy=say.remedy(run),
        target=str(order.target),
        environment=order.environment,
        owner=order.owner,
        alert=alert.name,
        severity=order.severity or alert.labels.get("severity", ""),
        summary=alert.annotations.get("summary", ""),
        since=alert.starts_at,
        resolved_at=run.alert_resolved_at,
        links=_links(run),
        steps=tuple(_step(run, step) for step in run.progress),
        digest=run.plan.digest if run.plan else "",
        irreversible=bool(run.plan and run.plan.irreversible),
        targets=len({c.target for c in run.plan.changes}) if run.plan else 0,
        evidence=run.evidence,
        verdicts=run.judgement.verdicts if run.judgement else (),
        guards=len(GUARDS),
        checks=tuple(check.key for check in order.verify.checks),
        verified=say.verification_lines(run),
        queries=tuple(c.text for c in order.verify.checks if c.kind == "promql"),
        verify_until=run.verification.deadline if verifies and run.verification else None,
        request=_request(run),
        unknown="" if settled else _unknown(run),
        freed_bytes=say.freed(run),
        created_at=run.created_at,
        changed_at=run.verification.started_at if run.verification and run.has_acted else None,
        closed_at=run.closed_at,
        took=say.lasted(run, now),
    )


def plan_difference(former: Plan, plan: Plan) -> tuple[str, ...]:
    """Say how a plan differs from the one before it, a line per step."""
    old, new = ({c.step: c for c in p.changes} for p in (former, plan))
    lines = [f"{step}: no longer part of the plan" for step in old if step not in new]
    for step, change in new.items():
        if step not in old:
            lines.append(f"{step}: new, {change.summary}")
        elif old[step].signed() != change.signed():
            lines.append(f"{step}: {_changed(old[step], change)}")
    return tuple(lines) or ("the changes are the same; the playbook is another version",)


def _changed(old: Change, new: Change) -> str:
    if old.summary != new.summary or say.bound(old) != say.bound(new):
        return f"was “{old.summary}{say.bound(old)}”, is now “{new.summary}{say.bound(new)}”"
    return f"{new.summary}: the same change, on a target that has changed meanwhile"


def _step(run: Run, step: StepProgress) -> CardStep:
    action = run.order.step(step.step.removeprefix("undo:")).action
    change, detail = step.change, step.measure.summary or step.reason
    if change is None:
        return CardStep(step=step.step, action=action, state=step.state, detail=detail)
    return CardStep(
        step=step.step,
        action=change.action,
        target=str(change.target),
        summary=change.summary,
        most=say.bound(change).removeprefix(", "),
        undo=change.undo_hint,
        reversible=change.reversible,
        intent=change.intent,
        before=change.before,
        after=change.after,
        state=step.state,
        detail=detail,
        seconds=step.measure.seconds,
        freed_bytes=step.measure.freed_bytes,
    )


def _request(run: Run) -> CardRequest | None:
    approval = run.approval
    if approval is None:
        return None
    policy = run.order.approval
    differs = run.former_plan and run.plan and run.former_plan.digest != run.plan.digest
    return CardRequest(
        digest=approval.digest,
        needs=say.who_decides(run),
        count=policy.count,
        groups=groups_in_force(run),
        users=policy.users,
        expires_at=approval.expires_at,
        otherwise=_otherwise(run),
        reasons=approval.reasons,
        approved_by=approval.approvers,
        decided_at=approval.decided_at,
        changed=plan_difference(run.former_plan, run.plan)
        if differs and run.former_plan and run.plan
        else (),
        history=approval.history,
        is_open=run.phase is Phase.AWAITING_APPROVAL and _is_undecided(approval),
    )


def _is_undecided(approval: Approval) -> bool:
    return not (approval.granted or approval.expired or approval.rejected_by)


def _otherwise(run: Run) -> str:
    called = ", ".join(escalation.to for escalation in run.order.failure.escalations)
    if run.order.approval.escalate_on_expiry and called:
        return f"then calls {called}"
    return "then nothing is done"


def _unknown(run: Run) -> str:
    attempt = run.open_attempt
    return attempt.step if attempt and attempt.state is StepState.UNKNOWN else ""


def _links(run: Run) -> tuple[tuple[str, str], ...]:
    alert = run.order.alert
    runbook = run.order.runbook_url or alert.annotations.get("runbook_url", "")
    dashboard = alert.annotations.get("dashboard_url", "") or alert.annotations.get("dashboard", "")
    named = (("query", alert.generator_url), ("runbook", runbook), ("dashboard", dashboard))
    return tuple((name, url) for name, url in named if url.startswith(("https://", "http://")))
