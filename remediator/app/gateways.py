"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.config.catalog import find_integrations
from remediator.config.settings import Settings
from remediator.integrations.aws.api import AWS, AWS_HANDS
from remediator.integrations.aws.build import aws_sides
from remediator.integrations.kubernetes.api import KUBERNETES, KUBERNETES_HANDS
from remediator.integrations.kubernetes.build import build_clusters, build_pod_shells
from remediator.integrations.shell.api import looker_of, shell_of
from remediator.integrations.slack.build import slack_side
from remediator.integrations.slack.gateway.side import SLACK
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Closer, Connected, Services
from remediator.ports.sections import Sections


def build_gateways(settings: Settings) -> Connected:
    """Return the gateways that these settings ask for; what is not set is absent."""
    services = services_of(settings)
    whole = Connected()
    for integration in find_integrations():
        if integration.connect:
            whole = joined(whole, integration.connect(services))
    whole = joined(whole, _by_hand(settings, services))
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


def _by_hand(settings: Settings, services: Services) -> Connected:
    clusters = build_clusters(settings.kubernetes)
    aws, aws_hands = aws_sides(settings, services.addresses)
    reads = Reads().having(AWS, aws).having(KUBERNETES, clusters.looking)
    closers: tuple[Closer, ...] = (clusters.close,)
    if slack := slack_side(settings):
        reads, closers = reads.having(SLACK, slack), (slack.close, *closers)
    writes = Writes().having(AWS_HANDS, aws_hands).having(KUBERNETES_HANDS, clusters.acting)
    if settings.kubernetes:
        looker, shell = build_pod_shells(clusters.looking)
        reads = reads.having(looker_of("pod"), looker)
        writes = writes.having(shell_of("pod"), shell)
    return Connected(reads=reads, writes=writes, closers=closers)
