"""The kit of whatever has a shell: the allowed commands, and one looker and one shell over all kinds of targets."""

from __future__ import annotations

from remediator.core.scrubber import Scrubber
from remediator.integrations.shell.absent import AbsentShell
from remediator.integrations.shell.api import (
    COMMANDS,
    LOOKER,
    LOOKERS,
    NO_WAY_TO,
    SHELL,
    SHELLS,
    Looker,
    Shell,
    looker_of,
    shell_of,
)
from remediator.integrations.shell.routed import RoutedLooker, RoutedShell
from remediator.integrations.shell.scrubbed import SHORTEST, ScrubbedLooker, ScrubbedShell
from remediator.integrations.shell.settings import COMMANDS_SECTION
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected, Integration, Services


def connect(services: Services) -> Connected:
    """Return the commands that the settings allow."""
    return Connected(reads=Reads().having(COMMANDS, services.sections[COMMANDS_SECTION]))


def gather(services: Services, connected: Connected) -> Connected:
    """Return one looker and one shell over all that integrations brought, with our secrets masked."""
    absent = {kind: AbsentShell(reason) for kind, reason in NO_WAY_TO.items()}
    reads, writes = connected.reads, connected.writes
    lookers: dict[str, Looker] = {**absent}
    lookers |= {kind: reads[looker_of(kind)] for kind in reads.under(LOOKERS)}
    shells: dict[str, Shell] = {**absent}
    shells |= {kind: writes[shell_of(kind)] for kind in writes.under(SHELLS)}
    scrub = Scrubber(secret for secret in services.secrets if len(secret) >= SHORTEST)
    return Connected(
        reads=Reads().having(LOOKER, ScrubbedLooker(RoutedLooker(lookers), scrub)),
        writes=Writes().having(SHELL, ScrubbedShell(RoutedShell(shells), scrub)),
    )


INTEGRATION = Integration(
    name="shell", sections=(COMMANDS_SECTION,), connect=connect, gather=gather
)
