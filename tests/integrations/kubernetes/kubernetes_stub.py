"""A small API server that keeps objects and does with a write what the real one does; for fast tests of the gateway.

What it knows was seen on a real cluster: of a DELETE with a body only the body's options count, a patch is judged by
its content type, preconditions and versions that do not fit are 409, an eviction over a budget is 429.
"""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from remediator.integrations.kubernetes.gateway.cluster import ClusterWriter
from remediator.integrations.kubernetes.gateway.connection import Connection
from tests.integrations.kubernetes.kubernetes_parts import kubeconfig, reach

Object = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    body: Any


@dataclass(slots=True)
class StubCluster:
    """Objects by their path; `answers` are given instead of doing anything, by method, once each."""

    objects: dict[str, Object] = field(default_factory=dict)
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    budget: int = 99
    version: int = 100

    def put(self, path: str, **spec: Any) -> Object:
        """Keep an object at a path."""
        self.version += 1
        name = path.rpartition("/")[2]
        metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(self.version)}
        self.objects[path] = {"kind": "Thing", "metadata": metadata, **spec}
        return self.objects[path]

    async def answer(self, request: web.Request) -> web.Response:
        """Take one request."""
        raw = await request.read()
        body = json.loads(raw) if raw else None
        url = urlsplit(request.path_qs)
        asked = Asked(
            method=request.method,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            content_type=request.content_type,
            body=body,
        )
        self.asked.append(asked)
        if self.answers.get(asked.method):
            status, said = self.answers[asked.method].pop(0)
        else:
            status, said = self._done(asked)
        return web.json_response(said, status=status)

    @property
    def writes(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method != "GET"]

    def _done(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("/eviction"):
            return self._evict(asked)
        found = self.objects.get(asked.path)
        if found is None and asked.method != "POST":
            return 404, {"message": "not found"}
        match asked.method:
            case "GET":
                return 200, found
            case "DELETE":
                return self._delete(asked, found or {})
            case "PATCH":
                return self._patch(asked, found or {})
            case "PUT":
                return self._store(asked, asked.body, found or {})
        name = asked.body["metadata"]["name"]
        if f"{asked.path}/{name}" in self.objects:
            return 409, {"message": "already exists"}
        if not _is_rehearsed(asked):
            self.objects[f"{asked.path}/{name}"] = asked.body
        return 201, asked.body

    def _delete(self, asked: Asked, found: Object) -> tuple[int, Any]:
        if not _fits(asked.body, found):
            return 409, {"message": "the UID in the precondition does not match"}
        if not _is_rehearsed(asked):
            del self.objects[asked.path]
        return 200, found

    def _evict(self, asked: Asked) -> tuple[int, Any]:
        path = asked.path.removesuffix("/eviction")
        if path not in self.objects:
            return 404, {"message": "not found"}
        if self.budget <= 0:
            return 429, {"message": "Cannot evict pod as it would violate the disruption budget."}
        options = (asked.body or {}).get("deleteOptions") or {}
        if not _fits(options, self.objects[path]):
            return 409, {"message": "precondition"}
        if not _is_rehearsed(asked) and not options.get("dryRun"):
            self.budget -= 1
            del self.objects[path]
        return 201, {"kind": "Status", "status": "Success"}

    def _patch(self, asked: Asked, found: Object) -> tuple[int, Any]:
        changed = copy.deepcopy(found)
        if asked.content_type == "application/merge-patch+json":
            _merge(changed, asked.body)
        elif asked.content_type == "application/json-patch+json":
            for step in asked.body:
                if not _step(changed, step):
                    return 422, {"message": "the server rejected our request"}
        else:
            return 415, {"message": f"what is {asked.content_type}?"}
        return self._store(asked, changed, found)

    def _store(self, asked: Asked, changed: Object, found: Object) -> tuple[int, Any]:
        wanted = changed["metadata"].get("resourceVersion")
        if wanted not in (None, found["metadata"]["resourceVersion"]):
            return 409, {"message": "the object has been modified"}
        if not _is_rehearsed(asked):
            self.version += 1
            changed["metadata"]["resourceVersion"] = str(self.version)
            self.objects[asked.path] = changed
        return 200, changed


def _is_rehearsed(asked: Asked) -> bool:
    if asked.method == "DELETE" and asked.body is not None:
        return asked.body.get("dryRun") == ["All"]
    return asked.query.get("dryRun") == "All"


def _fits(options: Any, found: Object) -> bool:
    wanted = ((options or {}).get("preconditions") or {}).items()
    return all(found["metadata"].get(key) == value for key, value in wanted)


def _merge(into: Object, patch: Object) -> None:
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def _step(document: Object, step: Object) -> bool:
    *parents, last = step["path"].strip("/").split("/")
    place: Any = document
    for part in parents:
        place = place.get(part) or {}
    if step["op"] == "test":
        return bool(place.get(last) == step["value"])
    place[last] = step["value"]
    return True


@asynccontextmanager
async def stub_cluster(folder: Path) -> AsyncIterator[tuple[StubCluster, ClusterWriter]]:
    """A stub, and the real gateway to it."""
    stub = StubCluster()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stub.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there = reach(kubeconfig(folder, f"http://127.0.0.1:{runner.addresses[0][1]}"))
    connection = Connection(there)
    try:
        yield stub, ClusterWriter(there, connection)
    finally:
        await connection.close()
        await runner.cleanup()
