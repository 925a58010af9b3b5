"""The careful reader of YAML: every structural problem with its place, and where every value and key stands.

Built on PyYAML's events instead of its composer, so that anchors, aliases, merges, tags and duplicate keys can be
refused and depth and size counted before anything is built. Used by `yaml_source`, where `plain_yaml` does not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from remediator.documents.inside_text import Written
from remediator.documents.plain_yaml import DEEPEST, INVISIBLE, LOADER, MOST_NODES
from remediator.documents.problem import Problem
from remediator.documents.scalars import resolve_plain

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int = 1
    column: int = 1


class _Stop(Exception):
    """Ends the reading of a file that is too deep, too large or not one document."""


class CarefulReader:
    """Reads one text of one file; then `problems`, `values_at`, `keys_at` and `texts_at` say what was found where."""

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
        """Return the document's value; it counts only where there are no problems."""
        if (hidden := INVISIBLE.search(text)) is not None:
            self._report("character", _invisible(hidden[0]), mark_in(text, hidden.start()))
            return None
        self._text = text
        self._events = yaml.parse(text, LOADER)
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
        if (hidden := INVISIBLE.search(event.value)) is not None:
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


def mark_in(text: str, offset: int) -> Mark:
    """Return where one character of a text stands."""
    before = text[:offset]
    return Mark(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _invisible(character: str) -> str:
    return f"the character U+{ord(character):04X} is not allowed"
