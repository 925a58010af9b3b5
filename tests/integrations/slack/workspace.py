"""A workspace of the strict fake with our side of it, and messages of one run as the engine makes them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from remediator.core.card import Card, card_of
from remediator.core.messages import Message, MessageKind
from remediator.core.playbook import ApprovalPolicy
from remediator.core.run import Phase
from remediator.integrations.slack.delivery.deliverer import SlackDeliverer
from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.messages import Message as Shown
from remediator.integrations.slack.gateway.api import SlackApi
from remediator.integrations.slack.gateway.directory import SlackDirectory
from remediator.integrations.slack.gateway.workspace import Slack
from remediator.integrations.slack.settings.destination import SlackDestination
from remediator.testing.builders import MOMENT, a_plan, a_run, an_approval, an_order
from tests.bound import reads_of

K = MessageKind
PATIENCE = timedelta(seconds=10)
ONCALL = "<!subteam^S0ONCALL>"
LEADS = "<!subteam^S0LEADS>"


@dataclass(slots=True)
class Workspace:
    """The fake, our gateway to it, and deliverers by their ways."""

    fake: FakeSlack
    slack: Slack

    @property
    def api(self) -> SlackApi:
        return self.slack.api

    def deliverer(
        self, destination: str | Mapping[str, Any] = "#sre", **gateways: Any
    ) -> SlackDeliverer:
        settings = {"to": destination} if isinstance(destination, str) else destination
        return SlackDeliverer(
            reads_of(**{"slack": self.slack, **gateways}),
            SlackDestination.model_validate(dict(settings)),
        )


@asynccontextmanager
async def a_workspace(
    *,
    timeout: timedelta = PATIENCE,
    contacts: Mapping[str, str] | None = None,
    fake: FakeSlack | None = None,
) -> AsyncIterator[Workspace]:
    """Start a workspace with `#sre` (the default channel), `#leads`, Ana in `@sre-oncall` and Ben in no group."""
    async with fake or FakeSlack() as fake:
        fake.add_channel("C0LEADS0", "leads")
        fake.add_user("U0ANA", "ana", "Ana Lind")
        fake.add_user("U0BEN", "ben", "Ben Roth")
        fake.add_group("S0ONCALL", "@sre-oncall", ["U0ANA"])
        fake.add_group("S0LEADS", "@sre-leads", ["U0BEN"])
        api = an_api(fake, timeout=timeout)
        directory = SlackDirectory(api, contacts=contacts, monotonic=time.monotonic)
        slack = Slack(api=api, directory=directory, channel="#sre")
        try:
            yield Workspace(fake, slack)
        finally:
            await api.close()


def an_api(fake: FakeSlack, **changes: Any) -> SlackApi:
    """Return an API that does not wait between posts."""
    known = {"bot_token": fake.app.bot_token, "api_url": fake.api_url}
    return SlackApi(**{**known, "timeout": PATIENCE, "between_posts": timedelta(0), **changes})


def a_card(*, asks: bool = True, **changes: Any) -> Card:
    """Return the card of a run whose plan awaits approval by @sre-oncall; `asks=False`: of one that acts."""
    order = an_order(approval=ApprovalPolicy(groups=("@sre-oncall",)))
    plan = a_plan()
    progress = tuple(replace(step, change=plan.changes[0]) for step in a_run(order=order).progress)
    run = a_run(
        order=order,
        plan=plan,
        progress=progress,
        approval=an_approval(granted=not asks),
        phase=Phase.AWAITING_APPROVAL if asks else Phase.ACTING,
    )
    return card_of(replace(run, **changes), MOMENT)


def told(
    kind: MessageKind, number: int = 1, *, card: Card | None = None, **changes: Any
) -> Message:
    """Return a message of run_1 with a sentence of its own."""
    message = Message(
        kind=kind,
        run_id="run_1",
        thread="run_1",
        deduplication=f"run_1:{kind.value}:{number}",
        title="DiskSpaceLow on web1",
        text=f"Sentence {number} of {kind.value}.",
        at=MOMENT + timedelta(seconds=number),
        card=card,
    )
    return replace(message, **changes)


def roots(workspace: Workspace, channel: str = "#sre") -> tuple[Shown, ...]:
    """Return the messages of a channel that are no replies."""
    return tuple(m for m in workspace.fake.channel(channel).messages if not m.thread_ts)


def thread(workspace: Workspace, root: Shown | None = None) -> tuple[str, ...]:
    """Return what people read in the thread of a message, or of the first one in `#sre`."""
    root = root or roots(workspace)[0]
    return tuple(message.plain for message in workspace.fake.thread(root))


ASKED = told(MessageKind.PLAN, card=a_card())


class served:
    """A server that answers everything alike."""

    def __init__(self, answer: Callable[[web.Request], Awaitable[web.Response]]) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def __aexit__(self, *_: Any) -> None:
        await self._runner.cleanup()
