"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.config.catalog import find_integrations
from remediator.config.settings import Settings
from remediator.integrations.slack.build import slack_side
from remediator.integrations.slack.gateway.side import SLACK
from remediator.ports.gateways import Reads
from remediator.ports.integration import Connected, Services
from remediator.ports.sections import Sections


def build_gateways(settings: Settings) -> Connected:
    """Return the gateways that these settings ask for; what is not set is absent."""
    services = services_of(settings)
    whole = Connected()
    for integration in find_integrations():
        if integration.connect:
            whole = joined(whole, integration.connect(services))
    whole = joined(whole, _by_hand(settings))
    for integration in find_integrations():
        if integration.gather:
            whole = joined(whole, integration.gather(services, whole))
    return whole


def services_of(settings: Settings) -> Services:
    """Return what the systems are connected with."""
    return Services(
        sections=settings.sections,
        contacts={"": settings.notify, **settings.contacts},
        secrets=settings.secrets(),
        addresses=_addresses(settings.sections),
    )


def _addresses(sections: Sections) -> Mapping[str, str]:
    known = [each.addresses(sections) for each in find_integrations() if each.addresses]
    return {name: address for each in known for name, address in each.items()}


def joined(one: Connected, other: Connected) -> Connected:
    """Return the gateways of both."""
    return Connected(
        reads=one.reads.joined(other.reads),
        writes=one.writes.joined(other.writes),
        closers=(*one.closers, *other.closers),
    )


def _by_hand(settings: Settings) -> Connected:
    slack = slack_side(settings)
    if slack is None:
        return Connected()
    return Connected(reads=Reads().having(SLACK, slack), closers=(slack.close,))
