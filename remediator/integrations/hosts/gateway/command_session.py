"""One command on an open SSH connection: its output, capped, and everything that is known about how it ended.

asyncssh's own `run` buffers without limit and its time-out kills nothing; this session is what it offers below that.
"""

from __future__ import annotations

import asyncio
import time

import asyncssh

from remediator.integrations.shell.remote.capture import Capture

FLOOD = 8 * 1024 * 1024  # bytes after which a command that was capped long ago is cut off


class Session(asyncssh.SSHClientSession[bytes]):
    """Listens to one channel. `sent` turns true just before the command goes out: until then nothing can have run."""

    def __init__(self, limit: int) -> None:
        self.stdout = Capture(limit)
        self.stderr = Capture(limit)
        self.sent = False
        self.exit_code: int | None = None
        self.signal: str | None = None
        self.lost: Exception | None = None
        self.cut_off = False
        self.ended = asyncio.Event()
        self.ended_at = 0.0
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """Note the channel; the request to run the command follows at once."""
        self._channel = chan
        self.sent = True

    def session_started(self) -> None:
        """Close the command's standard input; nothing is ever typed."""
        if self._channel is not None:
            self._channel.write_eof()

    def data_received(self, piece: bytes, datatype: asyncssh.DataType) -> None:
        """Keep some of it, and end a flood by closing: the writer gets SIGPIPE."""
        capture = self.stderr if datatype == asyncssh.EXTENDED_DATA_STDERR else self.stdout
        capture.add(piece)
        if capture.seen > FLOOD and not self.cut_off:
            self.cut_off = True
            self.close()

    def exit_status_received(self, status: int) -> None:
        """Note the exit code."""
        self.exit_code = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        """Note the signal that ended the command."""
        self.signal = signal

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the channel; without an exit code before it, nobody knows how the command ended."""
        self.lost = exc
        self.ended_at = time.monotonic()
        self.ended.set()

    def close(self) -> None:
        """Ask the command to end and drop the channel; may be repeated."""
        if self._channel is None or self.ended.is_set():
            return
        if not self._channel.is_closing():
            self._channel.terminate()
        self._channel.abort()
