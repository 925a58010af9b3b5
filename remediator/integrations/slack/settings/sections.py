"""The section `slack` as a value."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.documents.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Slack's side of us. `channel` is where messages go that name no other; `app_token` opens Socket Mode,
    `signing_secret` the HTTP door."""

    bot_token: Secret
    channel: str
    app_token: Secret | None = None
    signing_secret: Secret | None = None
    api_url: str = "https://slack.com/api/"
