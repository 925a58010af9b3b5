"""`users.*` and `usergroups.*`: who is who."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.integrations.slack.fake.call import Call
from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.workspace import Group, User


def show_user(call: Call) -> Mapping[str, object]:
    """`users.info`."""
    user = call.world.users.get(call.text("user"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": _rendered_user(call, user)}


def lookup_by_email(call: Call) -> Mapping[str, object]:
    """`users.lookupByEmail`; finds neither bots nor the deactivated."""
    wanted = call.text("email").lower()
    for user in call.world.users.values():
        if user.email.lower() == wanted and not (user.bot or user.deleted or user.stranger):
            return {"user": _rendered_user(call, user)}
    raise Refusal("users_not_found")


def list_groups(call: Call) -> Mapping[str, object]:
    """`usergroups.list`."""
    _check_plan(call)
    shown = [
        group
        for group in call.world.groups.values()
        if call.flag("include_disabled") or not group.disabled
    ]
    return {"usergroups": [_rendered_group(call, group) for group in shown]}


def list_group_users(call: Call) -> Mapping[str, object]:
    """`usergroups.users.list`."""
    _check_plan(call)
    group = call.world.groups.get(call.text("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise Refusal("no_such_subteam")
    return {"users": list(group.members)}


def _check_plan(call: Call) -> None:
    if not call.world.is_paid:
        raise Refusal("plan_upgrade_required")


def _rendered_user(call: Call, user: User) -> Mapping[str, object]:
    profile = {"real_name": user.real_name, "display_name": user.name, "team": user.team}
    if user.email and call.has_scope("users:read.email") and not user.stranger:
        profile["email"] = user.email
    found: dict[str, object] = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": user.deleted,
        "profile": profile,
        "is_bot": user.bot,
        "is_app_user": False,
        "updated": 1,
    }
    if user.deleted:
        return {**found, **user.raw}
    found |= {"real_name": user.real_name, "tz": "Europe/Berlin", "is_admin": False}
    found |= {"is_restricted": user.guest or user.ultra_restricted}
    found |= {"is_ultra_restricted": user.ultra_restricted}
    found |= {"is_email_confirmed": user.email_confirmed}
    found |= {"is_stranger": True} if user.stranger else {}
    return {**found, **user.raw}


def _rendered_group(call: Call, group: Group) -> Mapping[str, object]:
    users = {"users": list(group.members)} if call.flag("include_users") else {}
    return {
        "id": group.id,
        "team_id": call.app.team,
        "is_usergroup": True,
        "name": group.handle,
        "handle": group.handle,
        "date_delete": 1 if group.disabled else 0,
        "user_count": len(group.members),
        **users,
    }
