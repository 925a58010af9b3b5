"""What the guards' tables are made of: a subject, facts about it, and the verdict in short."""

from __future__ import annotations

from typing import Any

from remediator.core.facts import Answer, Counted, Facts, Known, Scope, Tallied, Tally
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import CheckOrder
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT, a_plan, an_order

HOST = Target("host", "web1")
CHECK = CheckOrder(kind="promql", parameters={}, text="up == 1")
HOLDS = Answer(known=Known.HOLDS, detail="1 sample")
FAILS = Answer(known=Known.FAILS, detail="no sample")
UNKNOWN = Answer(known=Known.UNKNOWN, detail="timeout")


def a_subject(**changes: Any) -> Subject:
    """A run for host/web1 that has a plan and has changed nothing yet."""
    whole: dict[str, Any] = {
        "run_id": "run_1",
        "order": an_order(),
        "plan": a_plan(),
        "targets": (HOST,),
    }
    return Subject(**(whole | changes))


def facts(**known: Any) -> Facts:
    """Facts of which nothing is known but what is given."""
    return Facts(now=MOMENT, **known)


def tally(counted: Counted, scope: Scope, per: Any) -> Tally:
    """A question to the store."""
    return Tally(counted=counted, scope=scope, per=per)


def tallied(count: int, **more: Any) -> Tallied:
    """The store's answer."""
    return Tallied(count=count, **more)


def ruling(guard: Guard, settings: Any, subject: Subject, known: Facts) -> Ruling | None:
    """What a guard says, without its reasons."""
    verdict = guard.judge(settings, subject, known)
    return verdict.ruling if verdict else None
