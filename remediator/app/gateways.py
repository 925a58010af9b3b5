"""Build gateways from settings: those that can only look, and those that can change things. SDKs load when
first used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.app.scrubbed import SHORTEST, ScrubbedLooker, ScrubbedShell
from remediator.app.slack import slack_side
from remediator.config.inventory import HostAddress
from remediator.config.settings import Settings
from remediator.config.settings_sections import ServerSettings, SshSettings
from remediator.gateways.absent import AbsentHosts
from remediator.telemetry.scrubber import Scrubber


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
    closers = tuple(g.close for g in looking.values() if hasattr(g, "close"))
    looking["looker"] = AbsentHosts()
    acting = {**looking, "shell": AbsentHosts()}
    if settings.ssh.known_hosts is not None:
        looker, shell = _shells(settings.ssh, settings.resolver.addresses())
        scrub = Scrubber(s for s in settings.secrets() if len(s) >= SHORTEST)
        looking["looker"] = acting["looker"] = ScrubbedLooker(looker, scrub)
        acting["shell"] = ScrubbedShell(shell, scrub)
        closers += (shell.close,)
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


def _http(settings: Settings) -> Any:
    from remediator.gateways.http import HttpGateway

    return HttpGateway((*settings.http_allow, *_places_of_channels(settings)))


def _places_of_channels(settings: Settings) -> tuple[str, ...]:
    """Return the hosts that `notify` and `contacts` name: they are allowed because they stand there."""
    from remediator.gateways.destination import place_of

    ways = (*settings.notify, *(way for ways in settings.contacts.values() for way in ways))
    urls = (s["url"] for way in ways for s in way.values() if isinstance(s, Mapping) and "url" in s)
    return tuple(dict.fromkeys(place_of(url) for url in urls))


def _shells(ssh: SshSettings, inventory: Mapping[str, HostAddress]) -> tuple[Any, Any]:
    from remediator.gateways.ssh.pool import Pool
    from remediator.gateways.ssh.settings import Address
    from remediator.gateways.ssh.settings import SshSettings as Reach
    from remediator.gateways.ssh.shell import SshLooker, SshShell

    reach = Reach(
        known_hosts=str(ssh.known_hosts),
        user=ssh.user,
        port=ssh.port,
        config_file=_text(ssh.config_file),
        private_key_file=_text(ssh.private_key_file),
        certificate_file=_text(ssh.certificate_file),
        sudo=ssh.sudo,
        passphrase=ssh.passphrase.reveal() if ssh.passphrase else None,
        addresses={n: Address(a.host, a.port, a.user) for n, a in inventory.items()},
        receipts=ssh.receipts,
    )
    pool = Pool(reach)
    return SshLooker(reach, pool), SshShell(reach, pool)


def _text(path: Any) -> str | None:
    return None if path is None else str(path)
