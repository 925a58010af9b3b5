"""Slack's two ways to fail, as delivery errors, and what would help against each word that Slack says.

Raised by `calls`; read by whoever talks to Slack. `api` hands both classes on.
"""

from __future__ import annotations

from remediator.core.errors import DeliveryError

OVERSIZED_OR_MALFORMED = frozenset(
    {
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_post_type",
        "markdown_text_conflict",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
"""What only we can have done wrong: the same message will never be taken."""

GONE = frozenset(
    {
        "cannot_reply_to_message",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "invalid_thread_ts",
        "message_not_found",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
"""A message that can no longer be edited or answered: somebody deleted it, or Slack's rules do not let us."""

TEMPORARY = frozenset(
    {
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""`ok: false` that says nothing about what we asked."""

_ADVICE = {
    "account_inactive": "the app was removed from the workspace: install it again",
    "channel_not_found": "it does not exist, or it is private: invite the bot there",
    "invalid_auth": "the token is wrong or was revoked: see bot_token_file",
    "is_archived": "the channel is archived: name another one",
    "missing_scope": "install the app again from `remediator slack manifest`",
    "no_such_subteam": "there is no such user group",
    "user_not_found": "there is nobody with this id",
    "users_not_found": "there is nobody with this e-mail",
    "not_allowed_token_type": "bot tokens begin with xoxb-, app tokens with xapp-",
    "not_authed": "there is no token: see bot_token_file",
    "not_in_channel": "invite the bot there: /invite @remediator",
    "paid_teams_only": "user groups need a paid plan of Slack: name user ids or e-mails instead",
    "plan_upgrade_required": "user groups need a paid plan of Slack: name user ids or e-mails instead",
    "restricted_action": "the workspace's settings do not let the bot post there",
    "token_expired": "the token has expired: switch token rotation off and install the app again",
    "token_revoked": "the token was revoked: install the app again",
}


class SlackRefusal(DeliveryError):
    """Slack answered `ok: false`; `code` is its word for why, `said` all that it said.

    The text adds what would help.
    """

    def __init__(
        self,
        code: str,
        *,
        final: bool = False,
        retry_after: float | None = None,
        detail: str = "",
    ) -> None:
        self.code = code
        self._detail = detail
        self.said = f"Slack says {code}" + (f" ({detail})" if detail else "")
        text = ": ".join(filter(None, (self.said, advice(code))))
        super().__init__(text, final=final, retry_after=retry_after)

    def at(self, place: str) -> SlackRefusal:
        """Return this refusal with the place that it is about: a name that somebody wrote into the settings."""
        detail = ", ".join(filter(None, (place, self._detail)))
        return SlackRefusal(
            self.code, final=self.final, retry_after=self.retry_after, detail=detail
        )


class SlackAway(DeliveryError):
    """Slack gave no usable answer: unreachable, too slow, 5xx, or 429 (`retry_after`)."""


def advice(code: str) -> str:
    """Say what would help where Slack refuses with this word; "" where we do not know."""
    return _ADVICE.get(code, "")
