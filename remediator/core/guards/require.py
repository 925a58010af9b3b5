"""require: facts about the live world that must hold before anything is changed. Unknown means no.

Where all hold, the verdict says what was seen: people read the state of the object before they say yes to a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from remediator.core.facts import Answer, Facts, Known
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Ruling, Verdict

_NOBODY_ASKED = Answer(known=Known.UNKNOWN, detail="")
_WORDS = {Known.HOLDS: "holds", Known.FAILS: "does not hold", Known.UNKNOWN: "is unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireSettings:
    """The checks that must all hold."""

    SHORTHAND: ClassVar[str] = "checks"
    checks: tuple[CheckOrder, ...] = ()


def judge(settings: RequireSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where a check does not hold or cannot be answered; once a run has begun, its own fix may make it untrue."""
    if subject.changed or not settings.checks:
        return None
    asked = [(check, facts.answers.get(check.key) or _NOBODY_ASKED) for check in settings.checks]
    for check, answer in asked:
        if answer.known is not Known.HOLDS:
            return Verdict(
                guard="require",
                ruling=Ruling.DENY,
                reason=_words(check, answer),
                clears="the required check holds",
            )
    seen = "; ".join(_words(check, answer) for check, answer in asked)
    return Verdict(guard="require", ruling=Ruling.ALLOW, reason=seen)


def _words(check: CheckOrder, answer: Answer) -> str:
    said = f"{check.key} {_WORDS[answer.known]}"
    return f"{said} ({answer.detail})" if answer.detail else said


GUARD = Guard(
    name="require",
    settings=RequireSettings,
    judge=judge,
    questions=lambda settings: settings.checks,
    stricter=lambda own, floor: RequireSettings(
        checks=tuple({c.key: c for c in own.checks + floor.checks}.values())
    ),
    about_changes=False,
)
