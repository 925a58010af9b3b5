"""What stands where a gateway is not configured: it says so, and what to set, to whoever needs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from remediator.core.errors import Missing
from remediator.core.target import Target
from remediator.integrations.shell.api import Output, Receipt


class AbsentShell:
    """A shell for targets that this daemon cannot reach."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        """See ports.shell.Looker."""
        self._refuse(target)

    async def receipt(self, target: Target, token: str) -> Receipt:
        """See ports.shell.Looker."""
        self._refuse(target)

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
        self._refuse(target)

    def _refuse(self, target: Target) -> NoReturn:
        raise Missing(self._reason, target=str(target))
