"""forbid: facts about the live world under which nothing may be changed. Unknown means no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from remediator.core.facts import Facts, Known
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbidSettings:
    """The checks none of which may hold."""

    SHORTHAND: ClassVar[str] = "checks"
    checks: tuple[CheckOrder, ...] = ()


def judge(settings: ForbidSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where a check holds or cannot be answered, before every change."""
    del subject
    for check in settings.checks:
        answer = facts.answers.get(check.key)
        if answer is not None and answer.known is Known.FAILS:
            continue
        word = "holds" if answer and answer.known is Known.HOLDS else "is unknown"
        detail = f" ({answer.detail})" if answer and answer.detail else ""
        return Verdict(
            guard="forbid",
            ruling=Ruling.DENY,
            reason=f"{check.key} {word}{detail}",
            clears="the forbidden check no longer holds",
        )
    return None


GUARD = Guard(
    name="forbid",
    settings=ForbidSettings,
    judge=judge,
    questions=lambda settings: settings.checks,
    stricter=lambda own, floor: ForbidSettings(
        checks=tuple({c.key: c for c in own.checks + floor.checks}.values())
    ),
    about_changes=False,
)
