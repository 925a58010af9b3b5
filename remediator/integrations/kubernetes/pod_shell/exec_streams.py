"""What arrives over an exec connection, sorted: `v4.channel.k8s.io`, each frame's first byte names its stream. Pure.

How a command ended comes on a channel of its own, as a Status object; the HTTP status says nothing about it.
"""

from __future__ import annotations

from json import loads

from remediator.core.plaintext import one_line
from remediator.integrations.shell.remote.capture import Capture

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")  # they differ in what we would send only
FLOOD = 8 * 1024 * 1024  # bytes after which a command that was capped long ago is cut off
_STATUS_LIMIT = 64 * 1024


class ExecStreams:
    """Collects one command's streams, capped, and its Status."""

    def __init__(self, limit: int) -> None:
        self.stdout = Capture(limit)
        self.stderr = Capture(limit)
        self.status = b""

    @property
    def is_flood(self) -> bool:
        """Whether so much came that the rest is not worth waiting for."""
        return max(self.stdout.seen, self.stderr.seen) > FLOOD

    def hear(self, frame: bytes) -> None:
        """Take one frame; other channels are left alone."""
        match frame[:1]:
            case b"\x01":
                self.stdout.add(frame[1:])
            case b"\x02":
                self.stderr.add(frame[1:])
            case b"\x03":
                self.status = (self.status + frame[1:])[:_STATUS_LIMIT]


def exit_code_of(status: bytes) -> int | None:
    """Return the exit code that a Status holds; None where it holds none: the command perhaps never started."""
    try:
        said = loads(status)
        if said["status"] == "Success":
            return 0
        causes = said["details"]["causes"]
        return next(int(one["message"]) for one in causes if one["reason"] == "ExitCode")
    except (ValueError, KeyError, TypeError, StopIteration):
        return None


def message_of(status: bytes) -> str:
    """Return a Status's own words, in one line."""
    try:
        return one_line(str(loads(status)["message"]))
    except (ValueError, KeyError, TypeError):
        return ""
