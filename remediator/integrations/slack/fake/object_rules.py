"""What a JSON object of Slack's may hold, as values: the words in which `blocks` and `modals` write their tables.

Problems are worded as Slack words them, with a JSON pointer to the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

Problems = Iterator[str]
Rule = Callable[[object, str], Problems]


def problem(text: str, pointer: str) -> str:
    """Write a problem as it stands in `response_metadata.messages`."""
    return f"[ERROR] {text} [json-pointer:{pointer or '/'}]"


def text(most: int, *, least: int = 1) -> Rule:
    """Allow a string of `least` to `most` characters."""

    def check(value: object, pointer: str) -> Problems:
        if not isinstance(value, str):
            yield problem("must be a valid string", pointer)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", pointer)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", pointer)

    return check


def url(most: int = 3000) -> Rule:
    """Allow a web address."""

    def check(value: object, pointer: str) -> Problems:
        yield from text(most)(value, pointer)
        if isinstance(value, str) and not value.startswith(("http://", "https://")):
            yield problem("must be a valid URL", pointer)

    return check


def number(value: object, pointer: str) -> Problems:
    """Allow a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        yield problem("must be an integer", pointer)


def boolean(value: object, pointer: str) -> Problems:
    """Allow true and false."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", pointer)


def anything(value: object, pointer: str) -> Problems:
    """Allow everything."""
    yield from ()


def one_of(*values: str) -> Rule:
    """Allow one of these words."""

    def check(value: object, pointer: str) -> Problems:
        if value not in values:
            yield problem(f"must be a valid enum value: {', '.join(values)}", pointer)

    return check


def many(each: Rule, *, most: int, least: int = 1) -> Rule:
    """Allow a list."""

    def check(value: object, pointer: str) -> Problems:
        if not isinstance(value, list):
            yield problem("must provide an array", pointer)
            return
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", pointer)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", pointer)
        for number, one in enumerate(value):
            yield from each(one, f"{pointer}/{number}")

    return check


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object: `needs` and `may` map its fields to their rules; `also` looks at it as a whole."""

    needs: Mapping[str, Rule] = field(default_factory=dict)
    may: Mapping[str, Rule] = field(default_factory=dict)
    also: Rule | None = None

    def __call__(self, value: object, pointer: str) -> Problems:
        """Say what is wrong with a value."""
        if not isinstance(value, Mapping):
            yield problem("must provide an object", pointer)
            return
        for name in sorted(self.needs.keys() - value.keys()):
            yield problem(f"missing required field: {name}", pointer)
        yield from self._fields(value, pointer)
        if self.also is not None:
            yield from self.also(value, pointer)

    def _fields(self, value: Mapping[str, object], pointer: str) -> Problems:
        rules = {**self.needs, **self.may, "type": anything}
        for name, one in value.items():
            if name in rules:
                yield from rules[name](one, f"{pointer}/{name}")
            else:
                yield problem(f"invalid additional property: {name}", pointer)


def by_type(shapes: Mapping[str, Shape]) -> Rule:
    """Allow an object of one of these types."""

    def check(value: object, pointer: str) -> Problems:
        kind = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(value, Mapping):
            yield problem("must provide an object", pointer)
        elif kind is None:
            yield problem("missing required field: type", pointer)
        elif kind not in shapes:
            yield problem(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from shapes[kind](value, pointer)

    return check
