"""Ask Slack whether it would let us do our work, for `remediator check --online`. Nobody in Slack notices."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from remediator.core.errors import DeliveryError
from remediator.integrations.slack.gateway.api import SlackApi
from remediator.integrations.slack.gateway.directory import EMAIL, NO_GROUPS_HERE, member_of
from remediator.integrations.slack.gateway.errors import SlackAway, SlackRefusal, advice
from remediator.integrations.slack.gateway.workspace import Slack
from remediator.integrations.slack.manifest import SCOPES
from remediator.ports.inspection import Finding, Level

_AGAIN = "install the app again from `remediator slack manifest`"
_IDS = "name user ids or e-mails instead"
_APP_LEVEL = (
    "see app_token_file: Basic Information, App-Level Tokens, with the scope connections:write"
)
_REACH = "can this machine reach Slack? see HTTPS_PROXY and `slack.api_url`"
_NO_GROUP = "create it in Slack, or write its handle as Slack shows it, like @sre-oncall"


async def inspect(
    slack: Slack,
    *,
    app_token: str | None = None,
    channels: Iterable[str] = (),
    groups: Iterable[str] = (),
    users: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """Return what was found: the token, its scopes, Socket Mode, and every channel, group and user that is named.

    `groups` are `@handle`, id or contact; `users` ids or e-mails. Channels include the default one.
    """
    found = await _token(slack.api)
    if found[-1].level is Level.ERROR:
        return found
    found += await _scopes(slack.api)
    if app_token:
        found += (await _socket(slack.api, app_token),)
    for channel in dict.fromkeys((slack.channel, *channels)):
        found += (await _channel(slack.api, channel),)
    found += await _groups(slack, tuple(dict.fromkeys(groups)))
    for user in dict.fromkeys(users):
        found += (await _user(slack.api, user),)
    return found


async def _token(api: SlackApi) -> tuple[Finding, ...]:
    try:
        identity = await api.identity()
    except DeliveryError as error:
        return (_problem("slack bot token", error),)
    text = f"works: workspace {identity.workspace}, bot {identity.bot_user}"
    return (Finding(level=Level.OK, where="slack bot token", text=text),)


async def _scopes(api: SlackApi) -> tuple[Finding, ...]:
    given = (await api.identity()).scopes
    missing, spare = sorted(SCOPES.keys() - given), sorted(given - SCOPES.keys())
    lost = tuple(_error("slack scopes", f"{s} is missing: {SCOPES[s]}", _AGAIN) for s in missing)
    if spare:
        text = f"more than is needed: {', '.join(spare)}"
        return (*lost, Finding(level=Level.WARNING, where="slack scopes", text=text, hint=_AGAIN))
    return lost or (Finding(level=Level.OK, where="slack scopes", text="all there, none too many"),)


async def _socket(api: SlackApi, app_token: str) -> Finding:
    try:
        await api.can_connect(app_token)
    except SlackRefusal as refusal:
        return _error("slack app token", refusal.said, _APP_LEVEL)
    except SlackAway as error:
        return _problem("slack app token", error)
    return Finding(level=Level.OK, where="slack app token", text="Socket Mode can connect")


async def _channel(api: SlackApi, channel: str) -> Finding:
    where = f"slack {channel}"
    try:
        await api.can_post(channel)
    except DeliveryError as error:
        return _problem(where, error)
    return Finding(level=Level.OK, where=where, text="can be posted to")


async def _groups(slack: Slack, names: Collection[str]) -> tuple[Finding, ...]:
    if not names:
        return ()
    try:
        await slack.api.user_groups()
    except SlackRefusal as refusal:
        if refusal.code not in NO_GROUPS_HERE:
            return (_problem("slack user groups", refusal),)
        text = f"this workspace's plan has none, so nobody is in {', '.join(names)}"
        return (_error("slack user groups", text, _IDS),)
    except SlackAway as error:
        return (_problem("slack user groups", error),)
    return tuple([await _group(slack, name) for name in names])


async def _group(slack: Slack, name: str) -> Finding:
    where = f"slack group {name}"
    try:
        group = await slack.directory.group(name)
        members = await slack.api.group_members(group) if group else frozenset()
    except DeliveryError as error:
        return _problem(where, error)
    if not group:
        return _error(where, "there is no such user group", _NO_GROUP)
    if not members:
        return _error(where, "has no members, so nobody in it can approve", "add people to it")
    count = f"{len(members)} member{'s' if len(members) != 1 else ''}"
    return Finding(level=Level.OK, where=where, text=count)


async def _user(api: SlackApi, name: str) -> Finding:
    where = f"slack user {name}"
    try:
        by_mail = EMAIL.fullmatch(name)
        user = await (api.user_by_email(name) if by_mail else api.user(name))
        member = member_of(str(user.get("id", name)), user, await api.identity())
    except DeliveryError as error:
        return _problem(where, error)
    if member.outsider:
        return _error(where, f"may decide nothing: {member.outsider}", "name a full member")
    if by_mail and not member.email:
        text = "Slack has not confirmed this e-mail, so it counts for nobody"
        return _error(where, text, f"name the id instead: {member.id}")
    return Finding(level=Level.OK, where=where, text=f"is {member.name}")


def _problem(where: str, error: DeliveryError) -> Finding:
    if not isinstance(error, SlackRefusal):
        return _error(where, str(error), "" if error.retry_after else _REACH)
    return _error(where, error.said, advice(error.code))


def _error(where: str, text: str, hint: str) -> Finding:
    return Finding(level=Level.ERROR, where=where, text=text, hint=hint)
