"""Random orders for the simulation: every mix of mode, safety, approval, `unless`, failure and verification."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from remediator.core.alert import Alert, AlertStatus
from remediator.core.change import ActionEffect, Safety
from remediator.core.order import Order
from remediator.core.playbook import (
    AfterFailure,
    ApprovalPolicy,
    CheckOrder,
    Escalation,
    FailurePolicy,
    Mode,
    StepOrder,
    VerifyOrder,
)
from remediator.core.target import Target

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
FACETS = ("disk", "units", "size")
HOSTS = ("web1", "web2")
CHECK = CheckOrder(kind="promql", parameters={}, text="up")
SAFETIES = (Safety.CONVERGENT, Safety.RECEIPT, Safety.DETECTABLE, Safety.BLIND)
SAFETY_WEIGHTS = (4, 4, 2, 1)
VARIANTS = 300
HANDED_OVER = 30
"""One playbook of so many has no steps."""


@cache
def all_orders() -> tuple[Order, ...]:
    """The same few hundred orders in every process; a life picks among them."""
    dice = Random("orders")
    return tuple(_order(dice, n) for n in range(VARIANTS))


def target_of(order: Order, facet: str) -> Target:
    """What a step changes: the order's host, or the volume under it."""
    return Target("volume", order.target.name) if facet == "size" else order.target


def _order(dice: Random, number: int) -> Order:
    facets = dice.sample(FACETS, dice.choice((1, 1, 2, 2, 3)))
    return Order(
        playbook=f"playbook-{number}",
        playbook_digest=f"{number:064x}",
        source="default",
        alert=Alert(
            fingerprint=f"{number:016x}",
            status=AlertStatus.FIRING,
            labels={"alertname": "DiskSpaceLow"},
            starts_at=EPOCH,
        ),
        mode=dice.choices((Mode.AUTO, Mode.APPROVE, Mode.DRY_RUN), (6, 3, 1))[0],
        target=Target("host", dice.choice(HOSTS)),
        steps=tuple(_step(dice, facet) for facet in facets) if number % HANDED_OVER else (),
        verify=_verify(dice),
        approval=_approval(dice),
        failure=FailurePolicy(
            rollback=dice.random() < 0.5,
            escalations=(Escalation(to="oncall"),) * dice.choice((0, 1, 2)),
        ),
    )


def _step(dice: Random, facet: str) -> StepOrder:
    return StepOrder(
        id=facet,
        action=f"{facet}.set",
        parameters={"to": dice.randrange(1, 4)},
        effect=dice.choice((ActionEffect.REVERSIBLE, ActionEffect.IRREVERSIBLE)),
        safety=dice.choices(SAFETIES, SAFETY_WEIGHTS)[0],
        unless_verified=dice.random() < 0.2,
        unless=(CHECK,) if dice.random() < 0.2 else (),
        max_retries=dice.randrange(3),
        approval_required=dice.random() < 0.25,
        after_failure=dice.choice(tuple(AfterFailure)),
        timeout=timedelta(minutes=dice.choice((1, 5))),
    )


def _verify(dice: Random) -> VerifyOrder:
    return VerifyOrder(
        checks=(CHECK,),
        after=timedelta(seconds=dice.choice((0, 30, 600))),
        within=timedelta(minutes=dice.choice((2, 6))),
        holds_for=timedelta(seconds=dice.choice((0, 0, 90))),
        every=timedelta(minutes=1),
    )


def _approval(dice: Random) -> ApprovalPolicy:
    return ApprovalPolicy(
        count=dice.choice((1, 1, 2)),
        expires=timedelta(minutes=30),
        remind=dice.choice((None, timedelta(minutes=10))),
        escalate_after=dice.choice((None, timedelta(minutes=15))),
        escalate_to="leads",
        escalate_on_expiry=dice.random() < 0.5,
    )
