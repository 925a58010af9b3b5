"""YAML 1.2 with positions and without surprises: what playbooks and settings are read from.

Built on PyYAML's events instead of its composer, so that anchors, aliases, merges, tags and duplicate keys can be
refused and depth and size counted before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from remediator.documents.inside_text import Written
from remediator.documents.problem import Problem
from remediator.documents.regular_file import read_regular
from remediator.documents.scalars import resolve_plain

LARGEST_FILE = 256 * 1024
DEEPEST = 32
MOST_NODES = 10_000

# Characters that a reviewer cannot see: controls, other line separators, bidirectional overrides, surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlSource:
    """One file as plain Python values, and where each of them stands. `value` is None where there are `problems`."""

    file: str
    value: object = None
    values_at: Mapping[KeyPath, Mark] = field(default_factory=dict)
    keys_at: Mapping[KeyPath, Mark] = field(default_factory=dict)
    texts_at: Mapping[KeyPath, Written] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()

    def mark_within(self, path: KeyPath, offset: int) -> Mark:
        """Return where one character of the text at a path stands (or the text, where it is not known how it is
        written)."""
        place = self._nearest(path)
        text, written = self._value_at(place), self.texts_at.get(place)
        if written is None or not isinstance(text, str):
            return self.mark(path)
        return _mark_in(written.file, written.place_of(text, offset))

    def mark(self, path: KeyPath, *, of_key: bool = False) -> Mark:
        """Return where the value (or its key) at a path stands.

        Parts of the path that are not in the file (a missing key, the parameter that a bare value stands for) are
        skipped, so the nearest thing around it is found.
        """
        place = self._nearest(path)
        if of_key and place in self.keys_at:
            return self.keys_at[place]
        return self.values_at.get(place, Mark())

    def _nearest(self, path: KeyPath) -> KeyPath:
        place: KeyPath = ()
        for part in path:
            place = (*place, part) if (*place, part) in self.values_at else place
        return place

    def _value_at(self, path: KeyPath) -> object:
        value: Any = self.value
        for part in path:
            value = value[part]
        return value


def read_yaml_file(path: Path, real: Path | None = None) -> YamlSource:
    """Read one file, whose links are resolved in `real`; what cannot be read is a problem of line 1."""
    try:
        raw = read_regular(real or path, LARGEST_FILE, follow=real is None)
    except OSError as error:
        return _unreadable(str(path), f"cannot be read: {error.strerror}")
    return read_yaml(str(path), raw)


def read_yaml(file: str, raw: bytes) -> YamlSource:
    """Read one document; every structural problem is returned, none raised."""
    if len(raw) > LARGEST_FILE:
        return _unreadable(file, f"is larger than {LARGEST_FILE // 1024} KiB", code="too-large")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unreadable(file, f"is not UTF-8 (byte {error.start})", code="encoding")
    reader = _Reader(file)
    value = reader.read(text)
    if reader.problems:
        return YamlSource(file=file, problems=tuple(reader.problems))
    return YamlSource(
        file=file,
        value=value,
        values_at=reader.values_at,
        keys_at=reader.keys_at,
        texts_at=reader.texts_at,
    )


def _unreadable(file: str, message: str, *, code: str = "unreadable") -> YamlSource:
    problem = Problem(file=file, line=1, column=1, code=code, message=f"the file {message}")
    return YamlSource(file=file, problems=(problem,))


class _Stop(Exception):
    """Ends the reading of a file that is too deep, too large or not one document."""


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self._nodes = 0
        self._events: Iterator[Any] = iter(())
        self.problems: list[Problem] = []
        self.values_at: dict[KeyPath, Mark] = {}
        self.keys_at: dict[KeyPath, Mark] = {}
        self.texts_at: dict[KeyPath, Written] = {}
        self._text = ""

    def read(self, text: str) -> object:
        if (hidden := _INVISIBLE.search(text)) is not None:
            self._report("character", _invisible(hidden[0]), _mark_in(text, hidden.start()))
            return None
        self._text = text
        self._events = yaml.parse(text, _Loader)
        try:
            return self._document()
        except _Stop:
            return None
        except yaml.MarkedYAMLError as error:
            place = error.problem_mark or error.context_mark
            self._report("syntax", str(error.problem or error.context), _mark(place))
        except yaml.YAMLError as error:
            self._report("syntax", str(error).splitlines()[0], Mark())
        return None

    def _document(self) -> object:
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            self._stop("empty", "the file is empty", start)
        if start.tags or start.version not in (None, (1, 2)):
            self._stop("directive", "directives are not allowed", start)
        value = self._value(next(self._events), ())
        next(self._events)
        if not isinstance(after := next(self._events), yaml.StreamEndEvent):
            self._stop("documents", "a second document; one file holds one", after)
        return value

    def _value(self, event: object, path: KeyPath) -> object:
        self._admit(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        return None

    def _admit(self, event: Any, path: KeyPath) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._stop("too-large", f"more than {MOST_NODES} values", event)
        if len(path) > DEEPEST:
            self._stop("too-deep", f"nested more than {DEEPEST} deep", event)
        self.values_at.setdefault(path, _mark(event.start_mark))
        if isinstance(event, yaml.AliasEvent):
            self._refuse("alias", "aliases are not allowed", "Write the value out.", event)
        elif event.anchor is not None:
            self._refuse("anchor", "anchors are not allowed", "Write the value out.", event)
        if getattr(event, "tag", None) is not None:
            self._refuse("tag", "tags are not allowed", "Quote the value to make it text.", event)

    def _scalar(self, event: Any, path: KeyPath) -> object:
        if (hidden := _INVISIBLE.search(event.value)) is not None:
            self._refuse("character", _invisible(hidden[0]), "", event)
        style = event.style or ""
        self.texts_at[path] = Written(self._text, event.start_mark.index, style)
        if style:
            return event.value
        try:
            return resolve_plain(event.value)
        except ValueError as error:
            self._refuse("number", str(error), "Quote it, or write a plain number.", event)
            return None

    def _sequence(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        pairs: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key is not None and key in pairs:
                first = self.keys_at[(*path, key)].line
                message = f"`{key[:80]}` is set twice (line {first})"
                self._refuse("duplicate-key", message, "", event)
            elif key is not None:
                self.keys_at[(*path, key)] = _mark(event.start_mark)
            value = self._value(next(self._events), (*path, key if key is not None else "?"))
            if key is not None:
                pairs.setdefault(key, value)
        return pairs

    def _key(self, event: object, path: KeyPath) -> str | None:
        key = self._value(event, (*path, "?"))
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            hint = 'Quote a value that begins with a template: "{{ … }}".'
            self._refuse("key", "a key must be a word", hint, event)
            return None
        if isinstance(event, yaml.ScalarEvent) and key == "<<" and not event.style:
            self._refuse("merge", "merge keys are not allowed", "Write the keys out.", event)
        if isinstance(key, str):
            return key
        if isinstance(event, yaml.ScalarEvent):
            self._refuse("key", f"the key `{event.value[:80]}` is not a word", "Quote it.", event)
        return None

    def _refuse(self, code: str, message: str, hint: str, event: Any) -> None:
        self._report(code, message, _mark(event.start_mark), hint)

    def _stop(self, code: str, message: str, event: Any) -> None:
        self._report(code, message, _mark(event.start_mark))
        raise _Stop

    def _report(self, code: str, message: str, mark: Mark, hint: str = "") -> None:
        self.problems.append(
            Problem(
                file=self._file,
                line=mark.line,
                column=mark.column,
                code=code,
                message=message,
                hint=hint,
            )
        )


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark()


def _mark_in(text: str, offset: int) -> Mark:
    before = text[:offset]
    return Mark(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _invisible(character: str) -> str:
    return f"the character U+{ord(character):04X} is not allowed"
