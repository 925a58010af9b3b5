"""Say whether people have silenced an alert: what the guard `silenced` goes by.

An inhibited alert is not silenced: a rule did that, no person. Of one that resolves while it is silenced nobody is told
(alertmanager#226), so the answer also says whether the alert is listed at all.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.alertmanager.api import ALERTMANAGER, ActiveAlert, Alertmanager
from remediator.integrations.alertmanager.listing import doubt, find_listed
from remediator.ports.check import Question
from remediator.ports.gateways import Reads
from remediator.ports.integration import Silences

HEARD_AGAIN = timedelta(minutes=5)
"""After a restart Alertmanager has heard again of all that fires: Prometheus repeats itself every minute or so."""


def silences(reads: Reads) -> Silences | None:
    """Return whom to ask, where an Alertmanager is set."""
    return partial(_silenced, reads[ALERTMANAGER]) if reads.has(ALERTMANAGER) else None


async def _silenced(alertmanager: Alertmanager, question: Question) -> Answer:
    found = await find_listed(alertmanager, question.alert)
    if found is None:
        return await _unlisted(alertmanager, question)
    if not found.silenced_by:
        return _answer(Known.FAILS, f"Alertmanager says {found.state}", 1)
    return _answer(Known.HOLDS, await _told(alertmanager, found), 1)


async def _unlisted(alertmanager: Alertmanager, question: Question) -> Answer:
    started = await alertmanager.started_at()
    why = doubt(question, started)
    if why and question.alert_seen_at and question.now - started < HEARD_AGAIN:
        return unknown(why)
    return _answer(Known.FAILS, "Alertmanager does not list it", 0)


async def _told(alertmanager: Alertmanager, alert: ActiveAlert) -> str:
    """Say whose silence it is; that there is one is known already."""
    try:
        silence = await alertmanager.silence(alert.silenced_by[0])
    except ActionError:
        return f"the alert is silenced in Alertmanager ({alert.silenced_by[0]})"
    why = f": {silence.comment}" if silence.comment else ""
    until = f"{silence.ends_at:%Y-%m-%d %H:%M} UTC"
    return one_line(f"{silence.by or 'somebody'} silenced the alert until {until}{why}", 300)


def _answer(known: Known, detail: str, listed: float) -> Answer:
    return Answer(known=known, detail=detail, value=listed)
