"""HTTP and TCP: hosts that the settings allow to be asked, and those of webhooks."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.integrations.http.api import HTTP, TCP
from remediator.integrations.http.settings import HTTP_SECTION
from remediator.ports.gateways import Reads
from remediator.ports.integration import Connected, Integration, Services


def connect(services: Services) -> Connected:
    """Return one gateway for both."""
    from remediator.integrations.http.gateway import HttpGateway

    gateway = HttpGateway((*services.sections[HTTP_SECTION].allow, *_places_of_channels(services)))
    reads = Reads().having(HTTP, gateway).having(TCP, gateway)
    return Connected(reads=reads, closers=(gateway.close,))


def _places_of_channels(services: Services) -> tuple[str, ...]:
    """Return the hosts that `notify` and `contacts` name: they are allowed because they stand there."""
    from remediator.integrations.http.address_rules import place_of

    settings = (
        s
        for destination in services.destinations
        for s in destination.values()
        if isinstance(s, Mapping)
    )
    return tuple(dict.fromkeys(place_of(s["url"]) for s in settings if "url" in s))


INTEGRATION = Integration(name="http", sections=(HTTP_SECTION,), connect=connect)
