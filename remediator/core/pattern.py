"""Regular expressions that people write and that meet texts of strangers, and what their matches become: RE2's, whose
time is linear in the text.

Python's `re` backtracks: 36 letters in a label could hold `(a+)+b`, and the interpreter with it, for minutes. These
are the expressions of Prometheus and Alertmanager (Go's `regexp`). What only Python knows is refused with what to
write instead. Pure; used by matchers, hosts, commands and the filter `regex_replace`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

LONGEST_PATTERN = 2000
_LARGEST_PROGRAM = 4000
_MEMORY = 1 << 20
_ELSEWHERE = (
    (re.compile(r"\(\?<?[=!]"), "look-around has no counterpart: match all of the text instead"),
    (re.compile(r"\(\?P=|\\[1-9]|\\g|\\k"), "a group cannot be referred to (back-reference)"),
    (re.compile(r"\\Z"), r"write `\z` for the end, or leave it out: a pattern meets a whole text"),
    (re.compile(r"\\[uUN]"), r"write a character as it is, or as `\x{e9}`"),
    (
        re.compile(r"\(\?>|[*+?}]\+"),
        "there is no atomic group and no possessive repeat: leave it out",
    ),
    (re.compile(r"\(\?\(|\(\?#"), "there are no conditions and no comments"),
    (re.compile(r"\(\?[a-zA-Z-]+[:)]"), "the flags are i, m, s and U"),
    (re.compile(r"\{\d+(,\d*)?\}"), "repeats, also repeats within repeats, come to 1000 at most"),
)
_SKIPPED = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\]", re.DOTALL)
_UP_TO = re.compile(r"\{,\d+\}")
_ESCAPE = re.compile(r"\\(?:([1-9][0-9]?)|g<(\w{1,64})>|(.?))", re.DOTALL)
_LETTERS = {"\\": "\\", "n": "\n", "t": "\t"}
_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


class Pattern:
    """One compiled expression; make it with `compiled`."""

    __slots__ = ("_regexp", "text")

    def __init__(self, text: str, regexp: Any) -> None:
        self.text = text
        self._regexp = regexp

    def matches(self, text: str) -> bool:
        """Say whether the whole text matches; any text may be asked about."""
        return self._regexp.fullmatch(_bytes(text)) is not None

    def groups(self, text: str) -> tuple[str, ...] | None:
        """Return the whole text and what each group caught ("" for nothing), or None where it does not match."""
        found = self._regexp.fullmatch(_bytes(text))
        if found is None:
            return None
        return tuple(_text(found[number] or b"") for number in range(self.count + 1))

    def found(self, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield, for every match in a text: what stands before it, and the match and its groups; the rest last.

        ValueError where the text holds half of a character.
        """
        end = 0
        for found in self._regexp.finditer(
            text
        ):  # as text: an empty match must not fall into a character
            yield text[end : found.start()], tuple(found[n] or "" for n in range(self.count + 1))
            end = found.end()
        yield text[end:], ()

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self._regexp.groups)

    @property
    def names(self) -> dict[str, int]:
        """The number of each group that has a name."""
        return {_text(name): number for name, number in self._regexp.groupindex.items()}


@lru_cache(maxsize=4096)
def compiled(text: str, longest: int = LONGEST_PATTERN) -> Pattern:
    """Compile an expression; ValueError says what is wrong with it. `.` matches a line break, too."""
    if len(text) > longest:
        raise ValueError(f"a pattern has at most {longest} characters")
    if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("a pattern is text: it holds half of a character")
    if _UP_TO.search(_SKIPPED.sub("", text)):
        raise ValueError(f"{_named(text)}: write `{{0,n}}` for `{{,n}}`")
    if _BYTE.search(text):
        raise ValueError(f"{_named(text)}: `\\C` is half of a character; write `.`")
    try:
        regexp = re2.compile(text.encode(), _options())
    except re2.error as error:
        raise ValueError(f"{_named(text)}: {_reason(text, error)}") from error
    if max(regexp.programsize, regexp.reverseprogramsize) > _LARGEST_PROGRAM:
        raise ValueError(f"{_named(text)} that can be used: it is too large; repeat less")
    return Pattern(text, regexp)


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a match becomes: texts, and the numbers of groups whose text stands there. Made by `read_replacement`."""

    pieces: tuple[str | int, ...]

    def filled(self, groups: tuple[str, ...]) -> str:
        """Return the text for one match; `groups` begins with the whole match."""
        return "".join(piece if isinstance(piece, str) else groups[piece] for piece in self.pieces)


def read_replacement(text: str, pattern: Pattern) -> Replacement:
    r"""Read `\1`, `\g<1>`, `\g<name>`, `\\`, `\n` and `\t`; ValueError for anything else after a backslash."""
    pieces: list[str | int] = []
    end = 0
    for found in _ESCAPE.finditer(text):
        pieces += [text[end : found.start()], _piece(found, pattern)]
        end = found.end()
    return Replacement((*pieces, text[end:]))


def replaced(pattern: Pattern, new: Replacement, text: str, most: int) -> str:
    """Replace every match in a text; ValueError where the result has more than `most` characters."""
    pieces: list[str] = []
    length = 0
    for before, groups in pattern.found(text):
        pieces += [before, new.filled(groups)] if groups else [before]
        length += sum(map(len, pieces[-2 if groups else -1 :]))
        if length > most:
            raise ValueError(f"the result has more than {most} characters")
    return "".join(pieces)


def _piece(found: re.Match[str], pattern: Pattern) -> str | int:
    number, name, letter = found.groups()
    if letter is not None:
        if letter not in _LETTERS:
            raise ValueError(f"bad escape `{found[0]}`: a backslash is written as `\\\\`")
        return _LETTERS[letter]
    index = int(number or name) if (number or name).isdecimal() else pattern.names.get(name, -1)
    if not 0 <= index <= pattern.count:
        raise ValueError(f"`{found[0]}`: the pattern has no such group")
    return index


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.dot_nl = True
    return options


def _named(text: str) -> str:
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    return f"`{shown}` is not a regular expression of RE2 (as in Prometheus)"


def _reason(text: str, error: Exception) -> str:
    first = error.args[0] if error.args else b""
    said = _text(first) if isinstance(first, bytes) else str(first)
    hint = next((hint for known, hint in _ELSEWHERE if known.search(said)), None)
    if hint is None and said.startswith(("invalid perl operator", "invalid escape", "bad repet")):
        hint = next((hint for known, hint in _ELSEWHERE if known.search(text)), None)
    return f"{said[:120]}; {hint}" if hint else said[:120]


def _bytes(text: str) -> bytes:
    """Half a character must not raise: it becomes bytes that no pattern means."""
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
