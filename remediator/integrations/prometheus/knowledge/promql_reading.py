"""What is wrong with a PromQL text before anybody is asked: it cannot be read, or never answers yes or no. Pure.

`promql-parser` reads it, a grammar that is some versions behind Prometheus's and does not know VictoriaMetrics', so all
of it is doubt. Its errors bear no place. `{{ … }}` is filled with a word as long as what stands there, so that a place
that a server names is the place in the playbook's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from remediator.integrations.prometheus.knowledge.promql_tree import (
    Call,
    Leaf,
    Part,
    count_tokens,
    inside,
    is_constant,
    parse_promql,
    parts_of,
)

MOST_TOKENS = 1000  # the parser's time grows with their square
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_FILLED = "\ue000"  # of the private use area: in no query that people write
_MATCHER = re.compile(rf"""(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*{_FILLED}(?:[^"\\]|\\.)*\"""")
_NO_VECTOR = {"MatrixSelector": "a range of samples", "StringLiteral": "a text"}
_UNITS = ("_bytes", "_seconds", "_ratio", "_percent", "_celsius", "_joules", "_volts", "_watts")
_RATES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})


def filled(text: str) -> str:
    """Return the query with every template replaced by a harmless word of the same length."""
    return _TEMPLATE.sub(lambda found: "x" * len(found[0]), text)


def for_any_label(text: str) -> str:
    """Return the query for every value that there is of the labels that templates fill in."""
    marked = _TEMPLATE.sub(_FILLED, text)
    return _MATCHER.sub('=~".+"', marked).replace(_FILLED, "x")


def offset_of(text: str, line: int, column: int) -> int:
    """Return which character of a query Prometheus means: it counts lines from 1, and the bytes of a line from 1."""
    lines = text.split("\n")
    above = sum(len(each) + 1 for each in lines[: line - 1])
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    return above + len(here.encode()[: max(column - 1, 0)].decode(errors="ignore"))


def doubts_about(query: str) -> Iterator[tuple[str, str, str]]:
    """Yield (code, message, hint) for what is probably wrong with a query as a playbook writes it."""
    text = filled(query)
    if count_tokens(text) > MOST_TOKENS:
        return
    try:
        read = _parsed(text)
    except ValueError as error:
        message = f"this is not PromQL as it is known here: {error}"
        yield "promql", message, "Your Prometheus may know it: `check --online` asks it."
        return
    if what := _NO_VECTOR.get(type(read).__name__):
        hint = "Put a function around a range, as in rate(…[5m])."
        yield "promql-answer", f"this gives {what}, which answers no question", hint
        return
    yield from _of_answers(text)


def _parsed(text: str) -> Any:
    import promql_parser

    return promql_parser.parse(text)


def _of_answers(text: str) -> Iterator[tuple[str, str, str]]:
    whole = parse_promql(text)
    if whole is None:
        return
    if is_constant(whole) and not _asks_the_clock(whole):
        hint = "Ask about a series."
        yield "promql-answer", "this asks for no series: the answer is always the same", hint
    elif name := _quantity(whole):
        message = f"`{name}` is a quantity: the check holds whenever it is not 0"
        yield "promql-answer", message, "Compare it, as in `… > 0.2`."


def _asks_the_clock(part: Part) -> bool:
    is_clock = isinstance(part, Call) and not part.arguments
    return is_clock or any(_asks_the_clock(each) for each in parts_of(part))


def _quantity(part: Part) -> str:
    """Return what measures how much, where that is all that a query asks for: a unit says so, or a rate."""
    part = inside(part)
    if isinstance(part, Leaf):
        return part.name if part.name.endswith(_UNITS) else ""
    return part.name if isinstance(part, Call) and part.name in _RATES else ""
