"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.app.aws import aws_sides
from remediator.app.shells import build_shells
from remediator.app.slack import slack_side
from remediator.config.settings import Settings
from remediator.config.settings_sections import ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """`looking` is all that a dry run gets; `acting` adds what changes things. `close` ends all connections."""

    looking: Mapping[str, Any]
    acting: Mapping[str, Any]
    closers: tuple[Callable[[], Awaitable[None]], ...] = field(default=(), repr=False)

    async def close(self) -> None:
        """Close every connection."""
        for closer in self.closers:
            await closer()


def build_gateways(settings: Settings) -> Gateways:
    """Return the gateways that these settings ask for; what is not set is absent."""
    looking: dict[str, Any] = {"commands": settings.commands, **_monitoring(settings)}
    looking["http"] = _http(settings)
    if slack := slack_side(settings):
        looking["slack"] = slack
    looking["aws"], aws_hands = aws_sides(settings)
    closers = tuple(g.close for g in looking.values() if hasattr(g, "close"))
    clusters = _kubernetes(settings)
    looking["kubernetes"] = clusters.looking
    closers += (clusters.close,)
    shells = build_shells(settings, clusters.looking)
    looking["looker"] = shells.looker
    closers += shells.closers
    acting = {**looking, "shell": shells.shell, "kubernetes": clusters.acting}
    acting["aws"] = aws_hands
    return Gateways(looking=looking, acting=acting, closers=closers)


def _monitoring(settings: Settings) -> Mapping[str, Any]:
    from remediator.gateways.alertmanager import AlertmanagerGateway
    from remediator.gateways.prometheus import PrometheusGateway

    found: dict[str, Any] = {}
    if settings.prometheus:
        found["prometheus"] = PrometheusGateway(_endpoints(settings.prometheus)[0])
    if settings.alertmanager:
        found["alertmanager"] = AlertmanagerGateway(_endpoints(settings.alertmanager))
    return found


def _endpoints(server: ServerSettings) -> tuple[Any, ...]:
    from remediator.gateways.json_api import Endpoint, basic, bearer

    authorization = ""
    if server.bearer_token:
        authorization = bearer(server.bearer_token.reveal())
    elif server.basic:
        authorization = basic(server.basic.user, server.basic.password.reveal())
    return tuple(Endpoint(url=url, authorization=authorization) for url in server.urls)


def _kubernetes(settings: Settings) -> Any:
    from remediator.gateways.kubernetes.clusters import Kubernetes
    from remediator.gateways.kubernetes.settings import Reach

    return Kubernetes(
        [
            Reach(
                name=each.name,
                kubeconfig=_text(each.kubeconfig),
                context=each.context,
                namespaces=each.namespaces,
                gitops=each.gitops.value,
            )
            for each in settings.kubernetes
        ]
    )


def _http(settings: Settings) -> Any:
    from remediator.gateways.http import HttpGateway

    return HttpGateway((*settings.http_allow, *_places_of_channels(settings)))


def _places_of_channels(settings: Settings) -> tuple[str, ...]:
    """Return the hosts that `notify` and `contacts` name: they are allowed because they stand there."""
    from remediator.gateways.destination import place_of

    ways = (*settings.notify, *(way for ways in settings.contacts.values() for way in ways))
    urls = (s["url"] for way in ways for s in way.values() if isinstance(s, Mapping) and "url" in s)
    return tuple(dict.fromkeys(place_of(url) for url in urls))


def _text(path: Any) -> str | None:
    return None if path is None else str(path)
