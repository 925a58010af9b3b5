"""Regular expressions from the settings and templates that meet labels, and what they are replaced by.

Used by templates, hosts and commands. The expressions are RE2's (`core.pattern`), so a hostile label costs no more
than a long one; texts are short all the same, because a host or a parameter is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediator.core.pattern import Pattern, compiled
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath

LONGEST_TEXT = 256
_ATOM = re.compile(
    r"\\Q.*?\\E|\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\[0-7]{1,3}|\\."
    r"|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?[^:)>]*[:)>]?|.",
    re.DOTALL,
)
_UPWARDS = (
    "..",
    "...",
    "a..",
    "..a",
    "a..b",
    "1..",
    "..1",
    "a1..",
    "a..b1",
    "A..",
    "web1..",
    "a.b..c",
    "-..",
)
_LONGEST_PATTERN = 200
_ESCAPE = re.compile(r"\\(?:([1-9][0-9]?)|g<(\w{1,64})>|(.?))", re.DOTALL)
_LETTERS = {"\\": "\\", "n": "\n", "t": "\t"}


def safe_pattern(text: str) -> Pattern:
    """Compile a pattern of at most 200 characters; ValueError says what is wrong with it."""
    return compiled(text, _LONGEST_PATTERN)


def is_pattern(report: Report, path: KeyPath, text: str) -> bool:
    """Say whether a text is a safe pattern; report what is wrong with it."""
    try:
        safe_pattern(text)
    except ValueError as error:
        report.error(path, "pattern", str(error))
        return False
    return True


def fully_matches(pattern: str, text: str) -> bool:
    """Say whether the whole text matches; a text of more than 256 characters never does."""
    return len(text) <= LONGEST_TEXT and safe_pattern(pattern).matches(text)


def way_out(pattern: str) -> str | None:
    """Return what leads elsewhere in a path (`/` or `..`) where somebody else's value may hold it; None where not.

    A `/` that is written out is meant, and no value can put it elsewhere.
    """
    atoms = [atom for atom in _ATOM.findall(pattern) if len(atom) > 1 or atom == "."]
    if any(_takes_slash(atom) for atom in atoms):
        return "/"
    return ".." if any(safe_pattern(pattern).matches(text) for text in _UPWARDS) else None


def _takes_slash(atom: str) -> bool:
    if atom.startswith("(?") or atom == "\\/":
        return False
    try:
        return compiled(atom).matches("/")
    except ValueError:
        return False


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
