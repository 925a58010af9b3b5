"""The quick reader of YAML: the value of a text in which nothing is unusual, without noting where what stands.

It takes nothing that `yaml_reader` refuses: whatever is odd ends it, and the careful one has the word. Thousands of
playbooks without a mistake need no places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import yaml

from remediator.documents.scalars import Scalar, resolve_plain

DEEPEST = 32
MOST_NODES = 10_000

# Characters that a reviewer cannot see: controls, other line separators, bidirectional overrides, surrogates.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ORDINARY = (None, (1, 2))


class NotPlain(Exception):
    """Ask for the careful reader."""


def plain_value(text: str) -> object:
    """Return what a text means; raise NotPlain where there may be anything to say about it."""
    if INVISIBLE.search(text):
        raise NotPlain
    try:
        return _document(LOADER(text).get_event)
    except (yaml.YAMLError, ValueError) as error:
        raise NotPlain from error


def _document(next_event: Callable[[], Any]) -> object:
    next_event()
    start = next_event()
    if type(start) is not yaml.DocumentStartEvent or start.tags or start.version not in _ORDINARY:
        raise NotPlain
    value = _Builder(next_event).value(next_event(), 0)
    next_event()
    if type(next_event()) is not yaml.StreamEndEvent:
        raise NotPlain
    return value


class _Builder:
    """Builds values from events; counts them, as the careful reader does."""

    def __init__(self, next_event: Callable[[], Any]) -> None:
        self._next = next_event
        self._left = MOST_NODES

    def value(self, event: Any, depth: int) -> object:
        self._left -= 1
        kind = type(event)
        if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
            raise NotPlain
        if self._left < 0 or depth > DEEPEST:
            raise NotPlain
        if kind is yaml.ScalarEvent:
            return _scalar(event.value, event.style)
        return self._mapping(depth + 1) if kind is yaml.MappingStartEvent else self._list(depth + 1)

    def _list(self, depth: int) -> list[object]:
        items: list[object] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self.value(event, depth))
        return items

    def _mapping(self, depth: int) -> dict[str, object]:
        pairs: dict[str, object] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self.value(event, depth)
            if type(key) is not str or key in pairs or key == "<<":
                raise NotPlain
            pairs[key] = self.value(self._next(), depth)
        return pairs


def _scalar(text: str, style: str | None) -> Scalar:
    if not style:
        return _resolved(text)
    if style == '"' and INVISIBLE.search(text):  # only here can an escape make one
        raise NotPlain
    return text


_resolved = lru_cache(maxsize=4096)(resolve_plain)
