"""Mask known secrets in what hosts print, before anything reads it: it would end in the journal and in messages.

Used by `gateways`. Error texts are masked too, because they quote what the host complained about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from remediator.core.errors import ActionError
from remediator.core.target import Target
from remediator.integrations.shell.api import Looker, Output, Receipt, Shell

SHORTEST = 8
"""Shorter secrets are left alone here: `root` as a password would make `df` unreadable to our own eyes."""


class ScrubbedLooker:
    """A looker that never repeats a secret."""

    def __init__(self, looker: Looker, scrub: Callable[[str], str]) -> None:
        self._looker = looker
        self._scrub = scrub

    async def look(
        self,
        target: Target,
        argv: Sequence[str],
        *,
        timeout: timedelta,
        sudo: bool = False,
    ) -> Output:
        """See ports.shell.Looker."""
        with self._masked_errors():
            return self._masked(await self._looker.look(target, argv, timeout=timeout, sudo=sudo))

    async def receipt(self, target: Target, token: str) -> Receipt:
        """See ports.shell.Looker."""
        with self._masked_errors():
            found = await self._looker.receipt(target, token)
        return replace(found, output=self._masked(found.output)) if found.output else found

    def _masked(self, output: Output) -> Output:
        return replace(output, stdout=self._scrub(output.stdout), stderr=self._scrub(output.stderr))

    @contextmanager
    def _masked_errors(self) -> Iterator[None]:
        try:
            yield
        except ActionError as error:
            raise type(error)(self._scrub(error.detail), target=error.target) from error


class ScrubbedShell(ScrubbedLooker):
    """A shell that never repeats a secret."""

    def __init__(self, shell: Shell, scrub: Callable[[str], str]) -> None:
        super().__init__(shell, scrub)
        self._shell = shell

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
        with self._masked_errors():
            return self._masked(
                await self._shell.change(
                    target,
                    argv,
                    token=token,
                    fence=fence,
                    not_after=not_after,
                    timeout=timeout,
                )
            )
