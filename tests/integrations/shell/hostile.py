"""Hundreds of label values that somebody would like to see interpreted; used by the tests of quoting."""

from itertools import product

_PIECES = [
    "$(touch {canary})", "`touch {canary}`", "; touch {canary};", "| touch {canary}", "& touch {canary} &",
    "\ntouch {canary}\n", "\r\ntouch {canary}", "&& touch {canary}", "|| touch {canary}", "> {canary}",
    ">{canary}", "'; touch {canary}; '", '"; touch {canary}; "', "$'\\x24(touch {canary})'", "<(touch {canary})",
    "${{IFS}}touch${{IFS}}{canary}", "{{a,b}}", "!!", "!touch", "#", "~", "~root", "*", "/*", "?", "[a-z]*",
    "\\", "\\\\", "\\'", "'", '"', "''", '""', "'\"'\"'", "$", "$$", "$HOME", "${{HOME}}", "$0", "$@", "$?",
    "%s%n", "%00", "{{{{7*7}}}}", "-", "--", "-rf", "--help", "-exec", "=x", "PATH=/tmp", "A=B",
    "\t", " ", "  lead and trail  ", "\x01", "\x07", "\x08\x08", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "\x7f", "\u202etxt.exe", "\u2066x\u2069", "\u200b", "\ufeff", "ä", "日本語", "🚨", "e\u0301", "\u2028", "\x85",
]  # fmt: skip
_FRAMES = ["{}", "web1{}", "{}.service", "a b{}c d", "'{}'", '"{}"']


def hostile_words(canary: str) -> list[str]:
    pieces = [piece.format(canary=canary) for piece in _PIECES]
    framed = [frame.replace("{}", piece) for piece, frame in product(pieces, _FRAMES)]
    return [*framed, "", "x" * 30_000, "'" * 2_000, "\n" * 50, "$(" * 500]
