"""One shell for every kind of target: a host is reached by SSH, a pod through its cluster's API. Built by `app`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from remediator.core.errors import Permanent
from remediator.core.target import Target
from remediator.integrations.shell.api import Looker, Output, Receipt, Shell

One = TypeVar("One", bound=Looker)


class _ByKind(Generic[One]):
    def __init__(self, by_kind: Mapping[str, One]) -> None:
        self._by_kind = by_kind

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        """See ports.shell.Looker."""
        return await self._of(target).look(target, argv, timeout=timeout, sudo=sudo)

    async def receipt(self, target: Target, token: str) -> Receipt:
        """See ports.shell.Looker."""
        return await self._of(target).receipt(target, token)

    def _of(self, target: Target) -> One:
        one = self._by_kind.get(target.kind)
        if one is None:
            raise Permanent(f"no command can be run in a {target.kind}", target=str(target))
        return one


class RoutedLooker(_ByKind[Looker]):
    """A looker that can only look, wherever the target is."""


class RoutedShell(_ByKind[Shell]):
    """A shell that can also change, wherever the target is."""

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
        return await self._of(target).change(
            target, argv, token=token, fence=fence, not_after=not_after, timeout=timeout
        )
