"""Messages as plain text: for terminals, plain mails and files. What they say is made safe as everywhere."""

from __future__ import annotations

import textwrap

from remediator.core.messages import Message, MessageKind
from remediator.core.plaintext import clean, one_line

_WORDS = {
    MessageKind.PLAN: "approval wanted",
    MessageKind.HANDED_OVER: "handed over",
    MessageKind.DRY_RUN: "dry run",
    MessageKind.UNKNOWN: "outcome unknown",
}


def as_text(message: Message, width: int = 0) -> str:
    """Write a message for a terminal or a plain mail: what it is, the sentence, the lines, the facts.

    `width` wraps at so many columns; 0 does not wrap.
    """
    title, text = one_line(message.title), one_line(message.text, 2000)
    paragraphs = [f"[{_kind_word(message.kind)}] {title}", f"  {text}"]
    if not title or text.startswith(title):
        paragraphs = [f"[{_kind_word(message.kind)}] {text}"]
    paragraphs += [f"    {line}" for part in message.lines for line in _lines(part)]
    paragraphs += [f"  {one_line(k, 60)}: {one_line(v, 2000)}" for k, v in message.facts.items()]
    return "\n".join(_wrapped(line, width) for part in paragraphs for line in part.split("\n"))


def _kind_word(kind: MessageKind) -> str:
    return _WORDS.get(kind, kind.value)


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
