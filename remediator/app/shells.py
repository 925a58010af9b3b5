"""Build the one looker and the one shell from settings: hosts by SSH, pods through their clusters, secrets masked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from remediator.config.settings import Settings
from remediator.integrations.hosts.build import build_host_shells
from remediator.integrations.shell.absent import AbsentHosts, AbsentPods
from remediator.integrations.shell.api import Looker, Shell, looker_of, shell_of
from remediator.integrations.shell.routed import RoutedLooker, RoutedShell
from remediator.integrations.shell.scrubbed import SHORTEST, ScrubbedLooker, ScrubbedShell
from remediator.ports.integration import Connected
from remediator.telemetry.scrubber import Scrubber


@dataclass(frozen=True, slots=True, kw_only=True)
class Shells:
    """What looks, what can change, and how to end all connections."""

    looker: Looker
    shell: Shell
    closers: tuple[Callable[[], Awaitable[None]], ...] = field(default=(), repr=False)


def build_shells(settings: Settings, connected: Connected) -> Shells:
    """Return the shells for the hosts of these settings and the pods of what is connected."""
    lookers: dict[str, Looker] = {"host": AbsentHosts(), "pod": AbsentPods()}
    shells: dict[str, Shell] = {"host": AbsentHosts(), "pod": AbsentPods()}
    closers: tuple[Callable[[], Awaitable[None]], ...] = ()
    if settings.ssh.known_hosts is not None:
        lookers["host"], shell = build_host_shells(settings.ssh, settings.resolver.addresses())
        shells["host"], closers = shell, (shell.close,)
    if connected.reads.has(looker_of("pod")):
        lookers["pod"] = connected.reads[looker_of("pod")]
        shells["pod"] = connected.writes[shell_of("pod")]
    scrub = Scrubber(secret for secret in settings.secrets() if len(secret) >= SHORTEST)
    return Shells(
        looker=ScrubbedLooker(RoutedLooker(lookers), scrub),
        shell=ScrubbedShell(RoutedShell(shells), scrub),
        closers=closers,
    )
