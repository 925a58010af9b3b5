"""Ask Alertmanager which alerts it holds; used by the checks `alert` and `firing`, by the guard `silenced`, and by
intake for those that were cut off from a notification.

Silenced and inhibited alerts are asked for as well: they still fire, and nobody is told when they
end (alertmanager#226).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from remediator.core.alert import Alert, AlertStatus
from remediator.core.errors import InvalidSettings, Permanent, Transient
from remediator.core.matcher import Matcher, MatchOp
from remediator.integrations.alertmanager.api import ActiveAlert, Silence
from remediator.integrations.json_api import Endpoint, JsonApi

T = TypeVar("T")

TIMEOUT = timedelta(seconds=5)
_TOLD = (
    *(("active", "true"), ("silenced", "false"), ("inhibited", "false")),
    ("unprocessed", "false"),
)
_ALL = (("active", "true"), ("silenced", "true"), ("inhibited", "true"), ("unprocessed", "true"))


class AlertmanagerGateway:
    """Keep the promise of `alertmanager.api` for one or several peers. Call `close` at the end."""

    def __init__(self, endpoints: Sequence[Endpoint], *, timeout: timedelta = TIMEOUT) -> None:
        if not endpoints:
            raise InvalidSettings("alertmanager.urls: at least one URL is needed")
        self._apis = tuple(JsonApi(endpoint, timeout=timeout) for endpoint in endpoints)

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[ActiveAlert, ...]:
        """See ports.alertmanager.Alertmanager; raise Permanent where a matcher is refused as malformed."""
        entries = await self._listed(_ALL, matchers, _alert)
        return tuple(entries)

    async def notified(self, receiver: str, labels: Mapping[str, str]) -> tuple[Alert, ...]:
        """See ports.alertmanager.Alertmanager."""
        matchers = [Matcher(name, MatchOp.EQUAL, value) for name, value in labels.items()]
        wanted = (*_TOLD, *((("receiver", re.escape(receiver)),) if receiver else ()))
        return tuple(await self._listed(wanted, matchers, _whole_alert))

    async def _listed(
        self,
        wanted: Sequence[tuple[str, str]],
        matchers: Sequence[Matcher],
        read: Callable[[object], T],
    ) -> list[T]:
        query = [*wanted, *_filters(matchers)]
        return await self._first(lambda api: _alerts_of(api, query, read))

    async def silence(self, silence_id: str) -> Silence:
        """See ports.alertmanager.Alertmanager."""
        return await self._first(lambda api: _silence_of(api, silence_id))

    async def _first(self, ask: Callable[[JsonApi], Awaitable[T]]) -> T:
        problems = []
        for api in self._apis:
            try:
                return await ask(api)
            except Transient as problem:
                problems.append(problem.detail)
        raise Transient("no Alertmanager answers: " + "; ".join(problems))

    async def started_at(self) -> datetime:
        """See ports.alertmanager.Alertmanager: of all peers, for `alerts` does not say which of them answered."""
        answers = await asyncio.gather(*(_start_or_problem(api) for api in self._apis))
        starts = [answer for answer in answers if isinstance(answer, datetime)]
        if starts:
            return max(starts)
        problems = [answer.detail for answer in answers if isinstance(answer, Transient)]
        raise Transient("no Alertmanager answers: " + "; ".join(problems))

    async def configuration(self) -> str:
        """See alertmanager.api.AlertmanagerConfiguration."""
        return await self._first(_configuration_of)

    async def close(self) -> None:
        """Close what is open."""
        for api in self._apis:
            await api.close()


def _filters(matchers: Sequence[Matcher]) -> list[tuple[str, str]]:
    return [("filter", str(matcher)) for matcher in matchers]


async def _alerts_of(
    api: JsonApi, query: Sequence[tuple[str, str]], read: Callable[[object], T]
) -> list[T]:
    reply = await api.get("/api/v2/alerts", query)
    if reply.status == 400:
        raise Permanent("Alertmanager does not understand the matchers", target=api.place)
    if reply.status != 200 or not isinstance(reply.document, list):
        raise Transient(f"{api.place}: status {reply.status}, and no list of alerts")
    try:
        return await reply.shaped(lambda found: [read(entry) for entry in found])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Transient(f"{api.place}: the list of alerts cannot be read") from error


async def _silence_of(api: JsonApi, silence_id: str) -> Silence:
    reply = await api.get(f"/api/v2/silence/{quote(silence_id, safe='')}")
    if reply.status != 200:
        raise Transient(f"{api.place}: status {reply.status}, and no silence")
    try:
        return await reply.shaped(_silence)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Transient(f"{api.place}: the silence cannot be read") from error


async def _configuration_of(api: JsonApi) -> str:
    reply = await api.get("/api/v2/status")
    if reply.status != 200:
        raise Transient(f"{api.place}: status {reply.status}")
    try:
        return _text(reply.document["config"]["original"])
    except (KeyError, TypeError) as error:
        raise Transient(f"{api.place}: the status names no configuration") from error


async def _start_or_problem(api: JsonApi) -> datetime | Transient:
    try:
        return await _started_at(api)
    except Transient as problem:
        return problem


async def _started_at(api: JsonApi) -> datetime:
    reply = await api.get("/api/v2/status")
    if reply.status != 200:
        raise Transient(f"{api.place}: status {reply.status}")
    try:
        started = datetime.fromisoformat(reply.document["uptime"])  # a time, whatever the name says
    except (KeyError, TypeError, ValueError) as error:
        raise Transient(f"{api.place}: the status cannot be read") from error
    if started.tzinfo is None:
        raise Transient(f"{api.place}: the status names a time without a zone")
    return started


def _alert(entry: Any) -> ActiveAlert:
    return ActiveAlert(
        fingerprint=_text(entry["fingerprint"]),
        labels={name: _text(value) for name, value in entry["labels"].items()},
        state=_text(entry["status"]["state"]),
        silenced_by=tuple(_text(each) for each in entry["status"].get("silencedBy") or ()),
    )


def _silence(found: Any) -> Silence:
    return Silence(
        by=_text(found["createdBy"]),
        comment=_text(found["comment"]),
        ends_at=datetime.fromisoformat(found["endsAt"]),
    )


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("not a text")
    return found


def _whole_alert(entry: Any) -> Alert:
    """Read an alert as a notification would name it. It is listed, so it fires."""
    return Alert(
        fingerprint=str(entry["fingerprint"]),
        status=AlertStatus.FIRING,
        labels={str(name): str(value) for name, value in entry["labels"].items()},
        annotations={str(n): str(value) for n, value in (entry.get("annotations") or {}).items()},
        starts_at=datetime.fromisoformat(entry["startsAt"]),
        generator_url=str(entry.get("generatorURL") or ""),
    )
