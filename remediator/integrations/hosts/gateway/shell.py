"""The SSH shell: `SshLooker` only looks (all that a dry run is given), `SshShell` can also change, once per token.

Implements shell/api.py for targets of kind `host`. Looks change nothing, so their doubts are Transient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from remediator.core.errors import Permanent, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.hosts.gateway import receipt_script
from remediator.integrations.hosts.gateway.connect import Reach
from remediator.integrations.hosts.gateway.conversation import Conversation, Ending
from remediator.integrations.hosts.gateway.pool import Pool
from remediator.integrations.hosts.gateway.quoting import (
    KILL_AFTER,
    remote_line,
    under_limit,
    whole_seconds,
)
from remediator.integrations.shell.api import OUTPUT_LIMIT, Output, Receipt
from remediator.integrations.shell.remote.receipt_report import (
    checked_token,
    key_of,
    output_of,
    read_report,
    receipt_of,
    refusal,
)

GRACE = timedelta(seconds=KILL_AFTER + 10)  # for the answer, after the host's own time limit
RECEIPT_LIMIT = timedelta(seconds=30)
_MARKS = 64 * 1024  # room for a login shell's greeting and our marks before a full output
_TIMED_OUT = {124, 137, 143}  # GNU's timeout, after -k, busybox's
_Words = Callable[[bool], list[str]]


class SshLooker:
    """Read-only commands on hosts. Belongs to one event loop."""

    def __init__(self, reach: Reach, pool: Pool | None = None) -> None:
        self._reach = reach
        self._pool = pool or Pool(reach)
        self._conversation = Conversation(self._pool, keep=OUTPUT_LIMIT + _MARKS)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def look(
        self,
        target: Target,
        argv: Sequence[str],
        *,
        timeout: timedelta,
        sudo: bool = False,
    ) -> Output:
        """Run words on the host for at most `timeout`; more than 8 MiB of output ends them with exit code 141."""

        def words(root: bool) -> list[str]:
            return under_limit(argv, timeout, sudo=self._needs_sudo(root) and sudo)

        ending = await self._looked(target, words, timeout + GRACE)
        if ending.exit_code in _TIMED_OUT and ending.seconds >= whole_seconds(timeout):
            detail = f"{argv[0]} did not end within {whole_seconds(timeout)} s"
            raise Transient(detail, target=str(target))
        return _output(ending)

    async def receipt(self, target: Target, token: str) -> Receipt:
        """Ask the host what became of a token, and spend it where it was never used."""
        known = [self._reach.ssh.receipts, key_of(target), checked_token(token)]
        words = ["sh", "-c", receipt_script.RECEIPT, "remediator", *known]
        ending = await self._looked(target, lambda root: words, RECEIPT_LIMIT)
        return receipt_of(read_report(ending.stdout, token), ending.stderr, target)

    async def _looked(self, target: Target, words: _Words, limit: timedelta) -> Ending:
        try:
            return await self._run(target, words, limit)
        except Uncertain as doubt:
            raise Transient(doubt.detail, target=str(target)) from doubt

    async def _run(self, target: Target, words: _Words, limit: timedelta) -> Ending:
        if target.kind != "host":
            raise Permanent("SSH reaches hosts only", target=str(target))
        path = self._reach.path
        return await self._conversation.run(
            target, lambda root: remote_line(words(root), path=path), limit
        )

    def _needs_sudo(self, root: bool) -> bool:
        return self._reach.ssh.sudo and not root


class SshShell(SshLooker):
    """Commands that change hosts, each once, under a receipt that stays on the host."""

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
        """Run words once on the host; they go on there when the connection dies. Errors: see shell/api.py."""
        known = [self._reach.ssh.receipts, key_of(target), checked_token(token)]
        conditions = [str(fence), str(math.floor(not_after.timestamp()))]
        script = ["sh", "-c", receipt_script.CHANGE, "remediator", *known, *conditions]

        def words(root: bool) -> list[str]:
            return [*script, *under_limit(argv, timeout, sudo=self._needs_sudo(root))]

        ending = await self._run(target, words, timeout + GRACE + RECEIPT_LIMIT)
        return _answer(target, token, ending)


def _answer(target: Target, token: str, ending: Ending) -> Output:
    report = read_report(ending.stdout, token)
    if error := refusal(report, target):
        raise error
    if report.exit_code is not None:
        return output_of(report, ending.stderr, ending.seconds)
    if report.words or ending.signal:
        detail = f"the host may have started the command and says: {report.last or ending.signal}"
        raise Uncertain(detail, target=str(target))
    complaint = _output(ending).complaint
    raise Permanent(f"the host did not run our program: {complaint}", target=str(target))


def _output(ending: Ending) -> Output:
    return Output(
        exit_code=ending.exit_code,
        stdout=ending.stdout.decode("utf-8", "replace"),
        stderr=ending.stderr.decode("utf-8", "replace"),
        seconds=ending.seconds,
        truncated=ending.truncated,
    )
