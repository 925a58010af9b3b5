"""Every method of the Web API that the fake knows: its scope, its arguments, its tier."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.integrations.slack.fake import access, chat, files, lookups, views
from remediator.integrations.slack.fake.call import Method

_SHOWN = ("text", "blocks", "link_names", "parse")
_POSTED = (*_SHOWN, "thread_ts", "reply_broadcast", "unfurl_links", "unfurl_media", "metadata")
_TIER_1, _TIER_2, _TIER_3, _TIER_4 = 1, 20, 50, 100

METHODS: Mapping[str, Method] = {
    "apps.connections.open": Method(
        does=access.open_connection, by_app_token=True, scope="connections:write"
    ),
    "auth.test": Method(does=access.auth_test, may=("url",), per_minute=600),
    "bots.info": Method(
        does=access.show_bot,
        scope="users:read",
        needs=("bot",),
        json=False,
        per_minute=_TIER_3,
    ),
    "chat.deleteScheduledMessage": Method(
        does=chat.delete_scheduled_message,
        scope="chat:write",
        needs=("channel", "scheduled_message_id"),
        per_minute=_TIER_3,
    ),
    "chat.postEphemeral": Method(
        does=chat.post_ephemeral,
        scope="chat:write",
        needs=("channel", "user"),
        may=(*_SHOWN, "thread_ts"),
        per_minute=_TIER_4,
    ),
    "chat.postMessage": Method(
        does=chat.post_message,
        scope="chat:write",
        needs=("channel",),
        may=(*_POSTED, "mrkdwn"),
        per_minute=600,  # its own limit is one per second and channel
    ),
    "chat.scheduleMessage": Method(
        does=chat.schedule_message,
        scope="chat:write",
        needs=("channel", "post_at"),
        may=_POSTED,
        per_minute=_TIER_3,
    ),
    "chat.update": Method(
        does=chat.update,
        scope="chat:write",
        needs=("channel", "ts"),
        may=(*_SHOWN, "metadata", "reply_broadcast"),
        per_minute=_TIER_3,
    ),
    "files.completeUploadExternal": Method(
        does=files.complete_upload,
        scope="files:write",
        needs=("files",),
        may=("channel_id", "thread_ts", "initial_comment"),
        per_minute=_TIER_4,
    ),
    "files.getUploadURLExternal": Method(
        does=files.get_upload_url,
        scope="files:write",
        needs=("filename", "length"),
        may=("alt_txt", "snippet_type"),
        json=False,
        per_minute=_TIER_4,
    ),
    "usergroups.list": Method(
        does=lookups.list_groups,
        scope="usergroups:read",
        may=("include_count", "include_disabled", "include_users"),
        json=False,
        per_minute=_TIER_2,
    ),
    "usergroups.users.list": Method(
        does=lookups.list_group_users,
        scope="usergroups:read",
        needs=("usergroup",),
        may=("include_disabled",),
        json=False,
        per_minute=_TIER_2,
    ),
    "users.info": Method(
        does=lookups.show_user,
        scope="users:read",
        needs=("user",),
        may=("include_locale",),
        json=False,
        per_minute=_TIER_4,
    ),
    "users.lookupByEmail": Method(
        does=lookups.lookup_by_email,
        scope="users:read.email",
        needs=("email",),
        json=False,
        per_minute=_TIER_3,
    ),
    "views.open": Method(does=views.open_view, needs=("view", "trigger_id"), per_minute=_TIER_4),
    "views.update": Method(
        does=views.update_view,
        needs=("view",),
        may=("view_id", "external_id", "hash"),
        per_minute=_TIER_4,
    ),
}
