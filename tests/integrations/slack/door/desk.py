"""Slack's doors over a whole engine with a real store, and the fake workspace in front of them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.core.run import Run
from remediator.engine.explanation import Explanation
from remediator.http.credentials import Role
from remediator.integrations.slack.cards.buttons import value_of
from remediator.integrations.slack.door.app import SlackApp
from remediator.integrations.slack.door.clicks import buttons
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.http_route import events_route
from remediator.integrations.slack.door.socket import SocketDoor
from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.messages import Message
from remediator.integrations.slack.gateway.api import SlackApi
from remediator.integrations.slack.gateway.directory import SlackDirectory
from remediator.ports.ambient import system_ambient
from tests.engine.house import House, a_house, a_playbook, an_alert
from tests.http.daemon import running
from tests.integrations.slack.workspace import PATIENCE

ANA, BEN, GUEST, BOT, STRANGER, GONE, TWIN, OPS = (
    *("U0ANA", "U0BEN", "U0GUEST", "U0BOT"),
    *("U0STRANGER", "U0GONE", "U0TWIN", "U0OPS"),
)
ROLES = {Role.OPERATOR: ("@sre",), Role.APPROVER: ("lee@example.com",), Role.VIEWER: ("*",)}


def people(slack: FakeSlack) -> None:
    slack.add_user(ANA, "ana", email="ana@example.com")
    slack.add_user(BEN, "ben", email="ben@example.com")
    slack.add_user(OPS, "ops", email="ops@example.com")
    slack.add_user(GUEST, "guest", guest=True)
    slack.add_user(BOT, "robot", bot=True)
    slack.add_user(STRANGER, "stranger", stranger=True)
    slack.add_user(GONE, "gone", deleted=True)
    slack.add_user(TWIN, "ana.", real_name="ana", email="twin@example.com")
    slack.add_group("S0ONCALL", "@sre-oncall", [ANA, GUEST, BOT, STRANGER, GONE])
    slack.add_group("S0SRE", "@sre", [OPS])


@dataclass(slots=True)
class Desk:
    """A replica's desk, what it stands on, and short words for what tests do."""

    house: House
    slack: FakeSlack
    desk: SlackApp
    logged: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def context(self) -> SlackContext:
        return self.desk.context

    async def ask_for(self, **policy: Any) -> Run:
        """Let an alert come whose plan waits for people."""
        self.house.use(a_playbook(mode=Mode.APPROVE, approval=ApprovalPolicy(**policy)))
        await self.house.take_in(an_alert())
        await self.house.work()
        return await self.house.run()

    async def refusals(self) -> list[tuple[str, str]]:
        """Return the journal's refusals as (who, why)."""
        (run,) = await self.house.runs()
        entries = await self.house.store.read(lambda reader: reader.events(run.id, limit=5000))
        told = [entry.event for entry in entries if entry.event.kind == "answer_refused"]
        return [(event.person.name, event.reason) for event in told]


@asynccontextmanager
async def a_desk(folder: Path, *, replicas: int = 1, **changes: Any) -> AsyncIterator[list[Desk]]:
    """Make replicas over one store; `changes` replace fields of their contexts."""
    async with a_house(folder) as house:
        with FakeSlack(now=lambda: house.clock.now().timestamp()) as slack:
            people(slack)
            desks = [_desk(house, slack, changes) for _ in range(replicas)]
            try:
                yield desks
            finally:
                for one in desks:
                    await one.desk.close()
                    await one.context.api.close()


def _desk(house: House, slack: FakeSlack, changes: Mapping[str, Any]) -> Desk:
    api = SlackApi(bot_token=slack.app.bot_token, api_url=slack.api_url, timeout=PATIENCE)
    logged: list[tuple[str, Mapping[str, Any]]] = []

    def log(event_name: str, **fields: Any) -> None:
        logged.append((event_name, fields))

    context = SlackContext(
        store=house.store,
        control=house.control,
        why=Explanation(store=house.store, rules=house.rules).why,
        api=api,
        directory=SlackDirectory(api, monotonic=house.clock.monotonic),
        ambient=house.clock.ambient(),
        log=log,
        api_url=slack.api_url,
        app_token=slack.app.app_token,
        signing_secret=slack.app.signing_secret,
        roles=ROLES,
        playbooks=lambda: ("fix", "disk-space-low"),
    )
    return Desk(house, slack, SlackApp(replace(context, **changes)), logged)


@asynccontextmanager
async def doors(folder: Path, kind: str, desks: list[Desk]) -> AsyncIterator[None]:
    """Open the doors of these replicas: a socket each, or the first one's URL."""
    slack, house = desks[0].slack, desks[0].house
    if kind == "http":
        context = {"store": house.store, "ambient": house.clock.ambient()}
        async with running(
            folder, doors=(events_route(lambda: desks[0].desk),), **context
        ) as daemon:
            slack.send_to(f"{daemon.url}/slack/events")
            yield
        return
    sockets = [SocketDoor(app=lambda d=d: d.desk, ambient=system_ambient()) for d in desks]
    async with asyncio.TaskGroup() as group:
        for one in sockets:
            group.create_task(one.run())
        await slack.connected(len(sockets))
        try:
            yield
        finally:
            for one in sockets:
                one.stop()


async def a_message(desk: Desk, run: Run) -> Message:
    """Post a message that has every button there is for a run; once, as Slack takes one a second."""
    digest = run.approval.digest if run.approval else ""
    if run.id in desk.messages:
        return desk.messages[run.id]
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": button},
            "action_id": button,
            "value": value_of(run.id, digest),
        }
        for button in buttons(desk.context.verbs)
    ]
    blocks = [{"type": "actions", "elements": elements}]
    posted = await desk.context.api.post("#sre", text="A plan waits for you.", blocks=blocks)
    desk.messages[run.id] = desk.slack.channel("#sre").all[posted.ts]
    return desk.messages[run.id]


async def answer_to(desk: Desk, run: Run, action: str, user: str) -> str:
    """Press a button and return what the person was answered, once it was acknowledged."""
    message = await a_message(desk, run)
    delivery = await desk.slack.click(message, action, user)
    assert delivery.acknowledged, delivery.error
    (answer,) = await delivery.answered()
    return answer.text


def signed(secret: str, body: bytes, at: float) -> dict[str, str]:
    stamp = str(int(at))
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mac.hexdigest()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def pressed(run: Run, button: str, user: str, *, number: str = "1", **more: Any) -> dict[str, Any]:
    """What Slack sends for a button that was pressed (block_actions)."""
    digest = run.approval.digest if run.approval else ""
    return {
        "type": "block_actions",
        "api_app_id": "A0REMEDY0",
        "team": {"id": "T0HOME00", "domain": "acme"},
        "enterprise": None,
        "user": {"id": user, "username": "ana", "name": "ana", "team_id": "T0HOME00"},
        "channel": {"id": "C0SRE000", "name": "sre"},
        "container": {"type": "message", "channel_id": "C0SRE000", "message_ts": "1.000001"},
        "trigger_id": f"{number}.trigger",
        "actions": [
            {
                "type": "button",
                "action_id": button,
                "block_id": "decide",
                "value": value_of(run.id, digest),
                "action_ts": f"{number}.1",
            }
        ],
        **more,
    }


def as_form(payload: Mapping[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()
