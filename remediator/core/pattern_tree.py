"""What a pattern matches, as a tree of letters: for whoever needs all its texts, or its words in another's grammar.

A pattern of people is RE2's (`core.pattern`). `read_tree` knows its plain half (letters, classes, groups, repeats) and
says None to the rest. A class holds letters of PLAIN only, so a tree may mean less than its pattern, and never more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_letters, digits

PLAIN = frozenset(f"{ascii_letters}{digits}_.:/@%+=~-")
"""The letters of a class: none that is a space, or that means anything to a shell or to sudo."""
_CLASSES = {"d": frozenset(digits), "w": frozenset(f"{ascii_letters}{digits}_")}
_REPEAT = re.compile(r"\{(\d{1,3})(,)?(\d{1,3})?\}")
_ITEM = re.compile(r"(\\?.)(?:-(\\?[^\]]))?", re.DOTALL)
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter out of these."""

    letters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part that comes `least` to `most` times; None: as often as you like."""

    part: Tree
    least: int
    most: int | None


Tree = Letter | Row | Choice | Repeat


def read_tree(pattern: str) -> Tree | None:
    """Return the tree of a pattern that has to match a whole text; None for what is not known here."""
    reader = _Reader(pattern.removeprefix("^"))
    try:
        tree = reader.choice()
        return tree if reader.rest in ("", "$") else None
    except (_Unknown, RecursionError):
        return None


def literal(text: str) -> Tree:
    """Return the tree of one text."""
    return Row(tuple(Letter(frozenset(letter)) for letter in text))


def texts_of(tree: Tree, most: int) -> tuple[str, ...] | None:
    """Return every text that a tree stands for; None where there are more than `most`."""
    if not _is_finite(tree):
        return None
    found = tuple(islice(_texts(tree, most), most + 1))
    return tuple(dict.fromkeys(found)) if len(found) <= most else None


def any_text(tree: Tree) -> str:
    """Return one text that a tree stands for, a short one."""
    match tree:
        case Letter(letters):
            return min(letters, key=lambda letter: (not letter.isalnum(), letter))
        case Row(parts):
            return "".join(map(any_text, parts))
        case Choice(parts):
            return any_text(parts[0])
        case Repeat(part, least, _):
            return any_text(part) * least


def without_first(tree: Tree, letter: str) -> Tree | None:
    """Return the tree of those texts that begin, and not with this letter; None where there are none."""
    match tree:
        case Letter(letters):
            return Letter(letters - {letter}) if letters - {letter} else None
        case Choice(parts):
            left = tuple(one for part in parts if (one := without_first(part, letter)))
            return Choice(left) if left else None
        case Row(parts):
            return _row_without(parts, letter)
        case Repeat(part, least, most):
            first, rest = without_first(part, letter), None if most is None else most - 1
            if first is None or most == 0:
                return None
            return Row((first, Repeat(part, max(0, least - 1), rest)))


def _row_without(parts: tuple[Tree, ...], letter: str) -> Tree | None:
    left: list[Tree] = []
    for index, part in enumerate(parts):
        if first := without_first(part, letter):
            left.append(Row((first, *parts[index + 1 :])))
        if not _may_be_empty(part):
            break
    return Choice(tuple(left)) if left else None


def _may_be_empty(tree: Tree) -> bool:
    match tree:
        case Letter():
            return False
        case Row(parts):
            return all(map(_may_be_empty, parts))
        case Choice(parts):
            return any(map(_may_be_empty, parts))
        case Repeat(part, least, _):
            return least == 0 or _may_be_empty(part)


def _is_finite(tree: Tree) -> bool:
    match tree:
        case Letter():
            return True
        case Row(parts) | Choice(parts):
            return all(map(_is_finite, parts))
        case Repeat(part, _, most):
            return most is not None and _is_finite(part)


def _texts(tree: Tree, most: int) -> Iterator[str]:
    match tree:
        case Letter(letters):
            yield from sorted(letters)
        case Choice(parts):
            for part in parts:
                yield from _texts(part, most)
        case Row(parts):
            each = [list(islice(_texts(part, most), most + 1)) for part in parts]
            yield from map("".join, product(*each))
        case Repeat(part, least, last):
            for count in range(least, min(last or 0, least + most) + 1):
                yield from _texts(Row((part,) * count), most)


class _Unknown(Exception):
    """The pattern has something that is not known here."""


class _Reader:
    """Reads a pattern from its beginning; `rest` is what has not been read."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def choice(self) -> Tree:
        parts = [self._row()]
        while self._takes("|"):
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _row(self) -> Tree:
        parts: list[Tree] = []
        while self.rest and self.rest[0] not in "|)" and self.rest != "$":
            parts.append(self._repeated(self._atom()))
        return Row(tuple(parts))

    def _repeated(self, part: Tree) -> Tree:
        if self.rest and self.rest[0] in _QUANTIFIERS:
            least, most = _QUANTIFIERS[self._next()]
        elif found := _REPEAT.match(self.rest):
            self.rest = self.rest[found.end() :]
            least = int(found[1])
            most = int(found[3]) if found[3] else None if found[2] else least
        else:
            return part
        self._takes("?")  # lazy: the same texts
        if self.rest[:1] in ("*", "+", "?", "{") or (most is not None and most < least):
            raise _Unknown
        return Repeat(part, least, most)

    def _atom(self) -> Tree:
        letter = self._next()
        if letter == "(":
            if self._takes("?") and not self._takes(":"):
                raise _Unknown
            inner = self.choice()
            if not self._takes(")"):
                raise _Unknown
            return inner
        if letter == "[":
            return self._class()
        if letter == ".":
            return Letter(PLAIN)
        if letter == "\\":
            return Letter(_escaped(self._next()))
        if letter in "*+?{}]^$" or not "!" <= letter <= "~":
            raise _Unknown
        return Letter(frozenset(letter))

    def _class(self) -> Tree:
        is_negated = self._takes("^")
        if self.rest.startswith("]"):
            raise _Unknown
        letters: set[str] = set()
        while not self._takes("]"):
            found = _ITEM.match(self.rest)
            if found is None or self.rest.startswith("[:"):
                raise _Unknown
            self.rest = self.rest[found.end() :]
            letters |= _items(found[1], found[2])
        known = PLAIN - letters if is_negated else letters & PLAIN
        if not known:
            raise _Unknown
        return Letter(frozenset(known))

    def _takes(self, letter: str) -> bool:
        if not self.rest.startswith(letter):
            return False
        self.rest = self.rest[1:]
        return True

    def _next(self) -> str:
        if not self.rest:
            raise _Unknown
        letter, self.rest = self.rest[0], self.rest[1:]
        return letter


def _escaped(letter: str) -> frozenset[str]:
    """Return what `\\d` or `\\.` stands for."""
    if letter in _CLASSES:
        return _CLASSES[letter]
    if not letter or letter.isalnum() or not "!" <= letter <= "~":
        raise _Unknown
    return frozenset(letter)


def _items(first: str, last: str | None) -> frozenset[str]:
    """Return the letters of one item of a class: a letter, an escape or a range."""
    begin = _of_item(first)
    if last is None:
        return begin
    end = _of_item(last)
    if len(begin) != 1 or len(end) != 1 or min(begin) > min(end):
        raise _Unknown
    return frozenset(map(chr, range(ord(min(begin)), min(ord(min(end)), 126) + 1)))


def _of_item(text: str) -> frozenset[str]:
    return _escaped(text[1:]) if text.startswith("\\") else frozenset(text)
