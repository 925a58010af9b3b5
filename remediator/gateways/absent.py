"""What stands where a gateway is not configured: it says so, and what to set, to whoever needs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from remediator.core.errors import Permanent
from remediator.core.target import Target
from remediator.ports.shell import Output, Receipt


class AbsentHosts:
    """A shell for a daemon that cannot reach hosts."""

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        """See ports.shell.Looker."""
        _refuse(target)

    async def receipt(self, target: Target, token: str) -> Receipt:
        """See ports.shell.Looker."""
        _refuse(target)

    async def change(
        self,
        target: Target,
        argv: Sequence[str],
        *,
        token: str,
        fence: int,
        not_after: datetime,
        timeout: timedelta,
    ) -> Output:
        """See ports.shell.Shell."""
        _refuse(target)


def _refuse(target: Target) -> NoReturn:
    text = "this daemon cannot reach hosts: set hosts.ssh.known_hosts (and a key) in the settings"
    raise Permanent(text, target=str(target))
