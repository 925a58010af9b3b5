"""A stand-in for Prometheus on a free loopback port; used by tests and the demo.

It passes the contract of the real one. It knows no PromQL: it gives
the answers it was told, and says `bad_data` where brackets do not match.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from aiohttp import web

_DURATION = re.compile(r"(\d+m)?(\d+s)?(\d+ms)?|\d+(\.\d+)?")
_MOST_POINTS = 11_000  # Prometheus's own limit for one series of a range query
Answerer = Callable[[str], float | None]
History = Callable[[float], float | None]


class FakePrometheus:
    """Use as an async context manager, or call `start` and `stop`. `queries` are the texts it was asked.

    `now` gives the seconds since 1970 that samples bear.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.url = ""
        self.queries: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self._now = now
        self._told: dict[str, Callable[[float], dict[str, object]]] = {}
        self._answerer: Answerer = lambda query: None
        self._warnings: tuple[str, ...] = ()
        self._failure: tuple[int, object] | None = None
        self._released = asyncio.Event()
        self._released.set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on a free port; `url` is then known."""
        app = web.Application()
        app.router.add_post("/api/v1/query", self._query)
        app.router.add_post("/api/v1/query_range", self._query_range)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening, and let go of whoever hangs."""
        self._released.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def tell(self, promql: str, *values: float, labels: Mapping[str, str] | None = None) -> None:
        """Answer this query with a vector of these values (none: empty); several differ in the label `n`."""
        numbers = range(len(values)) if len(values) > 1 else ()
        extra = [{"n": str(n)} for n in numbers] or [{}]
        metrics = [{**(labels or {}), **more} for more in extra]
        self._told[promql] = lambda now: _vector(metrics, values, now)

    def tell_scalar(self, promql: str, value: float) -> None:
        """Answer this query with a scalar."""
        self._told[promql] = lambda now: {"resultType": "scalar", "result": _point(value, now)}

    def tell_result(self, promql: str, kind: str, result: object) -> None:
        """Answer this query with a result of any type, as it stands in the JSON."""
        self._told[promql] = lambda now: {"resultType": kind, "result": result}

    def tell_history(
        self, promql: str, history: History, labels: Mapping[str, str] | None = None
    ) -> None:
        """Answer this query, now and over time, with one series whose value is a function of the time (None: a gap)."""

        def at(moment: float) -> dict[str, object]:
            value = history(moment)
            return _vector([dict(labels or {})], () if value is None else (value,), moment)

        self._told[promql] = at

    def tell_by(self, answerer: Answerer) -> None:
        """Answer whatever else is asked by a function: one number, or None for an empty vector."""
        self._answerer = answerer

    def warn(self, *warnings: str) -> None:
        """Add warnings to every answer from now on."""
        self._warnings = warnings

    def fail(self, status: int = 503, kind: str = "unavailable", text: str = "told to") -> None:
        """Answer everything with an error from now on."""
        self._failure = (status, {"status": "error", "errorType": kind, "error": text})

    def garble(self, body: object, status: int = 200) -> None:
        """Answer everything with this text, or this JSON, from now on."""
        self._failure = (status, body)

    def hang(self) -> None:
        """Answer nothing from now on."""
        self._released.clear()

    def recover(self) -> None:
        """Answer as told again."""
        self._failure, self._warnings = None, ()
        self._released.set()

    async def _query(self, request: web.Request) -> web.Response:
        form = await self._noted(request)
        return self._refusal(form) or self._success(self._result(form["query"], self._now()))

    async def _query_range(self, request: web.Request) -> web.Response:
        form = await self._noted(request)
        if refusal := self._refusal(form):
            return refusal
        try:
            moments = _moments(form)
            vectors = [self._result(form["query"], moment) for moment in moments]
            return self._success(_matrix(vectors))
        except ValueError as error:
            return _bad(str(error))

    async def _noted(self, request: web.Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.queries.append(form.setdefault("query", ""))
        self.headers.append(dict(request.headers))
        await self._released.wait()
        return form

    def _refusal(self, form: Mapping[str, str]) -> web.Response | None:
        if self._failure is not None:
            return _response(*self._failure)
        problem = _problem(form["query"], form.get("timeout", "1s"))
        return _bad(problem) if problem else None

    def _success(self, result: dict[str, object]) -> web.Response:
        more = {"warnings": list(self._warnings)} if self._warnings else {}
        return _response(200, {"status": "success", "data": result, **more})

    def _result(self, query: str, moment: float) -> dict[str, object]:
        if told := self._told.get(query):
            return told(moment)
        value = self._answerer(query)
        return _vector([{}], () if value is None else (value,), moment)


def _moments(form: Mapping[str, str]) -> list[float]:
    """Return when a range query looks; ValueError where Prometheus would refuse."""
    start, end, step = (float(form.get(name, "nan")) for name in ("start", "end", "step"))
    if not end >= start:
        raise ValueError('invalid parameter "end": end timestamp must not be before start time')
    if not step > 0:
        raise ValueError('invalid parameter "step": zero or negative query resolution step widths')
    if (end - start) / step > _MOST_POINTS:
        raise ValueError(f"exceeded maximum resolution of {_MOST_POINTS:,} points per timeseries")
    return [start + n * step for n in range(int((end - start) / step) + 1)]


def _matrix(answers: list[dict[str, Any]]) -> dict[str, object]:
    """Put instant answers together to what a range query says: a list of values for each series."""
    found: dict[str, dict[str, Any]] = {}
    for answer in answers:
        if answer["resultType"] in ("matrix", "string"):
            raise ValueError(f'invalid expression type "{answer["resultType"]}" for range query')
        is_scalar = answer["resultType"] == "scalar"
        vector = [{"metric": {}, "value": answer["result"]}] if is_scalar else answer["result"]
        for entry in vector:
            key = repr(sorted(entry["metric"].items()))
            series = found.setdefault(key, {"metric": entry["metric"], "values": []})
            series["values"].append(entry["value"])
    return {"resultType": "matrix", "result": list(found.values())}


def _problem(query: str, limit: str) -> str:
    """Say what no Prometheus could read."""
    if not _DURATION.fullmatch(limit):
        return f'invalid parameter "timeout": cannot parse {limit!r} to a valid duration'
    if not query or query.count("(") != query.count(")"):
        return 'invalid parameter "query": 1:1: parse error: brackets do not match'
    return ""


def _vector(
    metrics: list[dict[str, str]], values: tuple[float, ...], now: float
) -> dict[str, object]:
    series = [
        {"metric": metric, "value": _point(value, now)}
        for metric, value in zip(metrics, values, strict=False)
    ]
    return {"resultType": "vector", "result": series}


def _point(value: float, now: float) -> list[object]:
    """Write a value as Prometheus does: a text, with its own words for what JSON has no number for."""
    words = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
    return [round(now, 3), words.get(str(float(value)), f"{value:.17g}")]


def _bad(problem: str) -> web.Response:
    return _response(400, {"status": "error", "errorType": "bad_data", "error": problem})


def _response(status: int, body: object) -> web.Response:
    if isinstance(body, str):
        return web.Response(status=status, text=body, content_type="text/html")
    return web.json_response(body, status=status)
