"""Where a character of a text stands in the file: within quotes, over several lines, in `>` and `|` blocks.

YAML folds and unfolds blanks and line breaks, and nothing else: the characters that are no blanks are the same, in the
same order, in the text and in the file. So they are counted. Escapes of double quotes stand for one character each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = frozenset(" \t\r\n\x85\xa0")
_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|\r?\n|.)", re.DOTALL)
_BLANK_ESCAPES = frozenset("nrtNL_P \t\r\n")
_BLANK_NUMBERS = frozenset((0x09, 0x0A, 0x0D, 0x20, 0x85, 0xA0))


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it stands in a file: the whole file, where the text begins in it, and YAML's style for it."""

    file: str
    start: int
    style: str

    def place_of(self, value: str, offset: int) -> int:
        """Return where in the file the character of the text at `offset` stands; behind the last one, its end."""
        offset = min(max(offset, 0), len(value))
        before = sum(character not in _BLANK for character in value[:offset])
        is_blank = offset == len(value) or value[offset] in _BLANK
        place, end = self._unit(before - 1 if is_blank else before)
        return end if is_blank else place

    def _unit(self, number: int) -> tuple[int, int]:
        """Return where the character of this number, among those that are no blanks, begins and ends."""
        place = (self.start, self.start)
        for index, found in enumerate(self._units()):
            place = found
            if index >= number:
                break
        return place

    def _units(self) -> Iterator[tuple[int, int]]:
        at = self._first()
        while at < len(self.file):
            end = at + self._length(at)
            if not self._is_blank(at, end):
                yield at, end
            at = end

    def _first(self) -> int:
        if self.style in ("|", ">"):  # the rest of its line says how, and is no part of the text
            return self.file.find("\n", self.start) + 1 or len(self.file)
        return self.start + (1 if self.style else 0)

    def _length(self, at: int) -> int:
        if self.style == '"' and (found := _ESCAPE.match(self.file, at)):
            return len(found[0])
        return 2 if self.style == "'" and self.file.startswith("''", at) else 1

    def _is_blank(self, at: int, end: int) -> bool:
        unit = self.file[at:end]
        if self.style != '"' or unit[0] != "\\":
            return unit[0] in _BLANK
        if unit[1] in "xuU":
            return unit[2:].isalnum() and int(unit[2:], 16) in _BLANK_NUMBERS
        return unit[1] in _BLANK_ESCAPES
