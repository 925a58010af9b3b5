"""Plain text that cannot surprise a terminal or a reader; used by channels, checks, the command line and log lines.

Label values are hostile: ANSI and other control sequences, bidirectional marks and invisible characters are taken out.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

from remediator.core.messages import Message, MessageKind

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen (ECMA-48)
    r"|\x9b[0-?]*[ -/]*[@-~]"  # the same in one character
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_REMOVED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_WORDS = {
    MessageKind.PLAN: "approval wanted",
    MessageKind.HANDED_OVER: "handed over",
    MessageKind.DRY_RUN: "dry run",
    MessageKind.UNKNOWN: "outcome unknown",
}


def clean(text: str) -> str:
    """Return the text without control sequences, control, invisible and direction characters; line breaks stay."""
    if text.isascii() and text.isprintable():
        return text
    lines = _SEQUENCES.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join("".join(map(_shown, line)) for line in lines)


def one_line(text: str, most: int = 300) -> str:
    """Return the cleaned text on one line of at most `most` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def as_text(message: Message, width: int = 0) -> str:
    """Write a message for a terminal or a plain mail: what it is, the sentence, the lines, the facts.

    `width` wraps at so many columns; 0 does not wrap.
    """
    title, text = one_line(message.title), one_line(message.text, 2000)
    paragraphs = [f"[{kind_word(message.kind)}] {title}", f"  {text}"]
    if not title or text.startswith(title):
        paragraphs = [f"[{kind_word(message.kind)}] {text}"]
    paragraphs += [f"    {line}" for part in message.lines for line in _lines(part)]
    paragraphs += [f"  {one_line(k, 60)}: {one_line(v, 2000)}" for k, v in message.facts.items()]
    return "\n".join(_wrapped(line, width) for part in paragraphs for line in part.split("\n"))


def kind_word(kind: MessageKind) -> str:
    """Return how people call a kind of message."""
    return _WORDS.get(kind, kind.value)


def _shown(character: str) -> str:
    if character in _BREAKS:
        return " "
    hidden = unicodedata.category(character) in _REMOVED or character in _FILLERS
    return "" if hidden else character


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in clean(text).split("\n")]


def _wrapped(line: str, width: int) -> str:
    if not width or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    pieces = textwrap.wrap(
        line, max(width, 20), subsequent_indent=indent, break_on_hyphens=False, tabsize=1
    )
    return "\n".join(pieces)
