"""Plain text that cannot surprise a terminal or a reader; used by channels, checks, the command line and log lines.

Label values are hostile: ANSI and other control sequences, bidirectional marks and invisible characters are taken out.
"""

from __future__ import annotations

import re
import unicodedata

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen (ECMA-48)
    r"|\x9b[0-?]*[ -/]*[@-~]"  # the same in one character
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_REMOVED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


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


def _shown(character: str) -> str:
    if character in _BREAKS:
        return " "
    hidden = unicodedata.category(character) in _REMOVED or character in _FILLERS
    return "" if hidden else character
