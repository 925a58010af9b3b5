"""An in-memory host: it understands the few commands that host actions, probes and the disk check use.

`FakeHosts` is a Shell over many of them, with receipts, fences and clocks like the real one; the same contract is run
over both. Used by tests, by the tests of playbooks and by the demo. No command reaches any machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.hosts.fake.host_commands import MEBIBYTE, FakeDisk, FakeMachine, answer
from remediator.integrations.shell.api import Output, Receipt

__all__ = ["MEBIBYTE", "FakeDisk", "FakeHosts", "FakeMachine"]


@dataclass(slots=True)
class _Memory:
    """What a host remembers about changes."""

    receipts: dict[str, Receipt] = field(default_factory=dict)
    fences: dict[Target, int] = field(default_factory=dict)


def _now() -> datetime:
    return datetime.now(UTC)


class FakeHosts:
    """A Shell over fake machines, by host name.

    `mishaps` are consumed one per change: `refused` (not started), `lost before` or `lost after` (no answer, and the
    command did not run, or did), `running` (no answer yet; `finish` or `break_off` ends it). `commands` lists by token
    every command that changed something.
    """

    def __init__(
        self, machines: Mapping[str, FakeMachine], *, now: Callable[[], datetime] = _now
    ) -> None:
        self.machines = dict(machines)
        self.commands: list[tuple[str, tuple[str, ...]]] = []
        self.mishaps: deque[str] = deque()
        self._now = now
        self._memories: dict[str, _Memory] = {}
        self._unfinished: dict[str, tuple[Target, Sequence[str]]] = {}

    async def look(
        self,
        target: Target,
        argv: Sequence[str],
        *,
        timeout: timedelta,
        sudo: bool = False,
    ) -> Output:
        """See ports.shell.Looker."""
        return answer(self._machine(target), list(argv))

    async def receipt(self, target: Target, token: str) -> Receipt:
        """See ports.shell.Looker."""
        self._machine(target)
        _check_token(token)
        return self._memory(target).receipts.setdefault(token, Receipt(state="absent"))

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
        self._machine(target)
        _check_token(token)
        mishap = self.mishaps.popleft() if self.mishaps else ""
        if mishap == "refused":
            raise Transient("the host refused the command", target=str(target))
        if mishap == "lost before":
            raise Uncertain("the connection was lost", target=str(target))
        self._admit(target, token, fence, not_after)
        if mishap == "running":
            self._unfinished[token] = (target, argv)
            raise Uncertain("no answer in time", target=str(target))
        output = self._run(target, argv, token)
        if mishap == "lost after":
            raise Uncertain("the connection was lost", target=str(target))
        return output

    def finish(self, token: str) -> None:
        """Let a command end that was left running."""
        self._run(*self._unfinished.pop(token), token)

    def break_off(self, token: str) -> None:
        """Let a command that was left running vanish without a trace, as after a crash of the host."""
        target, _ = self._unfinished.pop(token)
        self._memory(target).receipts[token] = Receipt(state="broken")

    def _machine(self, target: Target) -> FakeMachine:
        if target.kind != "host":
            raise Permanent("only hosts are here", target=str(target))
        machine = self.machines.get(target.name)
        if machine is None or not machine.reachable:
            raise Transient("could not be reached", target=str(target))
        return machine

    def _memory(self, target: Target) -> _Memory:
        return self._memories.setdefault(target.name, _Memory())

    def _admit(self, target: Target, token: str, fence: int, not_after: datetime) -> None:
        memory = self._memory(target)
        if fence < memory.fences.get(target, 0):
            raise Stale("the host has seen a newer fence", target=str(target))
        if self._now() > not_after:
            raise Stale("it came too late by the clock of the host", target=str(target))
        if token in memory.receipts:
            raise Stale("its token was used", target=str(target))
        if any(receipt.state == "running" for receipt in memory.receipts.values()):
            raise Transient("another change is still running", target=str(target))
        memory.fences[target] = fence
        memory.receipts[token] = Receipt(state="running")

    def _run(self, target: Target, argv: Sequence[str], token: str) -> Output:
        self.commands.append((token, tuple(argv)))
        output = answer(self.machines[target.name], list(argv))
        self._memory(target).receipts[token] = Receipt(state="done", output=output)
        return output


def _check_token(token: str) -> None:
    if not token or not token.replace("_", "").isalnum() or not token.isascii():
        raise Permanent("a token must be letters, digits and underscores")
