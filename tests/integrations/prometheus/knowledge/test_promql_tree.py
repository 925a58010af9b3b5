"""PromQL taken apart: precedence, brackets, texts, comments, pairing; and what is left whole."""

from __future__ import annotations

import pytest

from remediator.integrations.prometheus.knowledge.promql_tree import (
    MOST_PARTS,
    Binary,
    Brackets,
    Call,
    Leaf,
    Part,
    Shifted,
    Sign,
    is_constant,
    number_of,
    operators,
    parse_promql,
)


def shape(part: Part | None) -> object:
    """Draw a tree: operators as tuples, calls as lists, everything else as its text."""
    match part:
        case None:
            return None
        case Binary():
            word = f"{part.operator} bool" if part.is_bool else part.operator
            return (word, shape(part.left), shape(part.right))
        case Brackets():
            return {"in": shape(part.inner)}
        case Sign():
            return (part.text[0], shape(part.inner))
        case Call():
            return [part.name, *map(shape, part.arguments)]
        case Shifted():
            return {"shifted": shape(part.inner)}
    return part.text


SHAPES: list[tuple[str, object]] = [
    ("up", "up"),
    ("up == 1", ("==", "up", "1")),
    ("a + b * c > d", (">", ("+", "a", ("*", "b", "c")), "d")),
    ("a - b - c", ("-", ("-", "a", "b"), "c")),
    ("a ^ b ^ c", ("^", "a", ("^", "b", "c"))),
    ("-a ^ 2 > 1", (">", ("-", ("^", "a", "2")), "1")),
    ("-a * b", ("*", ("-", "a"), "b")),
    ("a > 1 and b < 2 or c", ("or", ("and", (">", "a", "1"), ("<", "b", "2")), "c")),
    ("a or b unless c", ("or", "a", ("unless", "b", "c"))),
    ("a and b unless c", ("unless", ("and", "a", "b"), "c")),
    ("1 < a < 5", ("<", ("<", "1", "a"), "5")),
    ("a > bool 0", ("> bool", "a", "0")),
    ("a > BOOL 0 AND b", ("and", ("> bool", "a", "0"), "b")),
    ("a > bool on(x) group_left(y) b", ("> bool", "a", "b")),
    ("a / ignoring(code) group_left b > 2", (">", ("/", "a", "b"), "2")),
    ("a and on() b", ("and", "a", "b")),
    ("(a or vector(0)) == 0", ("==", {"in": ("or", "a", ["vector", "0"])}, "0")),
    ('a{b=~"x>y|or"} > 1', (">", 'a{b=~"x>y|or"}', "1")),
    ("a{b='} > 2'} > 1", (">", "a{b='} > 2'}", "1")),
    ("a{b=`\\`} > 1", (">", "a{b=`\\`}", "1")),
    ('a{b="\\" > 1"} > 1', (">", 'a{b="\\" > 1"}', "1")),
    ('{"utf8.name", le!="> 1"} > 1', (">", '{"utf8.name", le!="> 1"}', "1")),
    ("a # > b\n > 1", (">", "a", "1")),
    ("sum by (a, b) (c) > 1", (">", ["sum", "c"], "1")),
    ("sum(c) without (a) > 1", (">", ["sum", "c"], "1")),
    ("topk(3, a > 1)", ["topk", "3", (">", "a", "1")]),
    ("rate(a[5m]) > 1", (">", ["rate", {"shifted": "a"}], "1")),
    (
        "max_over_time((a > 1)[1h:5m] offset -5m)",
        ["max_over_time", {"shifted": {"shifted": {"in": (">", "a", "1")}}}],
    ),
    ("a offset 1d == a @ end()", ("==", {"shifted": "a"}, {"shifted": "a"})),
    ("a @ 1609746000 > 1e-3", (">", {"shifted": "a"}, "1e-3")),
    ("time() - a > 1h30m", (">", ("-", ["time"], "a"), "1h30m")),
    ("a atan2 b", ("atan2", "a", "b")),
    ("node:cpu:ratio_5m > .5", (">", "node:cpu:ratio_5m", ".5")),
    ("a > -Inf", (">", "a", ("-", "Inf"))),
    ("a > 0x1F", (">", "a", "0x1F")),
    ("order > 1", (">", "order", "1")),
    ("", None),
    (")(", None),
    ("a >", None),
    ("a > > b", None),
    ("a > (b", None),
    ('a{b="x} > 1', None),
    ("a on(b) c", None),
    ("a > on b", None),
    ("a ; b", None),
    ("a[5m", None),
    ("(" * 5000 + "a > 1" + ")" * 5000, None),
    ("a > 1 or " * MOST_PARTS + "a", None),
]


@pytest.mark.parametrize(("query", "expected"), SHAPES)
def test_a_query_is_taken_apart_as_prometheus_reads_it(query: str, expected: object) -> None:
    assert shape(parse_promql(query)) == expected


def test_every_part_is_the_text_that_stands_there() -> None:
    query = 'sum(a{b=">"} > 1) by (c) and on(c) # why\n (d or e) < 5'
    whole = parse_promql(query)

    assert isinstance(whole, Binary)
    assert whole.text == query
    assert whole.left.text == 'sum(a{b=">"} > 1) by (c)'
    assert whole.right.text == "(d or e) < 5"
    assert whole.pairing == "on(c)"
    assert [each.operator for each in operators(whole)] == ["and", ">", "<", "or"]


def test_the_metric_of_a_selector_is_known_by_name() -> None:
    assert parse_promql("ALERTS{alertname='x'}") == Leaf(
        text="ALERTS{alertname='x'}", name="ALERTS"
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1", True),
        ("-1 * 5m", True),
        ("vector(1)", True),
        ("time() - 60", True),
        ("hour()", True),
        ("hour() > 8", False),
        ("1 > bool 2", True),
        ("a", False),
        ("a * 0", False),
        ("vector(scalar(a))", False),
        ("nan", True),
    ],
)
def test_what_always_has_a_value(query: str, expected: bool) -> None:
    part = parse_promql(query)

    assert part is not None
    assert is_constant(part) is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1", 1),
        ("-(2)", -2),
        ("1e3", 1000),
        ("a", None),
        ("5m", None),
        ('"1"', None),
        ("1+1", None),
    ],
)
def test_a_number_is_read_where_one_is_written(query: str, expected: float | None) -> None:
    part = parse_promql(query)

    assert part is not None
    assert number_of(part) == expected
