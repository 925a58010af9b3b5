"""Slack's Web API as we use it: every call with a time limit, errors translated once, at most one post a second.

Used by the deliverer, the directory, the doors in `slack/door` and `check --online`. The SDK loads when first used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from remediator.integrations.slack.gateway.calls import Calls, mapping_in, text_in
from remediator.integrations.slack.gateway.errors import SlackAway, SlackRefusal
from remediator.integrations.slack.gateway.rate_limiter import RateLimiter

__all__ = ["Identity", "Posted", "SlackApi", "SlackAway", "SlackRefusal"]

_LITERALLY: Mapping[str, Any] = {"parse": "none", "link_names": False}
"""No names, channels or links are made of words in a text; `chat.update` would by default."""
TIMEOUT = timedelta(seconds=10)
BETWEEN_POSTS = timedelta(seconds=1)
EVENT_TYPE = "remediator_run"
_FAR_AHEAD = timedelta(days=100)  # chat.scheduleMessage takes 120 days at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message stands: the channel's id (never its name) and the message's time stamp."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are in Slack (`auth.test`, `bots.info`): workspace, enterprise ("" outside a grid), app, bot, scopes.

    `app` is "" where Slack does not tell it.
    """

    team: str
    enterprise: str
    app: str
    bot_user: str
    workspace: str
    url: str
    scopes: frozenset[str]


class SlackApi:
    """One workspace, by one bot token. Call `close` at the end.

    Every method raises SlackRefusal or SlackAway, and nothing else; `close` raises nothing.
    """

    def __init__(
        self,
        *,
        bot_token: str,
        api_url: str,
        timeout: timedelta = TIMEOUT,
        between_posts: timedelta = BETWEEN_POSTS,
    ) -> None:
        self._calls = Calls(token=bot_token, api_url=api_url, timeout=timeout)
        self._home = urlsplit(api_url)
        self._rate_limiter = RateLimiter(
            rest=between_posts.total_seconds(), monotonic=time.monotonic
        )
        self._ids: dict[str, str] = {}
        self._identity: Identity | None = None

    async def identity(self) -> Identity:
        """Return who we are; asked once, kept."""
        if self._identity is None:
            answer = await self._calls.ask(lambda slack: slack.auth_test())
            scopes = str(answer.headers.get("x-oauth-scopes", ""))
            self._identity = Identity(
                team=text_in(answer, "team_id"),
                enterprise=answer.get("enterprise_id") or "",
                app=await self._app(answer.get("bot_id") or ""),
                bot_user=text_in(answer, "user_id"),
                workspace=answer.get("team") or "",
                url=answer.get("url") or "",
                scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
            )
        return self._identity

    async def post(
        self,
        channel: str,
        *,
        text: str,
        blocks: Sequence[Mapping[str, object]] = (),
        thread: str | None = None,
        broadcast: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> Posted:
        """Post a message, or a reply in a thread, which `broadcast` shows in the channel too; waits for its turn."""
        await self._turn(channel)
        about = {"event_type": EVENT_TYPE, "event_payload": dict(metadata)} if metadata else None
        answer = await self._calls.ask(
            lambda slack: slack.chat_postMessage(
                channel=channel,
                text=text,
                blocks=[dict(block) for block in blocks] or None,
                thread_ts=thread,
                reply_broadcast=broadcast or None,
                metadata=about,
                unfurl_links=False,
                unfurl_media=False,
                **_LITERALLY,
            )
        )
        posted = Posted(channel=text_in(answer, "channel"), ts=text_in(answer, "ts"))
        if channel != posted.channel:
            self._ids[channel] = posted.channel
            self._rate_limiter.join(channel, posted.channel)
        return posted

    async def update(
        self, where: Posted, *, text: str, blocks: Sequence[Mapping[str, object]] = ()
    ) -> None:
        """Replace a message of ours."""
        await self._calls.ask(
            lambda slack: slack.chat_update(
                channel=where.channel,
                ts=where.ts,
                text=text,
                blocks=[dict(block) for block in blocks],  # empty: takes those away that were there
                **_LITERALLY,
            )
        )

    async def whisper(
        self, channel: str, user: str, *, text: str, thread: str | None = None
    ) -> None:
        """Show a message to one person only (chat.postEphemeral)."""
        await self._calls.ask(
            lambda slack: slack.chat_postEphemeral(
                channel=channel, user=user, text=text, thread_ts=thread
            )
        )

    async def respond(self, response_url: str, *, text: str) -> None:
        """Answer an interaction, to that person only; a URL that is not Slack's (or `api_url`'s host) is refused."""
        if not self._is_slacks(response_url):
            raise SlackRefusal("invalid_response_url", final=True)
        answer = {"response_type": "ephemeral", "replace_original": False, "text": text}
        status = await self._calls.send(response_url, answer)
        if status != 200:
            raise SlackAway(f"Slack answered {status} to our answer")

    async def upload(
        self,
        channel: str,
        *,
        name: str,
        title: str,
        content: bytes,
        thread: str | None = None,
        alt: str | None = None,
    ) -> None:
        """Put a file into a thread; `channel` is an id, `alt` says what a picture shows."""
        await self._turn(channel)
        await self._calls.ask(
            lambda slack: slack.files_upload_v2(
                channel=channel,
                filename=name,
                title=title,
                content=content,
                thread_ts=thread,
                alt_txt=alt,
            )
        )

    async def open_modal(self, trigger: str, view: Mapping[str, object]) -> None:
        """Open a modal; a trigger is good for three seconds."""
        await self._calls.ask(lambda slack: slack.views_open(trigger_id=trigger, view=dict(view)))

    async def user(self, user_id: str) -> Mapping[str, object]:
        """Return `users.info`'s user."""
        return mapping_in(
            await self._calls.ask(lambda slack: slack.users_info(user=user_id)), "user"
        )

    async def user_by_email(self, email: str) -> Mapping[str, object]:
        """Return the user with this e-mail."""
        found = await self._calls.ask(lambda slack: slack.users_lookupByEmail(email=email))
        return mapping_in(found, "user")

    async def user_groups(self) -> Sequence[Mapping[str, object]]:
        """Return all user groups that are in use."""
        answer = await self._calls.ask(lambda slack: slack.usergroups_list(include_count=True))
        groups = answer.get("usergroups")
        if not isinstance(groups, list):
            raise SlackAway("Slack gave no usable answer (no user groups in it)")
        return tuple(group for group in groups if isinstance(group, dict))

    async def group_members(self, group_id: str) -> frozenset[str]:
        """Return the user ids of a group."""
        answer = await self._calls.ask(
            lambda slack: slack.usergroups_users_list(usergroup=group_id)
        )
        users = answer.get("users")
        if not isinstance(users, list):
            raise SlackAway("Slack gave no usable answer (no members in it)")
        return frozenset(user for user in users if isinstance(user, str))

    async def can_post(self, channel: str) -> None:
        """See that we could post here, without anybody noticing: schedule a message far ahead and delete it at once."""
        at = int(time.time() + _FAR_AHEAD.total_seconds())
        text = "remediator looked whether it may post here; this can be deleted."
        scheduled = await self._calls.ask(
            lambda slack: slack.chat_scheduleMessage(channel=channel, post_at=at, text=text)
        )
        where, which = text_in(scheduled, "channel"), text_in(scheduled, "scheduled_message_id")
        await self._calls.ask(
            lambda slack: slack.chat_deleteScheduledMessage(
                channel=where, scheduled_message_id=which
            )
        )

    async def can_connect(self, app_token: str) -> None:
        """See that Socket Mode could connect with this app token (apps.connections.open)."""
        await self._calls.ask(lambda slack: slack.apps_connections_open(app_token=app_token))

    async def close(self) -> None:
        """Close what is open."""
        await self._calls.close()

    async def _app(self, bot: str) -> str:
        try:
            answer = await self._calls.ask(lambda slack: slack.bots_info(bot=bot))
        except SlackRefusal:  # the scope users:read is missing: `check --online` says so
            return ""
        return str(mapping_in(answer, "bot").get("app_id") or "")

    async def _turn(self, channel: str) -> None:
        await self._rate_limiter.take(self._ids.get(channel, channel))

    def _is_slacks(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host, named = (parts.hostname or "").lower(), parts.username or parts.password
        except ValueError:
            return False
        home = self._home.hostname or "?"
        is_ours = (host == home or host.endswith(f".{home}")) and parts.scheme == self._home.scheme
        return is_ours and not named and "\\" not in url
