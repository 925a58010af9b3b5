"""Slack: a click against the same approval by the API, drawing a plan against writing its JSON, and an idle daemon.

Goals: a click is decided within 25 ms; 1,000 plans drawn a second; at most 30 MB more than a daemon without Slack.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine_house import GUARDS, RealTime
from measuring import finish, median, report
from servers import daemon, get, resident_megabytes

from docs.slack_scenes import MENTIONS, asked
from remediator.core.messages import MessageKind
from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.core.run import Run
from remediator.engine.worker import Worker
from remediator.integrations.slack.cards.cards import draw
from remediator.integrations.slack.fake import FakeSlack
from remediator.ports.store import Listing
from remediator.stores.store import open_store
from tests.engine.house import House, a_playbook, an_alert
from tests.integrations.slack.door.desk import Button, pressed

RUNS, DRAWN, ROUNDS = 120, 500, 3
CLICKER = "U0ANA"
REST = 0.05  # between two approvals, so that each is alone


def settings(slack: FakeSlack) -> str:
    app = slack.app
    tokens = f"bot_token: {app.bot_token}, app_token: {app.app_token}"
    return (
        f'slack: {{{tokens}, channel: "#sre", api_url: "{slack.api_url}"}}\n'
        f"users: {{slack: {{roles: {{approver: [{CLICKER}]}}}}}}\n"
    )


async def make_waiting(file: Path) -> list[Run]:
    """Fill a database with runs that wait for people, of which everybody was told; return them."""
    store = await open_store(f"sqlite:///{file}")
    house = House(store, RealTime())
    policy = ApprovalPolicy(expires=timedelta(days=1))
    house.use(a_playbook(mode=Mode.APPROVE, approval=policy, guards=GUARDS))
    worker = Worker(
        store=store,
        ambient=house.clock.ambient(),
        actor=house.runner(),
        rehearser=house.runner(executor=False),
        listener=house.listener,
    )
    working = asyncio.create_task(worker.run())
    await house.take_in(*(an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(RUNS)))
    while sum(kind == "approval_requested" for kind in house.listener.kinds) < RUNS:
        await asyncio.sleep(0.05)
    worker.stop()
    await working
    page = await store.read(lambda reader: reader.runs(Listing(limit=RUNS)))
    await store.close()
    with sqlite3.connect(file) as database:
        database.execute("update outbox set state = 'delivered', finished_at = due_at")
    return list(page.items)


def click(slack: FakeSlack, run: Run) -> None:
    payload = pressed(run, Button.APPROVE, CLICKER, number=run.id)
    slack.send({**payload, "trigger_id": slack.trigger(CLICKER)}, CLICKER).wait()


def approve(port: int, run: Run) -> None:
    body = json.dumps({"digest": run.approval.digest}).encode()
    url = f"http://127.0.0.1:{port}/api/v1/runs/{run.id}/approve"
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30).close()


def decided(site: Path) -> dict[str, float]:
    """Return when each run was decided, in seconds since 1970."""
    (file,) = site.glob("*.sqlite3")
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    rows = database.execute("select run_id, at from event where document like '%\"voted\"%'")
    found = {run_id: at / 1e6 for run_id, at in rows}
    database.close()
    return found


def until_decided(slack: FakeSlack, file: Path, runs: list[Run]) -> tuple[float, float]:
    """Return the median milliseconds from the click, and from the call of the API, to the stored decision."""
    began: dict[str, tuple[str, float]] = {}
    with daemon(settings(slack), database=file) as (port, _, folder):
        slack.wait_for_connections(1)
        click(slack, runs[0])  # Slack is asked who that is
        time.sleep(1)
        for number, run in enumerate(runs[1:]):
            destination = ("click", "api")[number % 2]
            began[run.id] = destination, time.time()
            click(slack, run) if destination == "click" else approve(port, run)
            time.sleep(REST)
        time.sleep(1)
        at = decided(folder / "site")
    slack.wait_for_connections(0)
    took = {"click": [], "api": []}
    for run_id, (destination, moment) in began.items():
        took[destination].append(1e3 * (at[run_id] - moment))
    return statistics.median(took["click"]), statistics.median(took["api"])


def drawing_against_json() -> tuple[float, float]:
    """Return plans drawn per second, and how much longer that takes than writing the JSON of what is drawn."""
    message = asked().last(MessageKind.PLAN)
    start = time.perf_counter()
    for _ in range(DRAWN):
        drawing = draw(message, MENTIONS)
    drawn = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(DRAWN):
        json.dumps(drawing.blocks)
    return DRAWN / drawn, drawn / (time.perf_counter() - start)


def idle_megabytes(slack: FakeSlack | None) -> float:
    """Return what a daemon takes that has started and does nothing."""
    with daemon(settings(slack) if slack else "") as (port, process, _):
        get(port, "/-/ready")
        if slack:
            slack.wait_for_connections(1)
        time.sleep(2)
        megabytes = resident_megabytes(process.pid)
    if slack:
        slack.wait_for_connections(0)
    return megabytes


with FakeSlack() as slack, tempfile.TemporaryDirectory() as folder:
    slack.add_user(CLICKER, "ana")
    file = Path(folder) / "waiting.sqlite3"
    runs = asyncio.run(make_waiting(file))
    clicks, calls = zip(*(until_decided(slack, file, runs) for _ in range(ROUNDS)), strict=True)
    without = median(lambda: idle_megabytes(None), ROUNDS)
    with_slack = median(lambda: idle_megabytes(slack), ROUNDS)
rates, ratios = zip(*(drawing_against_json() for _ in range(ROUNDS)), strict=True)

by_click, by_api = statistics.median(clicks), statistics.median(calls)
rate, ratio = statistics.median(rates), statistics.median(ratios)
more = with_slack - without
figures = (
    ("click to decision in the store", by_click, "ms", "< 25", by_click < 25),
    ("plans drawn", rate, "messages/s", ">= 1000", rate >= 1000),
    ("memory for Slack, idle", more, "MB", "< 30", more < 30),
)
rivals = (
    f"{by_api:.1f} ms by the API",
    f"{ratio:.1f} times as long as its JSON",
    f"{without:.0f} MB without",
)
finish(
    *(
        report(*figure, is_met=is_met, beside=rival)
        for (*figure, is_met), rival in zip(figures, rivals, strict=True)
    )
)
