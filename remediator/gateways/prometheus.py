"""Ask a Prometheus (or Thanos, Mimir, VictoriaMetrics: the same API); used by the check `promql` and by graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from remediator.core.errors import Permanent, Transient
from remediator.core.plaintext import one_line
from remediator.gateways.json_api import Endpoint, JsonApi, Reply
from remediator.ports.prometheus import Sample, Series

TIMEOUT = timedelta(seconds=10)
_HISTOGRAMS = "the query gives native histograms; ask for a number of them"
_HINT_PREFIX = "PromQL info:"  # until 2.55 Prometheus put its hints among the warnings


class PrometheusGateway:
    """Keep the promise of `ports.prometheus`. Call `close` at the end."""

    def __init__(self, endpoint: Endpoint, *, timeout: timedelta = TIMEOUT) -> None:
        self._api = JsonApi(endpoint, timeout=timeout)
        self._limit = f"{int(timeout.total_seconds() * 900)}ms"  # no fractions there

    async def query(self, promql: str) -> tuple[Sample, ...]:
        """See ports.prometheus.Prometheus. A partial answer (Thanos warns of one) is no answer: Transient."""
        answer = await self._answer("/api/v1/query", {"query": promql})
        try:
            return _samples(answer)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            text = "the answer is not the result of an instant query"
            raise Transient(text, target=self._api.place) from error

    async def query_range(
        self, promql: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        """See ports.prometheus.Prometheus."""
        seconds = {"start": start.timestamp(), "end": end.timestamp(), "step": step.total_seconds()}
        form = {name: f"{value:.3f}" for name, value in seconds.items()}
        answer = await self._answer("/api/v1/query_range", {"query": promql, **form})
        try:
            return _matrix(answer)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            text = "the answer is not the result of a range query"
            raise Transient(text, target=self._api.place) from error

    async def close(self) -> None:
        """Close what is open."""
        await self._api.close()

    async def _answer(self, path: str, form: Mapping[str, str]) -> Any:
        reply = await self._api.post(path, {**form, "timeout": self._limit})
        if reply.status != 200 or not _is_success(reply):
            raise self._refusal(reply)
        if warnings := _warnings(reply.document):
            raise Transient(f"Prometheus warned: {warnings}", target=self._api.place)
        return reply.document.get("data")

    def _refusal(self, reply: Reply) -> Permanent | Transient:
        document = reply.document if isinstance(reply.document, dict) else {}
        reason = one_line(str(document.get("error") or "no reason given"))
        kind = document.get("errorType")
        if kind == "bad_data" and 400 <= reply.status < 500:
            return Permanent(f"bad query: {reason}", target=self._api.place)
        return Transient(f"status {reply.status}: {reason}", target=self._api.place)


def _is_success(reply: Reply) -> bool:
    return isinstance(reply.document, dict) and reply.document.get("status") == "success"


def _warnings(document: Any) -> str:
    texts = [str(text) for text in document.get("warnings") or ()]
    return one_line("; ".join(t for t in texts if not t.startswith(_HINT_PREFIX)))


def _samples(answer: Any) -> tuple[Sample, ...]:
    kind, result = answer["resultType"], answer["result"]
    if kind == "scalar":
        return (_sample({}, result),)
    if kind != "vector":
        raise Permanent(f"the query gives a {kind}; ask for an instant vector or a scalar")
    return tuple(_vector_sample(entry) for entry in result)


def _vector_sample(entry: Any) -> Sample:
    if "value" not in entry:
        raise Permanent(_HISTOGRAMS)
    return _sample(entry["metric"], entry["value"])


def _sample(labels: Any, point: Sequence[Any]) -> Sample:
    at, value = point
    return Sample(labels=dict(labels), value=float(value), at=float(at))


def _matrix(answer: Any) -> tuple[Series, ...]:
    if answer["resultType"] != "matrix":
        raise ValueError(answer["resultType"])
    return tuple(_series(entry) for entry in answer["result"])


def _series(entry: Any) -> Series:
    if "values" not in entry and "histograms" in entry:
        raise Permanent(_HISTOGRAMS)
    points = tuple((float(at), float(value)) for at, value in entry["values"])
    return Series(labels=dict(entry["metric"]), points=points)
