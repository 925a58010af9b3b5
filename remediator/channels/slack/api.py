"""Slack's Web API as we use it: every call with a time limit, errors translated once, at most one post a second.

Used by the deliverer, the directory, the doors in `http/slack` and `check --online`. The SDK loads when first used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from remediator.core.errors import DeliveryError

TIMEOUT = timedelta(seconds=10)


class SlackRefusal(DeliveryError):
    """Slack answered `ok: false`; `code` is its word for why."""

    def __init__(self, code: str, *, final: bool = False, retry_after: float | None = None) -> None:
        super().__init__(f"Slack says {code}", final=final, retry_after=retry_after)
        self.code = code


class SlackAway(DeliveryError):
    """Slack gave no usable answer: unreachable, too slow, 5xx, or 429 (`retry_after`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message stands: the channel's id (never its name) and the message's time stamp."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are in Slack (`auth.test`, `bots.info`): workspace, enterprise ("" outside a grid), app, bot, scopes."""

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

    def __init__(self, *, bot_token: str, api_url: str, timeout: timedelta = TIMEOUT) -> None:
        raise NotImplementedError

    async def identity(self) -> Identity:
        """Return who we are; asked once, kept."""
        raise NotImplementedError

    async def post(
        self,
        channel: str,
        *,
        text: str,
        blocks: Sequence[Mapping[str, Any]] = (),
        thread: str | None = None,
        broadcast: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> Posted:
        """Post a message, or a reply in a thread, which `broadcast` shows in the channel too; waits for its turn."""
        raise NotImplementedError

    async def update(
        self, where: Posted, *, text: str, blocks: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Replace a message of ours."""
        raise NotImplementedError

    async def whisper(
        self, channel: str, user: str, *, text: str, thread: str | None = None
    ) -> None:
        """Show a message to one person only (chat.postEphemeral)."""
        raise NotImplementedError

    async def respond(self, response_url: str, *, text: str) -> None:
        """Answer an interaction, to that person only. A URL that is not Slack's own (or `api_url`'s host) is refused."""
        raise NotImplementedError

    async def upload(
        self, channel: str, *, name: str, title: str, content: bytes, thread: str | None = None
    ) -> None:
        """Put a file into a thread; `channel` is an id."""
        raise NotImplementedError

    async def open_modal(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a modal; a trigger is good for three seconds."""
        raise NotImplementedError

    async def user(self, user_id: str) -> Mapping[str, Any]:
        """Return `users.info`'s user."""
        raise NotImplementedError

    async def user_by_email(self, email: str) -> Mapping[str, Any]:
        """Return the user with this e-mail."""
        raise NotImplementedError

    async def user_groups(self) -> Sequence[Mapping[str, Any]]:
        """Return all user groups that are in use."""
        raise NotImplementedError

    async def group_members(self, group_id: str) -> frozenset[str]:
        """Return the user ids of a group."""
        raise NotImplementedError

    async def can_post(self, channel: str) -> None:
        """See that we could post here, without anybody noticing: schedule a message far ahead and delete it at once."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close what is open."""
        raise NotImplementedError
