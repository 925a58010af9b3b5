"""Find an alert among those that Alertmanager lists. Used by the check `alert` and by the question for silences."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from remediator.core.alert import Alert
from remediator.core.duration import format_duration
from remediator.core.masking import MASKED
from remediator.core.matcher import Matcher, MatchOp
from remediator.integrations.alertmanager.api import ActiveAlert, Alertmanager
from remediator.ports.check import Question

_CLASSIC_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LONGEST_VALUE = 200


async def find_listed(alertmanager: Alertmanager, alert: Alert) -> ActiveAlert | None:
    """Return the alert as Alertmanager lists it now; raise Transient or Permanent where it cannot be asked."""
    listed = await alertmanager.alerts(_matchers(alert))
    return next((each for each in listed if _is_same(each, alert)), None)


def length(age: timedelta) -> str:
    """Write how long ago something was, in whole seconds."""
    return format_duration(timedelta(seconds=max(int(age.total_seconds()), 0)))


def doubt(question: Question, started: datetime) -> str:
    """Say why not being listed proves nothing; empty where it does. Asked after the list, so never too late."""
    seen = question.alert_seen_at
    if seen is None:
        return "Alertmanager does not list it, but no source has spoken of it"
    if started < seen:
        return ""
    age = length(question.now - started)
    return f"Alertmanager does not list it, but restarted {age} ago: it may not know it yet"


def _matchers(alert: Alert) -> tuple[Matcher, ...]:
    """Narrow the question down by the labels that every Alertmanager reads alike; `_is_same` decides."""
    return tuple(
        Matcher(name, MatchOp.EQUAL, value)
        for name, value in alert.labels.items()
        if _CLASSIC_NAME.fullmatch(name) and _is_plain(value)
    )


def _is_plain(value: str) -> bool:
    return value.isprintable() and len(value) <= _LONGEST_VALUE and MASKED not in value


def _is_same(listed: ActiveAlert, alert: Alert) -> bool:
    return listed.fingerprint == alert.fingerprint or dict(listed.labels) == dict(alert.labels)
