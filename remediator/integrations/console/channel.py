"""The channel `console`: messages as calm text on the daemon's own terminal or log.

Texts come from labels: nothing but printable characters and line breaks is written.
"""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from typing import TextIO

from remediator.core.errors import DeliveryError
from remediator.core.message_text import as_text
from remediator.core.messages import Message, MessageKind
from remediator.ports.channel import Channel
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters

WIDEST = 110
_BOLD, _RED, _GREEN, _YELLOW, _DIM, _OFF = (f"\x1b[{n}m" for n in (1, 31, 32, 33, 2, 0))
_COLOURS = {
    MessageKind.PLAN: _BOLD + _YELLOW,
    MessageKind.REMINDER: _YELLOW,
    MessageKind.RESULT: _GREEN,
    MessageKind.FAILURE: _RED,
    MessageKind.HANDED_OVER: _BOLD + _YELLOW,
    MessageKind.UNKNOWN: _BOLD + _RED,
    MessageKind.ESCALATION: _BOLD + _RED,
    MessageKind.PROGRESS: _DIM,
}


class ConsoleStream(StrEnum):
    """Where messages are written."""

    STDOUT = "stdout"
    STDERR = "stderr"


class ConsoleSettings(Parameters):
    """Which stream of the daemon gets the messages."""

    stream: ConsoleStream = ConsoleStream.STDOUT


class ConsoleDeliverer:
    """Writes messages to a text stream, in colour where that is a terminal and NO_COLOR is not set (no-color.org)."""

    def __init__(self, stream: TextIO, *, width: int | None = None) -> None:
        self._stream = stream
        self._width = width
        self._is_coloured = stream.isatty() and not os.environ.get("NO_COLOR")

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """See ports.channel.Deliverer."""
        width = self._width or min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
        first, _, rest = as_text(message, width).partition("\n")
        text = "\n".join(filter(None, (self._coloured(message.kind, first), rest))) + "\n"
        try:
            self._stream.write(_writable(text, self._stream))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(
                f"the console cannot be written to ({type(error).__name__})"
            ) from error
        return message.deduplication

    def _coloured(self, kind: MessageKind, line: str) -> str:
        colour = _COLOURS.get(kind, "") if self._is_coloured else ""
        return f"{colour}{line}{_OFF}" if colour else line


def _writable(text: str, stream: TextIO) -> str:
    """Return the text with what the stream's encoding does not know replaced."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _deliverer(reads: Reads, settings: Parameters) -> ConsoleDeliverer:
    return ConsoleDeliverer(getattr(sys, ConsoleSettings.of(settings).stream.value))


CHANNELS = (
    Channel(
        name="console",
        doc="Write messages to the daemon's own standard output or standard error.",
        settings=ConsoleSettings,
        shorthand="stream",
        deliverer=_deliverer,
    ),
)
