"""Secrets of strangers, recognised by their look: what is masked in evidence, errors and messages. Pure.

Logs, commands and annotations repeat passwords that nobody told us. What looks like one becomes `***`, and the key
stays, so that people understand the line. Errors are on the side of masking. All patterns are RE2's: their time is
linear in the text. Known secrets, those of the settings, are masked by `core.scrubber` as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

import re2

from remediator.core.secret_formats import (
    FORMATS,
    HEADERS,
    KEY,
    PAIRS,
    is_count,
    is_harmless,
    is_random,
)

MASKED = "***"
MOST_PATTERNS = 100
LONGEST_PATTERN = 1000
_REMEMBERED, _SHORT = 2000, 500  # a run's messages repeat their texts
_QUIET = re2.Options()
_QUIET.log_errors = False
Value = TypeVar("Value")
_Rule = tuple[Any, Callable[[Any], bool]]


class Mask:
    """Replaces what looks like a secret. `patterns` (RE2) are more of them: of each, its group `secret`, else its first
    group, else all that it matches."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = tuple(re2.compile(pattern, _QUIET) for pattern in patterns)
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._masked)

    def __call__(self, text: str) -> str:
        """Return the text with every secret replaced by `***`."""
        return self._remembered(text) if len(text) <= _SHORT else self._masked(text)

    def _masked(self, text: str) -> str:
        text = str(
            text
        )  # a word of an enumeration is a text of its own type, of which RE2 cannot make more
        if not text.isascii():  # RE2 reads UTF-8, which has no lone surrogates
            text = text.encode("utf-8", "replace").decode()
        for pattern in self._patterns:
            text = pattern.sub(_without_group, text)
        if _ANY.search(text):  # most texts hold no secret, and one look tells
            for pattern, is_secret in _RULES:
                text = pattern.sub(_masker(is_secret), text)
        return text

    def lines(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Return lines of one text: a private key may go over many of them."""
        kept = tuple(lines)
        return tuple(self("\n".join(kept)).split("\n")) if kept else ()

    def inside(self, value: object) -> Any:
        """Return a JSON-like value with every text in it masked, and whole what stands under a secret's name."""
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self._under(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._words(value))
        return value

    def texts(self, value: object) -> Any:
        """Return a JSON-like value with every text in it masked, whatever names stand above it: for our own fields."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.texts(item) for key, item in value.items()}
        return [self.texts(item) for item in value] if isinstance(value, list | tuple) else value

    def told(self, value: Value) -> Value:
        """Return a dataclass with every text in it masked, however deep; identifiers never look like secrets."""
        if not is_dataclass(value) or isinstance(value, type):
            return self.inside(value)  # type: ignore[no-any-return]
        found = ((field.name, getattr(value, field.name)) for field in fields(value) if field.init)
        changes = {name: new for name, old in found if (new := self._told(old)) != old}
        return replace(value, **changes) if changes else value

    def _told(self, value: Any) -> object:
        if isinstance(value, tuple):
            return tuple(self._told(item) for item in value)
        return self.told(value)

    def _words(self, words: Sequence[Any]) -> Iterator[object]:
        """Mask the words of a command: behind `--password` stands one."""
        before = ""
        for word in words:
            named = before[:1] == "-" and KEY.fullmatch(before.lstrip("-")) is not None
            is_value = named and isinstance(word, str) and word[:1] not in ("", "-")
            yield MASKED if is_value and not is_harmless(word) else self.inside(word)
            before = word if isinstance(word, str) else ""

    def _under(self, key: str, value: object) -> object:
        if _is_named_so(key) and isinstance(value, str) and value and not is_harmless(value):
            return MASKED
        return self.inside(value)


def _is_named_so(key: str) -> bool:
    return _remembered_name(key) if len(key) <= _SHORT else _names_a_secret(key)


def _names_a_secret(key: str) -> bool:
    return KEY.fullmatch(key.rpartition("/")[2]) is not None


_remembered_name = lru_cache(maxsize=_REMEMBERED)(_names_a_secret)
"""The same few names of annotations come with every alert."""


def problem_of(pattern: str) -> str | None:
    """Return why a pattern cannot be one of the settings' `mask.patterns`, or None."""
    try:
        compiled = re2.compile(pattern, _QUIET)
    except re2.error as error:
        return f"RE2 does not read it: {error}"
    return "it matches where nothing is" if compiled.fullmatch("") else None


def _without_group(match: Any) -> str:
    """Replace the group that is the secret, else everything."""
    named = match.re.groupindex.get("secret", 1 if match.re.groups else 0)
    return _replaced(match, named)


def _masker(is_secret: Callable[[object], bool]) -> Callable[[object], str]:
    def masked(match: Any) -> str:
        return _replaced(match, match.lastindex) if is_secret(match) else match.group(0)

    return masked


def _replaced(match: Any, group: int) -> str:
    start, end = match.span(group)
    if start < 0 or start == end:
        return str(match.group(0))
    whole, at = match.group(0), match.start(0)
    return f"{whole[: start - at]}{MASKED}{whole[end - at :]}"


def _always(match: object) -> bool:
    return True


def _last_is_random(match: Any) -> bool:
    return is_random(match.group(match.lastindex))


def _last_is_telling(match: Any) -> bool:
    return not (is_harmless(match.group(match.lastindex)) or is_count(match.group(0)))


_RULES: tuple[_Rule, ...] = (
    *((re2.compile(text), _always) for text in FORMATS),
    *((re2.compile(text), _last_is_random) for text in HEADERS),
    *((re2.compile(text), _last_is_telling) for text in PAIRS),
)
_WIDE = re2.Options()
_WIDE.log_errors = False
_WIDE.max_mem = 64 << 20
_ANY = re2.compile("|".join(f"(?:{text})" for text in (*FORMATS, *HEADERS, *PAIRS)), _WIDE)
"""Matches where any rule does."""
