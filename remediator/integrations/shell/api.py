"""Run a list of words on a target. Looking and changing are two protocols: a dry run is only ever given the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from remediator.core.target import Target
from remediator.integrations.shell.settings import Command
from remediator.ports.gateways import ReadKey, WriteKey
from remediator.ports.rights import Right, Use

OUTPUT_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a command answered. Texts are decoded with replacement and capped (head and tail are kept)."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float = 0.0
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command ended with exit code 0."""
        return self.exit_code == 0

    @property
    def complaint(self) -> str:
        """The last line the command wrote to stderr (or stdout), short enough for a message."""
        text = self.stderr.strip() or self.stdout.strip()
        return text.splitlines()[-1][:300] if text else f"exit code {self.exit_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a guarded command left on the target: whether its token was seen, and how the command ended.

    `state` is `absent` (never started, and never will: the token is now spent), `running`, `done` or
    `broken` (started, but nobody knows how it ended).
    """

    state: str
    output: Output | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


class Looker(Protocol):
    """Read-only commands; may be repeated freely."""

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        """Run words on the target; raise Transient (could not be reached or timed out) or Permanent (never can be)."""
        ...

    async def receipt(self, target: Target, token: str) -> Receipt:
        """Return what the command that carried this token left. An absent token is spent by asking: it can
        no longer start."""
        ...


class Shell(Looker, Protocol):
    """A Looker that can also change things, once."""

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
        """Run words once under a receipt, with sudo where configured.

        Refused on the target (Stale) where `fence` is older than one seen there, `not_after` has passed by
        the target's clock, or the
        token was used. Raise Transient (not started for sure), Uncertain (started or perhaps started, no answer).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellRight:
    """Running commands in targets of one kind. Whoever brings their shell knows what must be granted for it."""

    kind: str

    @property
    def words(self) -> str:
        """`run commands in a pod`."""
        return f"run commands in a {self.kind}"

    @property
    def is_too_much(self) -> bool:
        """Which commands are run is said by actions and probes."""
        return False


def shell_rights(use: Use) -> tuple[Right, ...]:
    """Return what running commands takes; on a host nothing is granted but the account."""
    return () if use.kind in ("", "host") else (ShellRight(kind=use.kind),)


_NO_HOSTS = "no way to reach hosts: add `hosts.ssh` to the settings"


def looker_of(kind: str) -> ReadKey[Looker]:
    """Name what looks at targets of one kind: an integration brings it, the kit makes one LOOKER of all."""
    return ReadKey(f"{LOOKERS}{kind}", NO_WAY_TO.get(kind, NO_WAY))


def shell_of(kind: str) -> WriteKey[Shell]:
    """Name what can also change targets of one kind; as `looker_of`."""
    return WriteKey(f"{SHELLS}{kind}", NO_WAY_TO.get(kind, NO_WAY))


LOOKERS, SHELLS = "looker/", "shell/"
NO_WAY_TO: Mapping[str, str] = {
    "host": "this daemon cannot reach hosts: set hosts.ssh.known_hosts (and a key) in the settings",
    "pod": "this daemon cannot reach pods: set kubernetes (a cluster, its namespaces) in the settings",
}
"""What to set where nothing reaches targets of a kind."""
NO_WAY = "this daemon cannot reach it: no integration that is set up has a shell there"
LOOKER: ReadKey[Looker] = ReadKey("looker", _NO_HOSTS)
SHELL: WriteKey[Shell] = WriteKey("shell", _NO_HOSTS)
COMMANDS: ReadKey[Mapping[str, Command]] = ReadKey(
    "commands", "the settings allow no commands; see `commands`"
)
