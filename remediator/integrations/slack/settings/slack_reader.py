"""Reads the section `slack`: how Slack is reached."""

from __future__ import annotations

from urllib.parse import urlsplit

from remediator.documents.report import Report
from remediator.documents.secret import Secret, SecretReader
from remediator.documents.value_types import is_loopback
from remediator.integrations.slack.settings.destination import is_right
from remediator.integrations.slack.settings.sections import SlackSettings
from remediator.integrations.slack.settings.shape import SlackShape

_SECRETS = ("bot_token", "app_token", "signing_secret")
_PREFIXES = {"bot_token": "xoxb-", "app_token": "xapp-"}


class SlackReader:
    """Reads the section `slack`."""

    def __init__(self, report: Report, secrets: SecretReader) -> None:
        self._report = report
        self._secrets = secrets

    def slack(self, shape: SlackShape | None) -> SlackSettings | None:
        """Read the section; None where it is not set, or without what it cannot be without."""
        if shape is None:
            return None
        secrets = {name: self._secret(shape, name) for name in _SECRETS}
        bot_token, channel = secrets["bot_token"], self._channel(shape.channel)
        self._check_door(shape)
        self._check_address(shape.api_url)
        if bot_token is None or channel is None:
            return None
        return SlackSettings(
            bot_token=bot_token,
            channel=channel,
            app_token=secrets["app_token"],
            signing_secret=secrets["signing_secret"],
            api_url=f"{shape.api_url.rstrip('/')}/",
        )

    def _secret(self, shape: SlackShape, name: str) -> Secret | None:
        pair = (getattr(shape, name), getattr(shape, f"{name}_file"))
        secret = self._secrets.one(("slack",), name, *pair)
        if name == "bot_token" and pair == (None, None):
            message = "`slack` needs `bot_token_file`"
            self._report.error(("slack",), "missing-key", message, at_key=True)
        prefix = _PREFIXES.get(name, "")
        if secret is not None and not secret.reveal().startswith(prefix):
            key = name if pair[1] is None else f"{name}_file"
            message = f"this is no {name.replace('_', ' ')}: those begin with {prefix}"
            self._report.warn(("slack", key), "token", message)
        return secret

    def _channel(self, written: str | None) -> str | None:
        if written is None:
            hint = "Write it in quotes, channel: '#sre', because # begins a comment."
            self._report.error(
                ("slack",), "missing-key", "`slack` needs `channel`", hint, at_key=True
            )
            return None
        if is_right(channel=written):
            return written
        message = f"{written[:80]!r} is not a channel"
        hint = "Write '#name' (lower case, in quotes), or the channel's id (C…)."
        self._report.error(("slack", "channel"), "slack-channel", message, hint)
        return None

    def _check_door(self, shape: SlackShape) -> None:
        if shape.app_token or shape.app_token_file:
            return
        if not (shape.signing_secret or shape.signing_secret_file):
            message = "without `app_token_file` or `signing_secret_file` nobody can answer in Slack"
            self._report.warn(("slack",), "no-door", message, at_key=True)

    def _check_address(self, api_url: str) -> None:
        parts = urlsplit(api_url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            message = "tokens are sent here: it must be https://, or on this machine"
            self._report.error(("slack", "api_url"), "api-url", message)
