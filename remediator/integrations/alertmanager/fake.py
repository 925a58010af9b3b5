"""A stand-in for Alertmanager's read API on a free loopback port; used by tests and the demo.

It passes the contract of the real one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from aiohttp import web

from remediator.core.matcher import Matcher, parse_matcher

_FNV_OFFSET, _FNV_PRIME, _SEPARATOR = 0xCBF29CE484222325, 0x100000001B3, b"\xff"


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return what Alertmanager calls these labels: FNV-1a over the sorted set (prometheus/common, model)."""
    digest = _FNV_OFFSET
    for name, value in sorted(labels.items(), key=lambda item: item[0].encode()):
        for byte in name.encode() + _SEPARATOR + value.encode() + _SEPARATOR:
            digest = ((digest ^ byte) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


class FakeAlertmanager:
    """Use as an async context manager, or call `start` and `stop`.

    `filters` are the filters of the last question. All alerts go to `receiver`. `started_at` may be set, to be
    older than it is.
    """

    def __init__(self) -> None:
        self.url = ""
        self.receiver = "remediator"
        self.filters: tuple[str, ...] = ()
        self.headers: Mapping[str, str] = {}
        self.started_at = datetime.now(UTC)
        self._alerts: dict[str, dict[str, str]] = {}
        self._silences: dict[str, dict[str, str]] = {}
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
        app.router.add_get("/api/v2/alerts", self._list)
        app.router.add_get("/api/v2/status", self._status)
        app.router.add_get("/api/v2/silence/{id}", self._silence)
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

    def fire(self, labels: Mapping[str, str]) -> str:
        """Let an alert fire and return its fingerprint; labels without a value are dropped, as there."""
        kept = {name: value for name, value in labels.items() if value}
        self._alerts[fingerprint(kept)] = kept
        return fingerprint(kept)

    def resolve(self, labels: Mapping[str, str]) -> None:
        """Let an alert end."""
        self._alerts.pop(fingerprint({n: v for n, v in labels.items() if v}), None)

    def restart(self) -> None:
        """Forget every alert, as there; silences are kept."""
        self._alerts.clear()
        self.started_at = datetime.now(UTC)

    def silence(self, labels: Mapping[str, str]) -> str:
        """Silence the alerts that have all these labels, in Ann's name; return the silence's id."""
        silence_id = str(uuid4())
        self._silences[silence_id] = dict(labels)
        return silence_id

    def end_silence(self, silence_id: str) -> None:
        """End a silence before its time."""
        del self._silences[silence_id]

    def fail(self, status: int = 500, body: object = "told to fail") -> None:
        """Answer everything like this from now on."""
        self._failure = (status, body)

    def hang(self) -> None:
        """Answer nothing from now on."""
        self._released.clear()

    def recover(self) -> None:
        """Answer truly again."""
        self._failure = None
        self._released.set()

    async def _list(self, request: web.Request) -> web.Response:
        self.filters = tuple(request.query.getall("filter", []))
        self.headers = dict(request.headers)
        if trouble := await self._trouble():
            return trouble
        try:
            matchers = [parse_matcher(text) for text in self.filters]
        except ValueError as error:
            return web.json_response(f"bad matcher format: {error}", status=400)
        if not re.fullmatch(request.query.get("receiver", ".*"), self.receiver):
            return web.json_response([])
        shown = [entry for entry in self._entries(matchers) if _is_wanted(entry, request.query)]
        return web.json_response(shown)

    async def _status(self, request: web.Request) -> web.Response:
        return await self._trouble() or web.json_response({"uptime": self.started_at.isoformat()})

    async def _trouble(self) -> web.Response | None:
        await self._released.wait()
        if self._failure is None:
            return None
        status, body = self._failure
        return web.json_response(body, status=status)

    def _entries(self, matchers: list[Matcher]) -> list[dict[str, object]]:
        return [
            {
                "fingerprint": key,
                "labels": labels,
                "annotations": {},
                "startsAt": self.started_at.isoformat(),
                "endsAt": datetime.now(UTC).isoformat(),
                "generatorURL": "",
                "receivers": [{"name": self.receiver}],
                "status": self._state(labels),
            }
            for key, labels in self._alerts.items()
            if all(matcher.matches(labels) for matcher in matchers)
        ]

    def _state(self, labels: Mapping[str, str]) -> dict[str, Any]:
        ids = [key for key, wanted in self._silences.items() if wanted.items() <= labels.items()]
        return {"state": "suppressed" if ids else "active", "silencedBy": ids, "inhibitedBy": []}

    async def _silence(self, request: web.Request) -> web.Response:
        if trouble := await self._trouble():
            return trouble
        if request.match_info["id"] not in self._silences:
            return web.json_response("silence not found", status=404)
        ends = datetime.now(UTC) + timedelta(hours=1)
        told = {"createdBy": "ann", "comment": "I am on it", "endsAt": ends.isoformat()}
        return web.json_response(told)


def _is_wanted(entry: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Leave out what the question does not want; everything is wanted unless it says otherwise."""
    key = "silenced" if entry["status"]["state"] == "suppressed" else "active"
    return query.get(key, "true") == "true"
