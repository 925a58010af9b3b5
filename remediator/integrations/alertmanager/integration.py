"""Alertmanager: which alerts fire now, and what it cut off from a notification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remediator.core.errors import ActionError
from remediator.integrations.alertmanager.api import ALERTMANAGER
from remediator.integrations.alertmanager.missing import fetch
from remediator.integrations.alertmanager.receiver import receiver
from remediator.integrations.alertmanager.settings import ALERTMANAGER_SECTION
from remediator.integrations.alertmanager.source import count_at_a_glance, parse
from remediator.integrations.api_settings import Server, no_answer
from remediator.ports.gateways import Reads
from remediator.ports.inspection import Finding, Level
from remediator.ports.integration import Connected, Inspected, Integration, Services
from remediator.ports.source import Source


def connect(services: Services) -> Connected:
    """Return the gateway where the settings name a server."""
    server = services.sections[ALERTMANAGER_SECTION]
    return Connected() if server is None else _connected(server)


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask each server by itself: in daily work one that answers hides another that does not."""
    server = subject.services.sections[ALERTMANAGER_SECTION]
    urls = server.urls if server else ()
    return [await _inspected(replace(server, urls=(url,))) for url in urls if server]


async def _inspected(server: Server) -> Finding:
    where = f"alertmanager {server.urls[0]}"
    alone = _connected(server)
    try:
        started = await alone.reads[ALERTMANAGER].started_at()
    except ActionError as error:
        return no_answer(where, error)
    finally:
        await alone.close()
    return Finding(level=Level.OK, where=where, text=f"answers, since {started:%Y-%m-%d %H:%M} UTC")


def _connected(server: Server) -> Connected:
    from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
    from remediator.integrations.json_api import endpoints_of

    gateway = AlertmanagerGateway(endpoints_of(server))
    return Connected(reads=Reads().having(ALERTMANAGER, gateway), closers=(gateway.close,))


SOURCE = Source(
    kind="alertmanager",
    doc="Take a notification of Alertmanager (payload version 4) or of Grafana (version 1).",
    parse=parse,
    glance=count_at_a_glance,
    fetch=fetch,
    receiver=receiver,
)
INTEGRATION = Integration(
    name="alertmanager",
    sections=(ALERTMANAGER_SECTION,),
    connect=connect,
    inspect=inspect,
    sources=(SOURCE,),
)
