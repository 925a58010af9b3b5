"""The values of a label where a playbook's matchers name them: then what it needs is as narrow as if written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from remediator.core.matcher import Matcher, MatchOp
from remediator.core.pattern_tree import read_tree, texts_of

MOST_VALUES = 20
_MOST_ROWS = 100
_LABEL = re.compile(r"\{\{\s*labels\.([a-zA-Z_][a-zA-Z0-9_]*)\s*\}\}")
_Match = Sequence[Sequence[Matcher]]


def written_out(parameters: Mapping[str, object], match: _Match) -> Iterator[Mapping[str, object]]:
    """Yield the parameters once for each of the values that their labels can have; a label of any value stays."""
    labels = dict.fromkeys(_LABEL.findall(str(parameters)))
    known = {label: values for label in labels if (values := values_of(label, match)) is not None}
    rows = list(product(*known.values())) if _count(known) <= _MOST_ROWS else [()]
    for row in rows:
        yield _filled(parameters, dict(zip(known, row, strict=False)))


def values_of(label: str, match: _Match) -> tuple[str, ...] | None:
    """Return the only values of a label with which an alert meets one of the matches; None where none names them."""
    found: dict[str, None] = {}
    for alternative in match:
        about = [matcher for matcher in alternative if matcher.label == label]
        named = [values for matcher in about if (values := _named(matcher)) is not None]
        if not named:
            return None
        meeting = (v for v in named[0] if all(one.matches({label: v}) for one in about))
        found |= dict.fromkeys(meeting)
    return tuple(found)


def _named(matcher: Matcher) -> tuple[str, ...] | None:
    if matcher.op is MatchOp.EQUAL:
        return (matcher.value,)
    tree = read_tree(matcher.value) if matcher.op is MatchOp.REGEX else None
    return texts_of(tree, MOST_VALUES) if tree else None


def _count(known: Mapping[str, Sequence[str]]) -> int:
    count = 1
    for values in known.values():
        count *= len(values)
    return count


def _filled(value: object, labels: Mapping[str, str]) -> Any:
    """Return a value with these labels filled in, however deep they stand."""
    if isinstance(value, str):
        return _LABEL.sub(lambda found: labels.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {key: _filled(each, labels) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, labels) for each in value]
    return value
