"""Random playbooks and alerts for lives of the whole engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random

from remediator.core.alert import Alert, AlertGroup, AlertStatus
from remediator.core.change import ActionEffect, Safety
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.matcher import parse_matcher
from remediator.core.order import Order
from remediator.core.playbook import (
    AfterFailure,
    ApprovalPolicy,
    CheckOrder,
    Escalation,
    FailurePolicy,
    Mode,
    Playbook,
    StepOrder,
    VerifyOrder,
)
from remediator.core.selection import Environment, Index, Selection
from remediator.core.target import Target
from remediator.engine.admission import Rules
from tests.simulation.orders import EPOCH

CHECK = CheckOrder(kind="world", parameters={}, text="fine")
SAFETIES = (Safety.CONVERGENT, Safety.RECEIPT, Safety.DETECTABLE, Safety.BLIND)
EVERYWHERE = (Environment(name="all", match=(), mode=Mode.AUTO),)


def some_playbooks(dice: Random) -> tuple[Playbook, ...]:
    """Return one to three playbooks; not every alert is answered by all of them."""
    return tuple(_playbook(dice, number) for number in range(dice.choice((1, 2, 3))))


def alert_about(number: int, *, firing: bool) -> Alert:
    """Return one of the four alerts; they are about two hosts."""
    return Alert(
        fingerprint=f"f{number}",
        status=AlertStatus.FIRING if firing else AlertStatus.RESOLVED,
        labels={"alertname": f"Sick{number % 2}", "host": f"web{1 + number // 2}"},
        starts_at=EPOCH - timedelta(hours=1 + number),
    )


def rules_of(playbooks: tuple[Playbook, ...], groups: Mapping[str, AlertGroup]) -> Rules:
    """Return what intake goes by."""
    return Rules(
        index=Index(playbooks),
        environments=EVERYWHERE,
        render=_render,
        parsers={"test": lambda body: groups[body.decode()]},
    )


def _render(selection: Selection, alert: Alert, source: str) -> Order:
    playbook = selection.playbook
    return Order(
        playbook=playbook.name,
        playbook_digest=playbook.digest,
        source=source,
        alert=alert,
        mode=selection.mode,
        target=Target("host", alert.labels["host"]),
        guards=playbook.guards,
        steps=playbook.steps,
        verify=playbook.verify,
        approval=playbook.approval,
        failure=playbook.failure,
        environment=selection.environment,
    )


def _playbook(dice: Random, number: int) -> Playbook:
    matchers = ('alertname="Sick0"',), ('alertname="Sick1"',), ('alertname=~"Sick0|Sick1"',)
    kinds = dice.sample(("disk", "size", "pods"), dice.choice((1, 2, 2, 3)))
    return Playbook(
        name=f"p{number}",
        digest=f"{number:064x}",
        document="{}",
        match=(tuple(parse_matcher(text) for text in dice.choice(matchers)),),
        target="host/web",
        mode=dice.choices((Mode.AUTO, Mode.APPROVE, Mode.DRY_RUN), (6, 3, 1))[0],
        guards={"cooldown": CooldownSettings(rest=timedelta(minutes=dice.choice((0, 7, 15))))},
        steps=tuple(_step(dice, kind) for kind in kinds),
        verify=VerifyOrder(
            checks=(CHECK,),
            after=timedelta(seconds=dice.choice((0, 30, 600))),
            within=timedelta(minutes=dice.choice((2, 6))),
            holds_for=timedelta(seconds=dice.choice((0, 0, 90))),
            every=timedelta(minutes=1),
        ),
        approval=ApprovalPolicy(
            count=dice.choice((1, 1, 2)),
            expires=timedelta(minutes=30),
            remind=dice.choice((None, timedelta(minutes=10))),
            escalate_after=dice.choice((None, timedelta(minutes=15))),
            escalate_to="leads",
        ),
        failure=FailurePolicy(
            rollback=dice.random() < 0.5,
            escalations=(Escalation(to="oncall"),) * dice.choice((0, 1)),
        ),
    )


def _step(dice: Random, kind: str) -> StepOrder:
    safety = dice.choices(SAFETIES, (4, 4, 3, 1))[0]
    irreversible = safety in (Safety.RECEIPT, Safety.BLIND) and kind != "size"
    return StepOrder(
        id=kind,
        action=f"{kind}-{safety.value}",
        parameters={"to": dice.randrange(1, 4)},
        effect=ActionEffect.IRREVERSIBLE if irreversible else ActionEffect.REVERSIBLE,
        safety=safety,
        when=dice.choice((None, None, "true", "false")),
        unless_verified=dice.random() < 0.2,
        unless=(CHECK,) if dice.random() < 0.2 else (),
        max_retries=dice.randrange(3),
        approval_required=dice.random() < 0.2,
        after_failure=dice.choice(tuple(AfterFailure)),
        irreversible_allowed=dice.random() < 0.7,
        timeout=timedelta(minutes=dice.choice((1, 5))),
    )
