"""Ask a Prometheus (or Thanos, Mimir, VictoriaMetrics: the same API); used by the check `promql`, by graphs and
by `coverage`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from remediator.core.errors import Permanent, Transient
from remediator.core.plaintext import one_line
from remediator.integrations.json_api import Endpoint, JsonApi, Reply
from remediator.integrations.prometheus.api import Sample, Series
from remediator.integrations.prometheus.knowledge.alert_rules import (
    read_answer,
    read_external_labels,
    with_external,
)
from remediator.ports.alert_rules import AlertRule

T = TypeVar("T")

TIMEOUT = timedelta(seconds=10)
_HISTOGRAMS = "the query gives native histograms; ask for a number of them"
_HINT_PREFIX = "PromQL info:"  # until 2.55 Prometheus put its hints among the warnings


class PrometheusGateway:
    """Keep the promise of `prometheus.api`. Call `close` at the end."""

    def __init__(self, endpoint: Endpoint, *, timeout: timedelta = TIMEOUT) -> None:
        self._api = JsonApi(endpoint, timeout=timeout)
        self._limit = f"{int(timeout.total_seconds() * 900)}ms"  # no fractions there

    async def query(self, promql: str) -> tuple[Sample, ...]:
        """See ports.prometheus.Prometheus. A partial answer is no answer (Thanos warns of one, VictoriaMetrics says
        `isPartial`): Transient."""
        reply = await self._answer("/api/v1/query", {"query": promql})
        return await self._shaped(reply, _samples, "an instant query")

    async def query_range(
        self, promql: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        """See ports.prometheus.Prometheus."""
        seconds = {"start": start.timestamp(), "end": end.timestamp(), "step": step.total_seconds()}
        form = {name: f"{value:.3f}" for name, value in seconds.items()}
        reply = await self._answer("/api/v1/query_range", {"query": promql, **form})
        return await self._shaped(reply, _matrix, "a range query")

    async def alert_rules(self) -> tuple[AlertRule, ...]:
        """See prometheus.api.PrometheusRules. Thanos and Mimir show no configuration, so no external labels either."""
        reply = await self._api.get("/api/v1/rules", [("type", "alert")])
        if reply.status != 200 or not _is_success(reply):
            raise self._refusal(reply)
        read = partial(read_answer, self._api.place)
        rules = await self._shaped(reply, read, "a list of rules")
        external = await self._external_labels()
        return tuple(with_external(rule, external) for rule in rules)

    async def _external_labels(self) -> dict[str, str]:
        reply = await self._api.get("/api/v1/status/config")
        if reply.status != 200 or not _is_success(reply):
            return {}
        found = reply.document.get("data")
        written = found.get("yaml") if isinstance(found, dict) else None
        return read_external_labels(written) if isinstance(written, str) else {}

    async def close(self) -> None:
        """Close what is open."""
        await self._api.close()

    async def _shaped(self, reply: Reply, shape: Callable[[object], T], what: str) -> T:
        try:
            return await reply.shaped(lambda document: shape(document.get("data")))
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
            text = f"the answer is not the result of {what}"
            raise Transient(text, target=self._api.place) from error

    async def _answer(self, path: str, form: Mapping[str, str]) -> Reply:
        reply = await self._api.post(path, {**form, "timeout": self._limit})
        if reply.status != 200 or not _is_success(reply):
            raise self._refusal(reply)
        if warnings := _warnings(reply.document.get("warnings")):
            raise Transient(f"Prometheus warned: {warnings}", target=self._api.place)
        if reply.document.get("isPartial", False) is not False:
            text = "the answer is partial: some of its storage nodes were not heard"
            raise Transient(text, target=self._api.place)
        return reply

    def _refusal(self, reply: Reply) -> Permanent | Transient:
        document = reply.document if isinstance(reply.document, dict) else {}
        error = document.get("error")
        reason = one_line(error) if isinstance(error, str) and error else "no reason given"
        kind = document.get("errorType")
        if kind == "bad_data" and 400 <= reply.status < 500:
            return Permanent(f"bad query: {reason}", target=self._api.place)
        return Transient(f"status {reply.status}: {reason}", target=self._api.place)


def _is_success(reply: Reply) -> bool:
    return isinstance(reply.document, dict) and reply.document.get("status") == "success"


def _warnings(found: object) -> str:
    """Return the warnings on one line; whatever else stands in their place is a warning, too: unknown means no."""
    if not found:
        return ""
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        return "in words that cannot be read"
    return one_line("; ".join(text for text in found if not text.startswith(_HINT_PREFIX)))


def _samples(answer: Any) -> tuple[Sample, ...]:
    kind, result = answer["resultType"], answer["result"]
    if kind == "scalar":
        return (_sample({}, result),)
    if not isinstance(kind, str) or not isinstance(result, list):
        raise TypeError("a kind is a word, and a result a list")
    if kind != "vector":
        raise Permanent(
            f"the query gives a {one_line(str(kind), 40)}; ask for an instant vector or a scalar"
        )
    return tuple(_vector_sample(entry) for entry in result)


def _vector_sample(entry: object) -> Sample:
    if not isinstance(entry, dict):
        raise TypeError("a sample is an object")
    if "value" not in entry:
        raise Permanent(_HISTOGRAMS)
    return _sample(entry["metric"], entry["value"])


def _sample(labels: object, point: Sequence[object]) -> Sample:
    at, value = point
    return Sample(labels=_labels(labels), value=_number(value), at=_time(at))


def _labels(found: object) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise TypeError("labels are texts")
    return found


def _number(value: object) -> float:
    """Read a value, which Prometheus writes as a text; "NaN" and "+Inf" are values."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError("a value is a number")
    return float(value)


def _time(value: object) -> float:
    moment = _number(value)
    if not math.isfinite(moment):
        raise ValueError("a time is finite")
    return moment


def _matrix(answer: Any) -> tuple[Series, ...]:
    if answer["resultType"] != "matrix":
        raise ValueError(answer["resultType"])
    return tuple(_series(entry) for entry in answer["result"])


def _series(entry: Any) -> Series:
    if "values" not in entry and "histograms" in entry:
        raise Permanent(_HISTOGRAMS)
    points = tuple((_time(at), _number(value)) for at, value in entry["values"])
    return Series(labels=_labels(entry["metric"]), points=points)
