"""Slack as the daemon needs it: the gateway that tells people, and the desk where their answers are taken.

Both are made anew with every site, so that a reload changes tokens, roles and contacts at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from remediator.config.settings import Settings
from remediator.core.masking import Mask
from remediator.core.people import People
from remediator.http.context import Control
from remediator.http.credentials import Role
from remediator.integrations.slack.door.context import Log, SlackContext
from remediator.integrations.slack.door.desk import SlackDesk
from remediator.integrations.slack.gateway.side import Slack
from remediator.integrations.slack.settings.section import SLACK_SECTION
from remediator.ports.ambient import Ambient
from remediator.ports.store import Store


def slack_desk(  # noqa: PLR0913 - the daemon's parts, each once
    settings: Settings,
    side: Slack | None,
    *,
    store: Store,
    control: Control,
    why: Callable[[str], Awaitable[Mapping[str, Any]]],
    ambient: Ambient,
    log: Log,
    playbooks: Callable[[], tuple[str, ...]],
) -> SlackDesk | None:
    """Return the desk for both doors, where the settings have a Slack."""
    slack = settings.sections[SLACK_SECTION]
    if slack is None or side is None:
        return None
    context = SlackContext(
        store=store,
        control=control,
        why=why,
        api=side.api,
        directory=side.directory,
        ambient=ambient,
        log=log,
        api_url=slack.api_url,
        app_token=slack.app_token.reveal() if slack.app_token else "",
        signing_secret=slack.signing_secret.reveal() if slack.signing_secret else "",
        roles={
            Role[role.name]: names
            for role, names in settings.users.members.get("slack", {}).items()
        },
        playbooks=playbooks,
        people=People(settings.users.people),
        mask=Mask(settings.mask),
    )
    return SlackDesk(context)
