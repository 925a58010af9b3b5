"""The check `alert`: is the run's own alert resolved, or does it still fire?

Where Alertmanager's API is set, it is asked. A silenced or inhibited alert still fires: nobody is told when it ends.
An Alertmanager that restarted lists nothing until Prometheus sends again, so its silence counts for nothing then.
Without it, what a source last said counts for as long as it is fresh.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from remediator.core.alert import Alert
from remediator.core.duration import format_duration
from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.matcher import Matcher, MatchOp
from remediator.core.plaintext import one_line
from remediator.integrations.alertmanager.api import ALERTMANAGER, ActiveAlert, Alertmanager
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters

_CLASSIC_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LONGEST_VALUE = 200


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
    listed = await alertmanager.alerts(_matchers(question.alert))
    found = next((each for each in listed if _is_same(each, question.alert)), None)
    if found:
        return _compared(question, is_firing=True, detail=f"Alertmanager says {found.state}")
    if question.alert_firing and (doubt := _doubt(question, await alertmanager.started_at())):
        return unknown(doubt)
    return _compared(question, is_firing=False, detail="Alertmanager no longer lists it")


def _doubt(question: Question, started: datetime) -> str:
    """Say why not being listed proves nothing; empty where it does. Asked after the list, so never too late."""
    seen = question.alert_seen_at
    if seen is None:
        return "Alertmanager does not list it, but no source has spoken of it"
    if started < seen:
        return ""
    age = _length(question.now - started)
    return f"Alertmanager does not list it, but restarted {age} ago: it may not know it yet"


def _length(age: timedelta) -> str:
    return format_duration(timedelta(seconds=max(int(age.total_seconds()), 0)))


def _remembered(question: Question) -> Answer:
    seen = question.alert_seen_at
    if seen is None:
        return unknown("no source has spoken of the alert")
    age = question.now - seen
    said = f"last told {AlertState.FIRING if question.alert_firing else AlertState.RESOLVED}"
    detail = f"{said} {_length(age)} ago"
    if age > AlertParameters.of(question.parameters).fresh:
        hint = "add `alertmanager.urls` to the settings to ask for newer"
        return Answer(known=Known.UNKNOWN, detail=f"{detail}: too old; {hint}", at=seen)
    return _compared(question, is_firing=question.alert_firing, detail=detail)


def _compared(question: Question, *, is_firing: bool, detail: str) -> Answer:
    wanted = AlertParameters.of(question.parameters)
    holds = is_firing is (wanted.state is AlertState.FIRING)
    known = Known.HOLDS if holds else Known.FAILS
    return Answer(known=known, detail=detail, value=float(is_firing), at=question.now)


def _matchers(alert: Alert) -> tuple[Matcher, ...]:
    """Narrow the question down by the labels that every Alertmanager reads alike; `_is_same` decides."""
    return tuple(
        Matcher(name, MatchOp.EQUAL, value)
        for name, value in alert.labels.items()
        if _CLASSIC_NAME.fullmatch(name) and value.isprintable() and len(value) <= _LONGEST_VALUE
    )


def _is_same(listed: ActiveAlert, alert: Alert) -> bool:
    return listed.fingerprint == alert.fingerprint or dict(listed.labels) == dict(alert.labels)


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
