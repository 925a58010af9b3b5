"""The check `firing`: does an alert like this fire now, whichever it is? Needs Alertmanager's API.

An Alertmanager that lists nothing at all, while the run's own alert fires, has lost its Prometheus: nobody knows then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.matcher import parse_matcher
from remediator.core.plaintext import one_line
from remediator.integrations.alertmanager.api import ALERTMANAGER, ActiveAlert, Alertmanager
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _readable(text: str) -> str:
    parse_matcher(text)
    return text


_MatcherText = Annotated[str, Field(max_length=2000), AfterValidator(_readable)]


class FiringParameters(Parameters):
    """Alertmanager matchers, all of which must hold for one alert."""

    matchers: Annotated[
        tuple[_MatcherText, ...],
        BeforeValidator(
            _one_or_many, json_schema_input_type=_MatcherText | tuple[_MatcherText, ...]
        ),
        Field(min_length=1, max_length=20),
    ]


@dataclass(frozen=True, slots=True)
class FiringChecker:
    """Asks Alertmanager, where there is one."""

    alertmanager: Alertmanager

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker. A silenced or inhibited alert fires, too."""
        wanted = FiringParameters.of(question.parameters)
        matchers = tuple(parse_matcher(text) for text in wanted.matchers)
        try:
            found = await self.alertmanager.alerts(matchers)
            started = None if found else await self.alertmanager.started_at()
            is_mute = not found and question.alert_firing and not await self.alertmanager.alerts(())
        except ActionError as error:
            return unknown(one_line(error.detail))
        seen = question.alert_seen_at or question.now
        if started is not None and started > seen:
            detail = "Alertmanager has restarted and may not have heard of all alerts yet"
            return unknown(detail)
        if is_mute:
            return unknown("Alertmanager lists no alert at all")
        known = Known.HOLDS if found else Known.FAILS
        return Answer(known=known, detail=_told(found), value=float(len(found)), at=question.now)


def _told(found: tuple[ActiveAlert, ...]) -> str:
    if not found:
        return "no such alert fires"
    names = sorted({alert.labels.get("alertname", "-") for alert in found})
    return one_line(f"{len(found)} firing: {', '.join(names[:5])}")


def _checker(reads: Reads) -> FiringChecker:
    return FiringChecker(reads[ALERTMANAGER])


CHECKS = (
    Check(
        name="firing",
        doc="At least one alert that meets all matchers fires now, silenced or not.",
        parameters=FiringParameters,
        shorthand="matchers",
        example="firing: ['alertname=\"ClusterUpgrade\"', 'severity=~\"warning|critical\"']",
        checker=_checker,
    ),
)
