"""Alertmanager: which alerts fire now, which are silenced, and what it cut off from a notification."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from remediator.core.alert import Alert
from remediator.core.errors import ActionError
from remediator.integrations.alertmanager.api import ALERTMANAGER, ALERTMANAGER_CONFIGURATION
from remediator.integrations.alertmanager.missing import fetch
from remediator.integrations.alertmanager.receiver import receiver
from remediator.integrations.alertmanager.settings import ALERTMANAGER_SECTION, AlertmanagerSettings
from remediator.integrations.alertmanager.silenced import silences
from remediator.integrations.alertmanager.source import count_at_a_glance, parse
from remediator.ports.alert_rules import Routing, RoutingSource
from remediator.ports.gateways import Reads
from remediator.ports.inspection import Finding, Level
from remediator.ports.integration import Connected, Inspected, Integration, Services
from remediator.ports.sections import Sections
from remediator.ports.source import Source


def connect(services: Services) -> Connected:
    """Return the gateway where the settings name a server."""
    settings = services.sections[ALERTMANAGER_SECTION]
    return Connected() if settings is None else _connected(settings.urls, settings)


async def firing(reads: Reads) -> Sequence[Alert]:
    """Return the alerts that fire now and are neither silenced nor inhibited."""
    return await reads[ALERTMANAGER].notified("", {}) if reads.has(ALERTMANAGER) else ()


def servers(sections: Sections) -> list[tuple[str, str]]:
    """Return the servers that the settings name."""
    settings = sections[ALERTMANAGER_SECTION]
    return [("alertmanager.urls", url) for url in settings.urls] if settings else []


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask each server by itself: in daily work one that answers hides another that does not."""
    settings = subject.services.sections[ALERTMANAGER_SECTION]
    return [await _inspected(url, settings) for url in settings.urls] if settings else []


async def _inspected(url: str, settings: AlertmanagerSettings) -> Finding:
    from remediator.integrations.json_api import no_answer

    where = f"alertmanager {url}"
    alone = _connected((url,), settings)
    try:
        started = await alone.reads[ALERTMANAGER].started_at()
    except ActionError as error:
        return no_answer(where, error)
    finally:
        await alone.close()
    return Finding(level=Level.OK, where=where, text=f"answers, since {started:%Y-%m-%d %H:%M} UTC")


def _connected(urls: tuple[str, ...], settings: AlertmanagerSettings) -> Connected:
    from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
    from remediator.integrations.json_api import endpoints_of

    gateway = AlertmanagerGateway(endpoints_of(urls, settings))
    reads = Reads().having(ALERTMANAGER, gateway).having(ALERTMANAGER_CONFIGURATION, gateway)
    return Connected(reads=reads, closers=(gateway.close,))


SOURCE = Source(
    kind="alertmanager",
    doc="Take a notification of Alertmanager (payload version 4) or of Grafana (version 1).",
    parse=parse,
    glance=count_at_a_glance,
    fetch=fetch,
    receiver=receiver,
)


def read_routing(file: str, raw: bytes, receivers: Sequence[str]) -> Routing:
    """Read the routes of a configuration."""
    from remediator.integrations.alertmanager.routing import read_routes

    return read_routes(file, raw, receivers, SOURCE.path)


def fetch_routing(reads: Reads, receivers: Sequence[str]) -> Awaitable[Routing] | None:
    """Ask Alertmanager for its routes, where the settings name one."""
    return _fetched(reads, receivers) if reads.has(ALERTMANAGER_CONFIGURATION) else None


async def _fetched(reads: Reads, receivers: Sequence[str]) -> Routing:
    written = await reads[ALERTMANAGER_CONFIGURATION].configuration()
    return read_routing("alertmanager", written.encode(), receivers)


INTEGRATION = Integration(
    name="alertmanager",
    sections=(ALERTMANAGER_SECTION,),
    connect=connect,
    inspect=inspect,
    sources=(SOURCE,),
    silences=silences,
    firing=firing,
    routing=RoutingSource(read=read_routing, fetch=fetch_routing),
    servers=servers,
)
