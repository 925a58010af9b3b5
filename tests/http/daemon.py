"""The HTTP doors over a real SQLite store and the real control, on a free loopback port."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from remediator.app.schemas import schema_text
from remediator.config.catalog import Catalog
from remediator.config.playbooks import PlaybookBook
from remediator.core import events as ev
from remediator.core.alert import Alert
from remediator.core.change import Safety
from remediator.core.drill import DrillReport, DrillWanted, Sight, StepSight, helped
from remediator.core.matcher import parse_matcher
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder, Mode, Playbook, VerifyOrder
from remediator.core.run import Phase, Run, StepProgress
from remediator.core.selection import Environment, Index, Selection
from remediator.core.trust import Thresholds
from remediator.engine.admission import Rules
from remediator.engine.control import Control
from remediator.engine.explanation import Explanation
from remediator.engine.listener import NoListener
from remediator.engine.recorder import Recorder, Routes
from remediator.engine.track_records import TrackRecords
from remediator.http.auth import Authenticator
from remediator.http.context import HttpContext
from remediator.http.readers import Readers
from remediator.http.server import TlsFiles, build_app, start, stop
from remediator.integrations.alertmanager.integration import SOURCE
from remediator.integrations.slack.door.http_route import events_route
from remediator.ports.ambient import system_ambient
from remediator.ports.preview import Previewed, Wanted, Would
from remediator.ports.store import Listing, Notification, Store, Transaction
from remediator.stores.store import open_store, sqlite_url
from remediator.testing import builders as make
from remediator.testing.world import World, world_actions

PAYLOADS = Path(__file__).parent / "payloads"


class RecordedMetrics:
    """Keeps what was counted and logged."""

    def __init__(self) -> None:
        self.notifications: list[tuple[str, str]] = []
        self.logged: list[tuple[str, Mapping[str, Any]]] = []

    def notification(self, source: str, code: str) -> None:
        self.notifications.append((source, code))

    def render(self) -> tuple[bytes, str]:
        return b"remediator_up 1\n", "text/plain; version=0.0.4; charset=utf-8"

    def log(self, event_name: str, **fields: Any) -> None:
        self.logged.append((event_name, fields))


@dataclass(slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Mapping[str, str]:
        return self.json["error"]


@dataclass(slots=True)
class Daemon:
    """A listening server, what it stands on, and a client for it."""

    url: str
    store: Store
    metrics: RecordedMetrics
    client: aiohttp.ClientSession
    reload_problems: list[str] = field(default_factory=list)
    runner: Any = None

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        async with self.client.request(method, self.url + path, **more) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("POST", path, json={} if body is None else body, **more)

    async def notify(self, body: bytes | AsyncIterable[bytes], **more: Any) -> Answer:
        more.setdefault("headers", {})["Content-Type"] = "application/json"
        content = io.BytesIO(body) if isinstance(body, bytes) else body
        return await self.ask("POST", "/webhooks/alertmanager", data=content, **more)

    async def stored(self) -> list[Notification]:
        page = await self.store.read(lambda reader: reader.notifications(Listing(limit=500)))
        return list(reversed(page.items))

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def render(selection: Selection, alert: Alert, source: str) -> Order:
    raise NotImplementedError("nothing is admitted here")


def a_playbook(name: str = "disk-space-low", **more: Any) -> Playbook:
    fields: dict[str, Any] = {
        "digest": "d" * 64,
        "document": '{"name": "disk-space-low", "mode": "approve"}',
        "description": "Reclaim disk space on a host.",
        "owner": "sre-core",
        "match": ((parse_matcher('alertname=~"DiskSpaceLow|Full"'),),),
        "requires": ("instance",),
        "target": "host/{{ labels.instance | host }}",
        "mode": Mode.APPROVE,
        "steps": (make.a_step(),),
        "verify": VerifyOrder(
            checks=(CheckOrder(kind="alert", parameters={}, text="resolved"),),
        ),
        "source": "playbooks/disk-space-low.yaml",
    }
    return Playbook(name=name, **(fields | more))


@asynccontextmanager
async def running(folder: Path, **changes: Any) -> AsyncIterator[Daemon]:
    """Serve; `changes` replace fields of the context, `tls` gives it certificates, `listen` another address."""
    listen: str = changes.pop("listen", "127.0.0.1:0")
    tls: TlsFiles | None = changes.pop("tls", None)
    store = changes.pop("store", None) or await open_store(sqlite_url(folder / "store"))
    metrics = RecordedMetrics()
    problems: list[str] = []
    context = replace(a_context(store, metrics, problems), **changes)
    runner = await start(listen, build_app(context), tls)
    port = runner.addresses[0][1]
    scheme = "https" if tls else "http"
    try:
        async with aiohttp.ClientSession(auto_decompress=False) as client:
            url = f"{scheme}://127.0.0.1:{port}"
            yield Daemon(url, store, metrics, client, problems, runner)
    finally:
        await stop(runner)
        await store.close()


def a_context(store: Store, metrics: RecordedMetrics, problems: Sequence[str]) -> HttpContext:
    ambient = system_ambient()
    playbook = a_playbook()
    book = PlaybookBook(by_name={playbook.name: playbook}, by_digest={playbook.digest: playbook})
    rules = Rules(
        index=Index([playbook, a_playbook("grow-disk", requires=("volume",))]),
        environments=(Environment(name="all", match=(), mode=Mode.APPROVE),),
        render=render,
    )

    async def reload(who: str) -> Sequence[str]:
        return tuple(problems)

    async def plan(wanted: Wanted) -> Previewed:
        alert = make.an_alert(labels=wanted.labels, fingerprint=wanted.fingerprint or "f1")
        run = a_waiting_run("run_preview")
        would = Would(playbook=wanted.playbook, decision="run", reason="", ruling="ask", run=run)
        return Previewed(alert=alert, would=(would,))

    async def drill(wanted: DrillWanted) -> DrillReport:
        found = helped(
            wanted.playbook or playbook.name,
            "host/web1",
            [StepSight(step="vacuum", sight=Sight.READY)],
        )
        return DrillReport(
            night="2026-03-14", began_at=make.MOMENT, ended_at=make.MOMENT, results=(found,)
        )

    records = TrackRecords(store=store, ambient=ambient, rules=lambda: rules, thresholds=Thresholds)
    authenticator = Authenticator(on_loopback=True)
    return HttpContext(
        store=store,
        control=Control(
            store=store, recorder=Recorder(Routes), ambient=ambient, listener=NoListener()
        ),
        why=Explanation(store=store, rules=lambda: rules).why,
        plan=plan,
        trust=records.of,
        drill=drill,
        metrics=metrics,
        ambient=ambient,
        authenticator=lambda: authenticator,
        loops_alive=lambda: True,
        accepting=lambda: True,
        reload=reload,
        readers=Readers((SOURCE,)),
        doors=(events_route(lambda: None),),
        book=lambda: book,
        catalog=lambda: Catalog(actions=world_actions(World(), Safety.RECEIPT)),
        version="0.1.0",
        schema=schema_text,
    )


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


async def keep(store: Store, *runs: Run, events: Sequence[ev.Event] = ()) -> None:
    """Store runs as they are, with a journal."""

    def closure(transaction: Transaction) -> None:
        for run in runs:
            transaction.save_episode(make.an_episode(id=run.episode, fingerprint=run.id))
            assert transaction.insert_run(run, run.created_at)
            transaction.append(run.id, run.created_at, events or (_admitted(run),))

    await store.submit(closure)


def _admitted(run: Run) -> ev.Admitted:
    return ev.Admitted(
        order=run.order, episode=run.episode, ordinal=run.ordinal, deadline=run.deadline
    )


def a_waiting_run(run_id: str = "run_1", **more: Any) -> Run:
    """A run whose plan waits for a yes, until an hour from now."""
    now = system_ambient().now()
    change = make.a_change(before={"journal": "2.0 GB"}, after={"journal": "500 MB"}, undo_hint="")
    plan = make.a_plan(change)
    fields: dict[str, Any] = {
        "id": run_id,
        "episode": f"eps_{run_id}",
        "order": replace(make.an_order(), mode=Mode.APPROVE, verify=a_playbook().verify),
        "phase": Phase.AWAITING_APPROVAL,
        "created_at": now,
        "deadline": now + make.timedelta(hours=1),
        "diagnosed": True,
        "plan": plan,
        "progress": (StepProgress(step="vacuum", change=change),),
        "approval": make.an_approval(
            digest=plan.digest,
            requested_at=now,
            expires_at=now + make.timedelta(minutes=30),
        ),
        "evidence": (
            ev.Evidence(probe="disk.usage", title="/var is 94 % full", lines=("4.1 GB /var/log",)),
        ),
    }
    return make.a_run(**(fields | more))
