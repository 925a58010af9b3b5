"""Alertmanager's matchers: one condition on one label. Used by playbooks, environments and checks.

Grammar and quoting follow Alertmanager's classic parser (pkg/labels/parse.go): a name, one of = != =~ !~, then a
value, bare or in double quotes; either way a backslash escapes the quote, the backslash and the newline, and stands
for itself before anything else. Expressions are RE2's and anchored at both ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from remediator.core.pattern import Pattern, compiled

_TEXT = re.compile(
    r'\s*(?P<name>"(?:[^"\\]|\\.)+"|[^\s=!~,{}"\'`\\]+)\s*(?P<op>=~|!~|!=|=)\s*(?P<value>.*?)\s*',
    re.DOTALL,
)
_BARE = re.compile(r"[^\s=!~,{}\"'`\\]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_UNQUOTED = re.compile(r'(?:[^"\\]|\\.)*\\?', re.DOTALL)
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
_LITERALS = re.compile(r"[A-Za-z0-9_/ :-]+(?:\|[A-Za-z0-9_/ :-]+)*")


class MatchOp(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True)
class Matcher:
    """One condition on one label; a label that is absent counts as empty, as in Alertmanager."""

    label: str
    op: MatchOp
    value: str

    def __str__(self) -> str:
        label = self.label if _BARE.fullmatch(self.label) else _quote(self.label)
        return f"{label}{self.op}{_quote(self.value)}"

    @cached_property
    def _pattern(self) -> Pattern:
        return compiled(self.value)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether the labels meet this condition."""
        actual = labels.get(self.label, "")
        match self.op:
            case MatchOp.EQUAL:
                return actual == self.value
            case MatchOp.NOT_EQUAL:
                return actual != self.value
            case MatchOp.REGEX:
                return self._pattern.matches(actual)
            case MatchOp.NOT_REGEX:
                return not self._pattern.matches(actual)

    def literals(self) -> tuple[str, ...]:
        """Return the only values that can match (`=` or `=~"A|B"`), or nothing where there is no such list."""
        if self.op is MatchOp.EQUAL:
            return (self.value,)
        if self.op is MatchOp.REGEX and _LITERALS.fullmatch(self.value):
            return tuple(self.value.split("|"))
        return ()


def parse_matcher(text: str) -> Matcher:
    """Read one matcher; ValueError says what is wrong and how to write it."""
    match = _TEXT.fullmatch(text)
    if not match:
        raise ValueError(
            f'{text!r} is not a matcher: write it like alertname="DiskSpaceLow" or env=~"prod|staging"'
        )
    name, value = _unquote(match["name"]), _unquote(match["value"])
    op = MatchOp(match["op"])
    if op in (MatchOp.REGEX, MatchOp.NOT_REGEX):
        compiled(value)
    return Matcher(name, op, value)


def _unquote(text: str) -> str:
    is_quoted = text.startswith('"')
    body = text[1:-1] if is_quoted else text
    if not (_QUOTED if is_quoted else _UNQUOTED).fullmatch(text):
        raise ValueError(f"{text!r}: a double quote is missing or misplaced")
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], "\\" + m[1]), body, flags=re.DOTALL)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
