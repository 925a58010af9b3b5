"""Build the one looker and the one shell from settings: hosts by SSH, pods through their clusters, secrets masked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.app.scrubbed import SHORTEST, ScrubbedLooker, ScrubbedShell
from remediator.config.inventory import HostAddress
from remediator.config.settings import Settings
from remediator.config.settings_sections import SshSettings
from remediator.gateways.absent import AbsentHosts, AbsentPods
from remediator.gateways.routed import RoutedLooker, RoutedShell
from remediator.ports.shell import Looker, Shell
from remediator.telemetry.scrubber import Scrubber


@dataclass(frozen=True, slots=True, kw_only=True)
class Shells:
    """What looks, what can change, and how to end all connections."""

    looker: Looker
    shell: Shell
    closers: tuple[Callable[[], Awaitable[None]], ...] = field(default=(), repr=False)


def build_shells(settings: Settings, clusters: Any) -> Shells:
    """Return the shells for the hosts and pods of these settings; `clusters` finds the cluster of a pod."""
    lookers: dict[str, Looker] = {"host": AbsentHosts(), "pod": AbsentPods()}
    shells: dict[str, Shell] = {"host": AbsentHosts(), "pod": AbsentPods()}
    closers: tuple[Callable[[], Awaitable[None]], ...] = ()
    if settings.ssh.known_hosts is not None:
        lookers["host"], shell = _hosts(settings.ssh, settings.resolver.addresses())
        shells["host"], closers = shell, (shell.close,)
    if settings.kubernetes:
        lookers["pod"], shells["pod"] = _pods(clusters)
    scrub = Scrubber(secret for secret in settings.secrets() if len(secret) >= SHORTEST)
    return Shells(
        looker=ScrubbedLooker(RoutedLooker(lookers), scrub),
        shell=ScrubbedShell(RoutedShell(shells), scrub),
        closers=closers,
    )


def _pods(clusters: Any) -> tuple[Looker, Shell]:
    from remediator.gateways.pods.shell import PodLooker, PodShell

    return PodLooker(clusters), PodShell(clusters)


def _hosts(ssh: SshSettings, inventory: Mapping[str, HostAddress]) -> tuple[Any, Any]:
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
        addresses={n: Address(a.host, a.port, a.user, a.spelled) for n, a in inventory.items()},
        receipts=ssh.receipts,
    )
    pool = Pool(reach)
    return SshLooker(reach, pool), SshShell(reach, pool)


def _text(path: Any) -> str | None:
    return None if path is None else str(path)
