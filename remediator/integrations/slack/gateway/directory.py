"""Who is who in Slack: people and user groups, looked up when needed and kept for five minutes.

Unknown means no: what Slack cannot say is `Unknown`, and the caller then counts explicitly listed ids only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from remediator.core.deciders import ADMIN
from remediator.core.errors import DeliveryError
from remediator.core.plaintext import one_line
from remediator.integrations.slack.cards.mrkdwn import escape
from remediator.integrations.slack.gateway.api import Identity, SlackApi, SlackRefusal
from remediator.integrations.slack.gateway.cache import Kept

KEPT = timedelta(minutes=5)
LONGEST_NAME = 60
NO_GROUPS_HERE = frozenset({"plan_upgrade_required", "paid_teams_only"})
USER = re.compile(r"[UW][A-Z0-9]{1,30}")
GROUP = re.compile(r"S[A-Z0-9]{1,30}")
EMAIL = re.compile(r"[^\s@<>|&]{1,100}@[^\s@<>|&]{1,100}")
_STRANGE_USERS = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
_STRANGE_GROUPS = frozenset({"no_such_subteam", "subteam_not_found"})


class UnknownToSlack(Exception):
    """Slack cannot say, and what was known is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person. `outsider` says why they may decide nothing (bot, guest, another workspace, deactivated), or "".

    `email` is in lower case, and only there where Slack has proved it.
    """

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
        self._api = api
        self._contacts = dict(contacts or {})
        seconds = KEPT.total_seconds()
        self._members = Kept(self._ask_member, seconds=seconds, monotonic=monotonic)
        self._handles = Kept(self._ask_handles, seconds=seconds, monotonic=monotonic)
        self._groups = Kept(self._ask_group, seconds=seconds, monotonic=monotonic)
        self._emails = Kept(self._ask_email, seconds=seconds, monotonic=monotonic)

    async def member(self, user_id: str) -> Member:
        """Return who this is; raise UnknownToSlack."""
        try:
            return await self._members.get(user_id)
        except DeliveryError as error:
            raise UnknownToSlack(str(error)) from error

    async def groups_of(self, user_id: str, names: Iterable[str]) -> frozenset[str]:
        """Return those of these groups that a person is in, spelt as asked: `@handle`, `S…` id, or a contact's name.

        A name that is none of these, or that Slack does not know, has no members. Raise UnknownToSlack.
        """
        try:
            return frozenset([n for n in dict.fromkeys(names) if await self._is_in(user_id, n)])
        except DeliveryError as error:
            raise UnknownToSlack(str(error)) from error

    async def group(self, name: str) -> str:
        """Return the id of the user group behind a `@handle`, an id or a contact's name, or ""; raise DeliveryError.

        A group that is not in use any more is none.
        """
        meant = self._contacts.get(name, name)
        if not meant.startswith("@") and not GROUP.fullmatch(meant):
            return ""
        return _group_of(meant, await self._handles.get(""))

    async def mention(self, name: str) -> str:
        """Return the mrkdwn that calls a group, person (`U…`, e-mail) or contact; the escaped name where unknown."""
        try:
            return await self._call(self._contacts.get(name, name)) or escape(name)
        except DeliveryError:
            return self.known_mention(name)

    def known_mention(self, name: str) -> str:
        """Return a mention without asking Slack. To call somebody an old answer will do: no rights hang on it."""
        meant = self._contacts.get(name, name)
        user = meant if USER.fullmatch(meant) else self._emails.last(meant.lower())
        group = _group_of(meant, self._handles.last("") or {})
        return _mention(user or "", group) or escape(name)

    async def _call(self, meant: str) -> str:
        if USER.fullmatch(meant):
            return _mention(meant)
        if EMAIL.fullmatch(meant) and not meant.startswith("@"):
            return _mention(await self._emails.get(meant.lower()))
        return _mention("", await self.group(meant))

    async def _is_in(self, user_id: str, name: str) -> bool:
        if name == ADMIN:  # no group of Slack makes an admin, however a contact is called
            return False
        meant = self._contacts.get(name, name)
        if meant != name and USER.fullmatch(meant):
            return meant == user_id
        group = await self.group(name)
        return bool(group) and user_id in await self._groups.get(group)

    async def _ask_member(self, user_id: str) -> Member:
        identity = await self._api.identity()
        try:
            user = await self._api.user(user_id)
        except SlackRefusal as refusal:
            if refusal.code not in _STRANGE_USERS:
                raise
            return Member(id=user_id, name=user_id, email="", outsider=_UNKNOWN)
        return member_of(user_id, user, identity)

    async def _ask_handles(self, _: str) -> Mapping[str, str]:
        """Return the ids of the groups in use, by `@handle` and by id."""
        try:
            groups = await self._api.user_groups()
        except SlackRefusal as refusal:
            if refusal.code in NO_GROUPS_HERE:
                return {}
            raise
        used = [(g.get("handle"), g.get("id")) for g in groups if not g.get("date_delete")]
        named = [(h, i) for h, i in used if isinstance(h, str) and isinstance(i, str)]
        return {i: i for _, i in named} | {f"@{h.lower()}": i for h, i in named}

    async def _ask_group(self, group_id: str) -> frozenset[str]:
        try:
            return await self._api.group_members(group_id)
        except SlackRefusal as refusal:
            if refusal.code in _STRANGE_GROUPS:
                return frozenset()
            raise

    async def _ask_email(self, email: str) -> str:
        try:
            user = await self._api.user_by_email(email)
        except SlackRefusal as refusal:
            if refusal.code in _STRANGE_USERS:
                return ""
            raise
        found = user.get("id")
        return found if isinstance(found, str) and USER.fullmatch(found) else ""


_UNKNOWN = "not a member of this workspace"


def _group_of(meant: str, ids: Mapping[str, str]) -> str:
    return ids.get(meant.lower() if meant.startswith("@") else meant, "")


def _mention(user: str, group: str = "") -> str:
    if user:
        return f"<@{user}>"
    return f"<!subteam^{group}>" if group else ""


def member_of(user_id: str, user: Mapping[str, object], identity: Identity) -> Member:
    """Read a user as Slack describes it (docs.slack.dev, "User object")."""
    profile: object = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    outsider = _outsider(user, profile, identity)
    shown = profile.get("display_name") or profile.get("real_name") or user.get("name") or user_id
    email = profile.get("email")
    is_proved = isinstance(email, str) and user.get("is_email_confirmed") is not False
    return Member(
        id=user_id,
        name=one_line(str(shown), LONGEST_NAME) or user_id,
        email=str(email).lower() if is_proved and not outsider else "",
        outsider=outsider,
    )


def _outsider(user: Mapping[str, object], profile: Mapping[str, object], identity: Identity) -> str:
    """Say why somebody may decide nothing. `is_app_user` is no reason: it is anybody who authorised the app."""
    bots = (user.get("is_bot"), user.get("is_workflow_bot"), user.get("is_connector_bot"))
    if any(bots) or profile.get("bot_id") or user.get("id") == "USLACKBOT":
        return "a bot"
    if user.get("deleted"):
        return "deactivated"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "a guest"
    if user.get("is_invited_user"):
        return "invited, but not yet a member"
    grid: object = user.get("enterprise_user")
    teams = grid.get("teams") if isinstance(grid, dict) else None
    is_here = user.get("team_id") == identity.team or identity.team in (teams or ())
    return "" if is_here and not user.get("is_stranger") else _UNKNOWN
