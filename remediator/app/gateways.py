"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from remediator.app.shells import build_shells
from remediator.config.catalog import find_integrations
from remediator.config.settings import Settings
from remediator.integrations.aws.api import AWS, AWS_HANDS
from remediator.integrations.aws.build import aws_sides
from remediator.integrations.kubernetes.api import KUBERNETES, KUBERNETES_HANDS
from remediator.integrations.kubernetes.build import build_clusters
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected, Services


def build_gateways(settings: Settings) -> Connected:
    """Return the gateways that these settings ask for; what is not set is absent."""
    services = services_of(settings)
    whole = Connected()
    for integration in find_integrations():
        if integration.connect:
            whole = joined(whole, integration.connect(services))
    return joined(whole, _by_hand(settings))


def services_of(settings: Settings) -> Services:
    """Return what the systems are connected with."""
    return Services(
        sections=settings.sections,
        contacts={"": settings.notify, **settings.contacts},
        secrets=settings.secrets(),
    )


def joined(one: Connected, other: Connected) -> Connected:
    """Return the gateways of both."""
    return Connected(
        reads=one.reads.joined(other.reads),
        writes=one.writes.joined(other.writes),
        closers=(*one.closers, *other.closers),
    )


def _by_hand(settings: Settings) -> Connected:
    clusters = build_clusters(settings.kubernetes)
    aws, aws_hands = aws_sides(settings)
    shells = build_shells(settings, clusters.looking)
    reads = Reads().having(COMMANDS, settings.commands).having(LOOKER, shells.looker)
    reads = reads.having(AWS, aws).having(KUBERNETES, clusters.looking)
    closers = (clusters.close, *shells.closers)
    writes = Writes().having(SHELL, shells.shell).having(KUBERNETES_HANDS, clusters.acting)
    return Connected(reads=reads, writes=writes.having(AWS_HANDS, aws_hands), closers=closers)
