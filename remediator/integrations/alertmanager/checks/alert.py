"""The check `alert`: is the run's own alert resolved, or does it still fire?

Where Alertmanager's API is set, it is asked. A silenced or inhibited alert still fires: nobody is told when it ends.
An Alertmanager that restarted lists nothing until Prometheus sends again, so its silence counts for nothing then.
Without it, what a source last said counts for as long as it is fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.alertmanager.api import ALERTMANAGER, Alertmanager
from remediator.integrations.alertmanager.listing import doubt, find_listed, length
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters


class AlertState(StrEnum):
    """What an alert can do."""

    FIRING = "firing"
    RESOLVED = "resolved"


class AlertParameters(Parameters):
    """The wanted state; `fresh` is how old the last word on the alert may be where Alertmanager cannot be asked."""

    state: AlertState
    fresh: Duration = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AlertChecker:
    """Asks Alertmanager, or else remembers."""

    alertmanager: Alertmanager | None

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        if self.alertmanager is None:
            return _remembered(question)
        try:
            return await _asked(self.alertmanager, question)
        except ActionError as error:
            return unknown(one_line(error.detail))


async def _asked(alertmanager: Alertmanager, question: Question) -> Answer:
    found = await find_listed(alertmanager, question.alert)
    if found:
        return _compared(question, is_firing=True, detail=f"Alertmanager says {found.state}")
    if question.alert_firing and (why := doubt(question, await alertmanager.started_at())):
        return unknown(why)
    return _compared(question, is_firing=False, detail="Alertmanager no longer lists it")


def _remembered(question: Question) -> Answer:
    seen = question.alert_seen_at
    if seen is None:
        return unknown("no source has spoken of the alert")
    age = question.now - seen
    said = f"last told {AlertState.FIRING if question.alert_firing else AlertState.RESOLVED}"
    detail = f"{said} {length(age)} ago"
    if age > AlertParameters.of(question.parameters).fresh:
        hint = "add `alertmanager.urls` to the settings to ask for newer"
        return Answer(known=Known.UNKNOWN, detail=f"{detail}: too old; {hint}", at=seen)
    return _compared(question, is_firing=question.alert_firing, detail=detail)


def _compared(question: Question, *, is_firing: bool, detail: str) -> Answer:
    wanted = AlertParameters.of(question.parameters)
    holds = is_firing is (wanted.state is AlertState.FIRING)
    known = Known.HOLDS if holds else Known.FAILS
    return Answer(known=known, detail=detail, value=float(is_firing), at=question.now)


def _checker(reads: Reads) -> AlertChecker:
    return AlertChecker(reads[ALERTMANAGER] if reads.has(ALERTMANAGER) else None)


CHECKS = (
    Check(
        name="alert",
        doc="The alert that the run answers is resolved, or still fires.",
        parameters=AlertParameters,
        shorthand="state",
        example="alert: resolved",
        checker=_checker,
    ),
)
