"""The section `slack` of the settings file."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from remediator.core.spelling import is_loopback
from remediator.documents.model_reader import Shape, Word
from remediator.documents.report import Report
from remediator.documents.secret import NO_SECRET, Secret
from remediator.documents.value_types import UNSAID, File, SecretText, Url
from remediator.integrations.slack.settings.destination import is_right
from remediator.ports.sections import Section, SectionReading

_SECRETS = ("bot_token", "app_token", "signing_secret")
_PREFIXES = {"bot_token": "xoxb-", "app_token": "xapp-"}


class SlackSettings(Shape):
    """Slack's side of us. `channel` is where messages go that name no other; `app_token` opens Socket Mode,
    `signing_secret` the HTTP door. There is no section without a bot token and a channel."""

    bot_token: Annotated[SecretText, UNSAID] = NO_SECRET
    bot_token_file: File | None = None
    app_token: SecretText | None = None
    app_token_file: File | None = None
    signing_secret: SecretText | None = None
    signing_secret_file: File | None = None
    channel: Annotated[Word, UNSAID] = ""
    api_url: Annotated[Url, AfterValidator(lambda url: f"{url.rstrip('/')}/")] = (
        "https://slack.com/api/"
    )


def _read(reading: SectionReading, written: SlackSettings | None) -> SlackSettings | None:
    """Return the section; None where it is not set, or without what it cannot be without."""
    if written is None:
        return None
    report = reading.report
    found = {name: _secret(reading, written, name) for name in _SECRETS}
    has_channel = _is_channel(report, written.channel)
    _check_door(report, written)
    _check_address(report, written.api_url)
    if found["bot_token"] is None or not has_channel:
        return None
    return written.model_copy(update={**found, **{f"{name}_file": None for name in _SECRETS}})


def _secret(reading: SectionReading, written: SlackSettings, name: str) -> Secret | None:
    inline, file = getattr(written, name), getattr(written, f"{name}_file")
    inline = None if inline is NO_SECRET else inline
    secret = reading.secrets.one(("slack",), name, inline, file)
    if name == "bot_token" and inline is None and file is None:
        message = "`slack` needs `bot_token_file`"
        reading.report.error(("slack",), "missing-key", message, at_key=True)
    prefix = _PREFIXES.get(name, "")
    if secret is not None and not secret.reveal().startswith(prefix):
        key = name if file is None else f"{name}_file"
        message = f"this is no {name.replace('_', ' ')}: those begin with {prefix}"
        reading.report.warn(("slack", key), "token", message)
    return secret


def _is_channel(report: Report, written: str) -> bool:
    if not written:
        hint = "Write it in quotes, channel: '#sre', because # begins a comment."
        report.error(("slack",), "missing-key", "`slack` needs `channel`", hint, at_key=True)
        return False
    if is_right(channel=written):
        return True
    message = f"{written[:80]!r} is not a channel"
    hint = "Write '#name' (lower case, in quotes), or the channel's id (C…)."
    report.error(("slack", "channel"), "slack-channel", message, hint)
    return False


def _check_door(report: Report, written: SlackSettings) -> None:
    socket = written.app_token or written.app_token_file
    if not (socket or written.signing_secret or written.signing_secret_file):
        message = "without `app_token_file` or `signing_secret_file` nobody can answer in Slack"
        report.warn(("slack",), "no-door", message, at_key=True)


def _check_address(report: Report, api_url: str) -> None:
    parts = urlsplit(api_url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        message = "tokens are sent here: it must be https://, or on this machine"
        report.error(("slack", "api_url"), "api-url", message)


SLACK_SECTION: Section[SlackSettings | None] = Section(
    key="slack", shape=SlackSettings | None, read=_read, absent=None
)
