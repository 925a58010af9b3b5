"""Slack: where people are told and asked, and where their answers are taken."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from remediator.integrations.slack.gateway.workspace import SLACK, Slack
from remediator.integrations.slack.settings.destination import SlackDestination, is_right
from remediator.integrations.slack.settings.section import SLACK_SECTION
from remediator.integrations.slack.settings.slack_names import slack_names
from remediator.ports.door import Door, DoorServices, DoorSigns
from remediator.ports.gateways import Reads
from remediator.ports.inspection import Finding
from remediator.ports.integration import (
    Caller,
    Connected,
    Destination,
    Inspected,
    Integration,
    Services,
)
from remediator.ports.members import Members
from remediator.ports.sections import Sections


def connect(services: Services) -> Connected:
    """Return the gateway where the settings have a Slack; nothing is connected before the first call."""
    settings = services.sections[SLACK_SECTION]
    if settings is None:
        return Connected()
    from remediator.integrations.slack.gateway.api import SlackApi
    from remediator.integrations.slack.gateway.directory import SlackDirectory

    api = SlackApi(bot_token=settings.bot_token.reveal(), api_url=settings.api_url)
    directory = SlackDirectory(api, contacts=_handles(services), monotonic=time.monotonic)
    slack = Slack(api=api, directory=directory, channel=settings.channel)
    return Connected(reads=Reads().having(SLACK, slack), closers=(slack.close,))


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask Slack: tokens, scopes, and every channel, group and person that is named."""
    settings = subject.services.sections[SLACK_SECTION]
    if settings is None:
        return ()
    from remediator.integrations.slack.inspect import inspect as inspect_workspace

    names = slack_names(settings.channel, subject.destinations, subject.people)
    return await inspect_workspace(
        subject.reads[SLACK],
        app_token=settings.app_token.reveal() if settings.app_token else None,
        channels=names.channels,
        groups=names.groups,
        users=names.users,
    )


def notify(sections: Sections) -> tuple[Destination, ...]:
    """Slack's own channel is where people look."""
    settings = sections[SLACK_SECTION]
    return ({"slack": {"to": settings.channel}},) if settings else ()


def _handles(services: Services) -> Mapping[str, str]:
    """Return who stands behind a contact in Slack: the `@handle`, id or e-mail of its first Slack way that has one."""
    found: dict[str, str] = {}
    for name, destinations in services.contacts.items():
        for destination in destinations:
            written = destination.get("slack") if name else None
            if written and (called := SlackDestination.model_validate(written).call):
                found.setdefault(name, called)
    return found


def door(services: DoorServices) -> Door:
    """Open the socket and the HTTP route."""
    from remediator.integrations.slack.door.door import SlackDoor

    return SlackDoor(services)


MEMBERS = Members(
    key="slack",
    title="Slack",
    is_name=lambda name: is_right(mention=name),
    how_to_write="Write @group, S… or U… (ids), an e-mail, or * for every full member.",
    everybody="every full member of the workspace",
)
INTEGRATION = Integration(
    name="slack",
    sections=(SLACK_SECTION,),
    connect=connect,
    inspect=inspect,
    notify=notify,
    members=MEMBERS,
    caller=Caller(name="slack", needs=SLACK_SECTION.key),
    door=door,
    door_signs=DoorSigns(
        connected="Whether Slack's socket is connected.",
        warnings=("slack_not_connected", "slack_deaf", "slack_failed"),
    ),
)
