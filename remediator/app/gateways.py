"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remediator.app.shells import build_shells
from remediator.config.settings import Settings
from remediator.config.settings_sections import ServerSettings
from remediator.integrations.alertmanager.api import ALERTMANAGER
from remediator.integrations.aws.api import AWS, AWS_HANDS
from remediator.integrations.aws.build import aws_sides
from remediator.integrations.http.api import HTTP, TCP
from remediator.integrations.kubernetes.api import KUBERNETES, KUBERNETES_HANDS
from remediator.integrations.kubernetes.build import build_clusters
from remediator.integrations.prometheus.api import PROMETHEUS
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL
from remediator.integrations.slack.build import slack_side
from remediator.integrations.slack.gateway.side import SLACK
from remediator.ports.gateways import Reads, Writes

if TYPE_CHECKING:
    from remediator.integrations.http.gateway import HttpGateway

Closer = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """`reads` is all that a dry run gets; `writes` changes things. `close` ends all connections."""

    reads: Reads
    writes: Writes
    closers: tuple[Closer, ...] = field(default=(), repr=False)

    async def close(self) -> None:
        """Close every connection."""
        for closer in self.closers:
            await closer()


def build_gateways(settings: Settings) -> Gateways:
    """Return the gateways that these settings ask for; what is not set is absent."""
    http, clusters = _http(settings), build_clusters(settings.kubernetes)
    aws, aws_hands = aws_sides(settings)
    shells = build_shells(settings, clusters.looking)
    reads = Reads().having(HTTP, http).having(TCP, http).having(COMMANDS, settings.commands)
    reads = reads.having(AWS, aws).having(KUBERNETES, clusters.looking)
    reads, monitored = _monitoring(settings, reads.having(LOOKER, shells.looker))
    closers = (http.close, *monitored, clusters.close, *shells.closers)
    if slack := slack_side(settings):
        reads, closers = reads.having(SLACK, slack), (slack.close, *closers)
    writes = Writes().having(SHELL, shells.shell).having(KUBERNETES_HANDS, clusters.acting)
    return Gateways(reads=reads, writes=writes.having(AWS_HANDS, aws_hands), closers=closers)


def _monitoring(settings: Settings, reads: Reads) -> tuple[Reads, tuple[Closer, ...]]:
    from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
    from remediator.integrations.prometheus.gateway import PrometheusGateway

    closers: tuple[Closer, ...] = ()
    if settings.prometheus:
        prometheus = PrometheusGateway(_endpoints(settings.prometheus)[0])
        reads, closers = reads.having(PROMETHEUS, prometheus), (prometheus.close,)
    if settings.alertmanager:
        alertmanager = AlertmanagerGateway(_endpoints(settings.alertmanager))
        reads, closers = reads.having(ALERTMANAGER, alertmanager), (*closers, alertmanager.close)
    return reads, closers


def _endpoints(server: ServerSettings) -> tuple[Any, ...]:
    from remediator.integrations.json_api import Endpoint, basic, bearer

    authorization = ""
    if server.bearer_token:
        authorization = bearer(server.bearer_token.reveal())
    elif server.basic:
        authorization = basic(server.basic.user, server.basic.password.reveal())
    return tuple(Endpoint(url=url, authorization=authorization) for url in server.urls)


def _http(settings: Settings) -> HttpGateway:
    from remediator.integrations.http.gateway import HttpGateway

    return HttpGateway((*settings.http_allow, *_places_of_channels(settings)))


def _places_of_channels(settings: Settings) -> tuple[str, ...]:
    """Return the hosts that `notify` and `contacts` name: they are allowed because they stand there."""
    from remediator.integrations.http.destination import place_of

    ways = (*settings.notify, *(way for ways in settings.contacts.values() for way in ways))
    urls = (s["url"] for way in ways for s in way.values() if isinstance(s, Mapping) and "url" in s)
    return tuple(dict.fromkeys(place_of(url) for url in urls))
