"""bolt's app: which listener gets what Slack sends. The listeners themselves stand in `clicks` and `commands`.

A listener acknowledges at once (Slack shows an error after 3 s) and leaves the work to a task of the app. bolt gets
no token: all calls go through our own SlackApi, so that none can be logged and none is made without our limits.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from remediator.core.errors import DeliveryError
from remediator.integrations.slack.door.clicks import MODALS, buttons
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.slash_commands import COMMAND, command
from remediator.integrations.slack.gateway.api import Identity

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

Body = Mapping[str, object]
Work = Callable[[SlackContext, Body], Coroutine[object, object, None]]
Begin = Callable[[Body, Coroutine[object, object, None]], None]

_IDENTITY_SECONDS = 1.0  # Slack waits 3 s for the acknowledgement
_ANY = re.compile(".*")
_NO_ANSWER = "the API did not say in time who we are"


def build_app(context: SlackContext, begin: Begin) -> AsyncApp:
    """Return the app with all listeners; `begin` starts the work of one, and takes care of its failures."""
    from slack_bolt.async_app import AsyncApp

    app = AsyncApp(
        name="slack_bolt.app",  # the name of a logger that bolt mutes: not our own
        logger=_quiet(),
        client=_without_token(context.api_url),
        signing_secret="",
        before_authorize=_only_ours(context),
        authorize=_authorize,
        process_before_response=True,  # a listener only acknowledges
        request_verification_enabled=False,  # `proof` has done it
    )
    app.error(_failed(context))
    for action, pressed in buttons(context.verbs).items():
        app.action(action)(_listener(context, pressed, begin))
    for name, submitted in MODALS.items():
        app.view(name.value)(_listener(context, submitted, begin))
    app.command(COMMAND)(_listener(context, command, begin))
    app.action(_ANY)(_acknowledge)  # links that look like buttons
    app.view(_ANY)(_acknowledge)
    return app


def _listener(context: SlackContext, work: Work, begin: Begin) -> object:
    async def listen(ack: Callable[[], Awaitable[object]], body: Body) -> None:
        await ack()
        begin(body, work(context, body))

    return listen


async def _acknowledge(ack: Callable[[], Awaitable[object]]) -> None:
    await ack()


def _only_ours(context: SlackContext) -> Any:
    """Refuse what is of another workspace or app; where Slack does not say who we are, the proof is enough."""
    from slack_bolt.response import BoltResponse

    asking = asyncio.Lock()

    async def only_ours(body: Body, next: Callable[[], Awaitable[object]]) -> object:
        identity = await _identity(context, asking)
        if identity is None or _is_ours(body, identity):
            return await next()
        context.log("slack_refused", reason="of another workspace or app")
        text = (
            '{"error": {"code": "unauthorized", "message": "another workspace or app", "hint": ""}}'
        )
        return BoltResponse(status=401, body=text)

    return only_ours


def _is_ours(body: Body, identity: Identity) -> bool:
    if "challenge" in body and body.get("type") == "url_verification":
        return True
    team = body.get("team")
    team_id = team.get("id") if isinstance(team, Mapping) else body.get("team_id")
    enterprise = body.get("enterprise")
    grid = enterprise.get("id") if isinstance(enterprise, Mapping) else body.get("enterprise_id")
    in_grid = bool(identity.enterprise) and grid == identity.enterprise
    is_our_app = body.get("api_app_id") == identity.app or not identity.app
    return is_our_app and (team_id == identity.team or in_grid)


async def _authorize(team_id: str | None, enterprise_id: str | None) -> Any:
    """Answer what bolt asks before every listener, without asking Slack: who calls is seen to by `people`."""
    from slack_bolt.authorization import AuthorizeResult

    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


async def _identity(context: SlackContext, asking: asyncio.Lock) -> Identity | None:
    """Return who we are, asked by one event at a time: a crowd that clicks must not ask Slack a thousand times."""
    try:
        async with asyncio.timeout(_IDENTITY_SECONDS), asking:
            return await context.api.identity()
    except (DeliveryError, TimeoutError) as error:
        context.log("slack_away", problem=str(error) or _NO_ANSWER)
        return None


def _failed(context: SlackContext) -> Any:
    async def failed(error: Exception, body: Body) -> None:
        context.log("slack_failed", type=str(body.get("type") or "command"), error=error)

    return failed


def _without_token(api_url: str) -> AsyncWebClient:
    """Return the client by which the socket asks for its URL, with the app token that it is given then."""
    from slack_sdk.web.async_client import AsyncWebClient

    client = AsyncWebClient(base_url=api_url, logger=_quiet(), retry_handlers=[])
    if proxy_bypass(urlsplit(api_url).hostname or ""):
        client.proxy = None  # the SDK does not know NO_PROXY
    return client


def _quiet() -> logging.Logger:
    """Return a logger of which nobody hears: bolt writes whole payloads, and we write what matters ourselves."""
    logger = logging.Logger("slack_bolt.quiet", level=logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
