"""Who is who in Slack: people and user groups, looked up when needed and kept for five minutes.

Unknown means no: what Slack cannot say is `Unknown`, and the caller then counts explicitly listed ids only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from remediator.channels.slack.api import SlackApi

KEPT = timedelta(minutes=5)


class UnknownToSlack(Exception):  # noqa: N818 - it is an answer
    """Slack cannot say, and what was known is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person. `outsider` says why they may decide nothing (bot, guest, another workspace, deactivated), or ""."""

    id: str
    name: str
    email: str
    outsider: str = ""


class SlackDirectory:
    """Looks people and groups up. `contacts` maps a contact's name to the `@handle` or id behind it in the settings."""

    def __init__(
        self,
        api: SlackApi,
        *,
        contacts: Mapping[str, str] | None = None,
        monotonic: Callable[[], float],
    ) -> None:
        raise NotImplementedError

    async def member(self, user_id: str) -> Member:
        """Return who this is; raise UnknownToSlack."""
        raise NotImplementedError

    async def groups_of(self, user_id: str, names: Iterable[str]) -> frozenset[str]:
        """Return those of these groups that a person is in, spelt as asked: `@handle`, `S…` id, or a contact's name.

        A name that is none of these, or that Slack does not know, has no members. Raise UnknownToSlack.
        """
        raise NotImplementedError

    async def mention(self, name: str) -> str:
        """Return the mrkdwn that calls a group, person (`U…`, e-mail) or contact; the escaped name where unknown."""
        raise NotImplementedError
