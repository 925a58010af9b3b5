"""require: facts about the live world that must hold before anything is changed. Unknown means no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from remediator.core.facts import Facts, Known
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireSettings:
    """The checks that must all hold."""

    SHORTHAND: ClassVar[str] = "checks"
    checks: tuple[CheckOrder, ...] = ()


def judge(settings: RequireSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where a check does not hold or cannot be answered; once a run has begun, its own fix may make it untrue."""
    if subject.changed:
        return None
    for check in settings.checks:
        answer = facts.answers.get(check.key)
        if answer is None or answer.known is not Known.HOLDS:
            return _denial(
                check, answer.known if answer else Known.UNKNOWN, answer.detail if answer else ""
            )
    return None


def _denial(check: CheckOrder, known: Known, detail: str) -> Verdict:
    word = "is unknown" if known is Known.UNKNOWN else "does not hold"
    return Verdict(
        guard="require",
        ruling=Ruling.DENY,
        reason=f"{check.key} {word}" + (f" ({detail})" if detail else ""),
        clears="the required check holds",
    )


GUARD = Guard(
    name="require",
    settings=RequireSettings,
    judge=judge,
    questions=lambda settings: settings.checks,
    stricter=lambda own, floor: RequireSettings(
        checks=tuple({c.key: c for c in own.checks + floor.checks}.values())
    ),
)
