"""One command on one channel, and the line between "surely not started" and "perhaps started"; used by the SSH shell.

This is the one place where asyncssh's errors after connecting become ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from signal import Signals

import asyncssh

from remediator.core.errors import Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.hosts.gateway.command_session import Session
from remediator.integrations.hosts.gateway.pool import Pool

SLOT_SECONDS = 60.0  # for a free slot and a connection
CHANNEL_SECONDS = 20.0  # for a channel on a connection that seemed alive


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended, as far as the host said; `signal` is the one that ended our program there, if any.

    `is_begun` is false where nothing shows where our program's words begin: they stand among those of the login shell.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    seconds: float
    truncated: bool
    signal: str | None = None
    is_begun: bool = True


class Conversation:
    """Runs command lines on hosts. `line` is made when it is known whether the login user is root."""

    def __init__(self, pool: Pool, *, keep: int) -> None:
        self._pool = pool
        self._keep = keep

    async def run(self, target: Target, line: Callable[[bool], str], limit: timedelta) -> Ending:
        """Run one line and return its end.

        Raise Transient or Permanent where it surely was not started, Uncertain where it perhaps was.
        """
        ending = await self._run_once(target, line, limit)
        if ending is None:  # a kept connection had died since; nothing was sent over it
            ending = await self._run_once(target, line, limit)
        if ending is None:
            raise Transient("the connection closed before anything was sent", target=str(target))
        return ending

    async def _run_once(
        self, target: Target, line: Callable[[bool], str], limit: timedelta
    ) -> Ending | None:
        session = Session(self._keep)
        begun = time.monotonic()
        try:
            async with asyncio.timeout(SLOT_SECONDS) as deadline:
                async with self._pool.connection(target.name) as connection:
                    deadline.reschedule(None)
                    command = line(connection.get_extra_info("username") == "root")
                    begun = time.monotonic()
                    if not await self._sent(target, connection, session, command):
                        return None
                    await _ended(target, session, limit)
        except TimeoutError:
            detail = f"no free connection within {SLOT_SECONDS:.0f} s"
            raise Transient(detail, target=str(target)) from None
        return _ending(target, session, begun)

    async def _sent(
        self,
        target: Target,
        connection: asyncssh.SSHClientConnection,
        session: Session,
        command: str,
    ) -> bool:
        """Say whether the host took the command; False where the connection was dead before it went out."""
        try:
            async with asyncio.timeout(CHANNEL_SECONDS):
                await connection.create_session(lambda: session, command, encoding=None)
        except (asyncssh.Error, OSError, TimeoutError) as error:
            dead = connection.is_closed() or not isinstance(error, asyncssh.ChannelOpenError)
            if dead:
                self._pool.forget(target.name, connection)
            if not session.sent and dead:
                return False
            if not dead:
                detail = f"the host refused the command: {error}"
                raise Transient(detail, target=str(target)) from error
            detail = "the connection was lost while the command was sent"
            raise Uncertain(detail, target=str(target)) from error
        return True


async def _ended(target: Target, session: Session, limit: timedelta) -> None:
    try:
        async with asyncio.timeout(limit.total_seconds()):
            await session.ended.wait()
    except TimeoutError:
        detail = f"no answer within {limit.total_seconds():.0f} s"
        raise Uncertain(detail, target=str(target)) from None
    finally:
        session.close()


def _ending(target: Target, session: Session, begun: float) -> Ending:
    code = _exit_code(session)
    if code is None:
        detail = "the session was lost before the command answered"
        raise Uncertain(detail, target=str(target)) from session.lost
    return Ending(
        exit_code=code,
        stdout=session.stdout.content(),
        stderr=session.stderr.content(),
        seconds=session.ended_at - begun,
        truncated=session.stdout.truncated or session.stderr.truncated,
        signal=session.signal,
    )


def _exit_code(session: Session) -> int | None:
    """Return what a shell would say: 128 and the signal's number, SIGPIPE's where we hung up; None for no answer."""
    if session.cut_off:
        return 128 + Signals.SIGPIPE
    if session.signal is None:
        return session.exit_code
    return 128 + Signals.__members__.get(f"SIG{session.signal}", Signals.SIGKILL)
