"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from remediator.app.shells import build_shells
from remediator.config.catalog import find_integrations
from remediator.config.settings import Settings
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL
from remediator.integrations.slack.build import slack_side
from remediator.integrations.slack.gateway.side import SLACK
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected, Services


def build_gateways(settings: Settings) -> Connected:
    """Return the gateways that these settings ask for; what is not set is absent."""
    services = services_of(settings)
    whole = Connected()
    for integration in find_integrations():
        if integration.connect:
            whole = joined(whole, integration.connect(services))
    return joined(whole, _by_hand(settings, whole))


def services_of(settings: Settings) -> Services:
    """Return what the systems are connected with."""
    return Services(
        sections=settings.sections,
        contacts={"": settings.notify, **settings.contacts},
        secrets=settings.secrets(),
        addresses=_addresses(settings),
    )


def _addresses(settings: Settings) -> dict[str, str]:
    found = {name: each.host for name, each in settings.resolver.addresses().items()}
    for integration in find_integrations():
        if integration.addresses:
            found |= integration.addresses(settings.sections)
    return found


def joined(one: Connected, other: Connected) -> Connected:
    """Return the gateways of both."""
    return Connected(
        reads=one.reads.joined(other.reads),
        writes=one.writes.joined(other.writes),
        closers=(*one.closers, *other.closers),
    )


def _by_hand(settings: Settings, connected: Connected) -> Connected:
    shells = build_shells(settings, connected)
    reads = Reads().having(COMMANDS, settings.commands).having(LOOKER, shells.looker)
    closers = shells.closers
    if slack := slack_side(settings):
        reads, closers = reads.having(SLACK, slack), (slack.close, *closers)
    writes = Writes().having(SHELL, shells.shell)
    return Connected(reads=reads, writes=writes, closers=closers)
