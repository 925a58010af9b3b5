"""Small builders of the values that most tests need: a sensible whole, of which a test names only what it is about.

a_run(phase=Phase.ACTING, order=an_order(playbook="disk", target=Target("host", "db1")))
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from remediator.core.alert import Alert, AlertStatus
from remediator.core.change import ActionEffect, Change, Plan, Safety, make_plan
from remediator.core.messages import Message, MessageKind
from remediator.core.order import Order
from remediator.core.person import Person
from remediator.core.playbook import Mode, StepOrder, VerifyOrder
from remediator.core.run import Approval, Phase, Run, StepProgress
from remediator.core.target import Target
from remediator.ports.store import DecisionRecord, Episode, Notification

MOMENT = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
HOST = Target("host", "web1")


def an_alert(**changes: Any) -> Alert:
    """Return a firing alert about a full disk on web1."""
    alert = Alert(
        fingerprint="5ef2a9c1d0b34e77",
        status=AlertStatus.FIRING,
        labels={"alertname": "DiskSpaceLow", "instance": "web1:9100", "severity": "warning"},
        annotations={"summary": "/var is 94 % full"},
        starts_at=MOMENT - timedelta(minutes=5),
    )
    return replace(alert, **changes)


def a_step(**changes: Any) -> StepOrder:
    """Return the step `vacuum`, which cannot be undone."""
    step = StepOrder(
        id="vacuum",
        action="journal.vacuum",
        parameters={"keep_size": "500MiB"},
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
    )
    return replace(step, **changes)


def an_order(**changes: Any) -> Order:
    """Return an order with one step for host/web1, in mode auto and without guards."""
    order = Order(
        playbook="disk-space-low",
        playbook_digest="d" * 64,
        environment="prod",
        source="alertmanager",
        alert=an_alert(),
        mode=Mode.AUTO,
        target=HOST,
        steps=(a_step(),),
        verify=VerifyOrder(checks=()),
    )
    return replace(order, **changes)


def a_change(**changes: Any) -> Change:
    """Return what the step `vacuum` intends on host/web1."""
    change = Change(
        step="vacuum",
        action="journal.vacuum",
        target=HOST,
        intent={"keep_size": 524288000},
        version="boot-1",
        summary="shrink the journal to 500 MiB",
        effect=ActionEffect.IRREVERSIBLE,
        bound=2_000_000_000,
        estimate=1_500_000_000,
        unit="bytes",
    )
    return replace(change, **changes)


def a_plan(*changes: Change) -> Plan:
    """Return the plan of these changes, or of `a_change()`."""
    return make_plan("d" * 64, changes or (a_change(),))


def a_run(**changes: Any) -> Run:
    """Return a run that was just admitted, in planning; its steps wait."""
    order: Order = changes.get("order") or an_order()
    run = Run(
        id="run_1",
        order=order,
        episode="eps_1",
        ordinal=1,
        phase=Phase.PLANNING,
        created_at=MOMENT,
        deadline=MOMENT + timedelta(hours=1),
        progress=tuple(StepProgress(step=step.id) for step in order.steps),
    )
    return replace(run, **changes)


def an_approval(**changes: Any) -> Approval:
    """Return a request for a yes to `a_plan()`, without answers."""
    approval = Approval(
        id="apr_1",
        digest=a_plan().digest,
        reasons=("the change cannot be undone",),
        requested_at=MOMENT,
        expires_at=MOMENT + timedelta(minutes=30),
    )
    return replace(approval, **changes)


def an_episode(**changes: Any) -> Episode:
    """Return the open episode of `an_alert()`."""
    episode = Episode(
        id="eps_1",
        source="alertmanager",
        fingerprint=an_alert().fingerprint,
        alert=an_alert(),
        status=AlertStatus.FIRING,
        opened_at=MOMENT,
        seen_at=MOMENT,
    )
    return replace(episode, **changes)


def a_notification(**changes: Any) -> Notification:
    """Return a new notification with a small body."""
    notification = Notification(
        id="ntf_1",
        source="alertmanager",
        kind="alertmanager",
        body=b'{"version": "4", "alerts": []}',
        received_at=MOMENT,
    )
    return replace(notification, **changes)


def a_decision(**changes: Any) -> DecisionRecord:
    """Return the decision to run `disk-space-low` for `an_alert()`."""
    decision = DecisionRecord(
        id="dec_1",
        at=MOMENT,
        notification="ntf_1",
        fingerprint=an_alert().fingerprint,
        source="alertmanager",
        playbook="disk-space-low",
        decision="run",
        reason="all matchers hold",
    )
    return replace(decision, **changes)


def a_message(**changes: Any) -> Message:
    """Return the message that a run worked; its thread is the run."""
    message = Message(
        kind=MessageKind.RESULT,
        run_id="run_1",
        thread="run_1",
        deduplication="run_1:result",
        title="disk-space-low resolved DiskSpaceLow on host/web1",
        text="disk-space-low freed 1.1 GB on host/web1 and the alert is gone.",
    )
    return replace(message, **changes)


def a_person(**changes: Any) -> Person:
    """Return Ana, who answers by the API."""
    return replace(Person(name="ana", door="api", groups=("sre",)), **changes)
