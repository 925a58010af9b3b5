"""silenced: whoever silences an alert has it in hand, so nothing is changed for it until the silence ends.

Asked before every change where a system is set that alerts are silenced in (ports/integration, `silenced`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from remediator.core.facts import Facts, Known
from remediator.core.guards.guard import Guard, Subject
from remediator.core.order import Order
from remediator.core.verdict import Judgement, Ruling, Verdict

SILENCE = "silenced"
"""The key of the answer: whether people have silenced the alert. Its value is 0 where the alert is not there at all."""
_LOOK_AGAIN = timedelta(seconds=15)


class OnSilence(StrEnum):
    """What a silence means to a run."""

    HOLD = "hold"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedSettings:
    """Whether a silence holds a run back."""

    on_silence: OnSilence = OnSilence.HOLD


def minds_silences(order: Order) -> bool:
    """Say whether it has to be asked at all."""
    settings = order.guards.get(GUARD.name) or SilencedSettings()
    return settings.on_silence is OnSilence.HOLD


def is_held(judgement: Judgement | None) -> bool:
    """Say whether a silence was the reason, or one of them, to wait: nobody wants to be called then."""
    verdicts = judgement.verdicts if judgement else ()
    return any(verdict.guard == GUARD.name and verdict.numbers for verdict in verdicts)


def judge(settings: SilencedSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Defer while silenced, or while nobody knows; deny where the alert ended under its silence, which nobody tells."""
    answer = facts.answers.get(SILENCE)
    if settings.on_silence is OnSilence.ACT or answer is None:
        return None
    if answer.known is Known.FAILS:
        return _ended(answer.detail) if subject.held and answer.value == 0 else None
    is_known = answer.known is Known.HOLDS
    return Verdict(
        guard=GUARD.name,
        ruling=Ruling.DEFER,
        reason=answer.detail
        if is_known
        else f"nobody can say whether the alert is silenced: {answer.detail}",
        numbers={"silenced": 1} if is_known or subject.held else {},
        until=facts.now + _LOOK_AGAIN,
        clears="the silence ends" if is_known else "somebody can be asked",
    )


def _ended(detail: str) -> Verdict:
    reason = f"the alert ended while it was silenced: {detail}"
    return Verdict(guard=GUARD.name, ruling=Ruling.DENY, reason=reason)


GUARD = Guard(
    name="silenced",
    settings=SilencedSettings,
    judge=judge,
    stricter=lambda own, floor: own if own.on_silence is OnSilence.HOLD else floor,
)
