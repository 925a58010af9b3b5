"""A Shell whose hosts are in another process (`hosts_process`): for each question or change one connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.shell.api import Output, Receipt

ERRORS = {error.__name__: error for error in (Permanent, Stale, Transient, Uncertain)}
LONGEST_LINE = 2**20


class FarHosts:
    """See integrations.shell.api.Shell; `socket` is where the world listens."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        """See Looker."""
        asked = {"verb": "look", "argv": list(argv), "seconds": timeout.total_seconds()}
        return Output(**await self._ask(target, asked))

    async def receipt(self, target: Target, token: str) -> Receipt:
        """See Looker."""
        found = await self._ask(target, {"verb": "receipt", "token": token})
        output = found.pop("output")
        return Receipt(**found, output=Output(**output) if output else None)

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
        """See Shell."""
        asked = {
            "verb": "change",
            "argv": list(argv),
            "token": token,
            "fence": fence,
            "not_after": not_after.isoformat(),
            "seconds": timeout.total_seconds(),
        }
        return Output(**await self._ask(target, asked))

    async def _ask(self, target: Target, asked: Mapping[str, object]) -> dict[str, Any]:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=LONGEST_LINE)
        except OSError as error:
            raise Transient(f"the world is away: {error}", target=str(target)) from error
        try:
            question = {"kind": target.kind, "name": target.name, **asked}
            writer.write(json.dumps(question).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise Uncertain(f"the world broke off: {error}", target=str(target)) from error
        finally:
            writer.close()
        if "answer" in answer:
            return dict(answer["answer"])
        raise _error(answer, target)


def _error(answer: Mapping[str, str], target: Target) -> ActionError:
    kind = ERRORS.get(answer.get("error", ""), Uncertain)
    return kind(answer.get("detail", "the world gave no answer"), target=str(target))


def as_line(found: Output | Receipt | ActionError) -> bytes:
    """Return what the world answers."""
    if isinstance(found, ActionError):
        return json.dumps({"error": type(found).__name__, "detail": found.detail}).encode() + b"\n"
    return json.dumps({"answer": asdict(found)}).encode() + b"\n"
