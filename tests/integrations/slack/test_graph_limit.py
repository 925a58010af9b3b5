"""Which limit a query names, and what of it can be drawn without gaps: a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.integrations.slack.graph.graph_limit import curve_of, limit_of

DISK = 'node_filesystem_avail_bytes{instance="web1:9100",mountpoint="/var"}'
LIMITS = [
    ("x > 0.2", ("x", ">", 0.2)),
    ("x>0.2", ("x", ">", 0.2)),
    ("x >= 1", ("x", ">=", 1)),
    ("x < .5", ("x", "<", 0.5)),
    ("x <= 5.", ("x", "<=", 5)),
    ("x == 1", ("x", "==", 1)),
    ("x != 0", ("x", "!=", 0)),
    ("a / b > 0.2", ("a / b", ">", 0.2)),
    (f"{DISK}\n  / node_filesystem_size_bytes > 0.2", (f"{DISK} / node_filesystem_size_bytes", ">", 0.2)),
    ("0.2 < x", ("x", ">", 0.2)),
    ("0.2 >= x", ("x", "<=", 0.2)),
    ("1 == x", ("x", "==", 1)),
    ("0 != sum(x)", ("sum(x)", "!=", 0)),
    ("x > bool 3", ("x", ">", 3)),
    ("x > BOOL 3", ("x", ">", 3)),
    ("3 > bool x", ("x", "<", 3)),
    ("x > -1", ("x", ">", -1)),
    ("x > - 1", ("x", ">", -1)),
    ("x > +1", ("x", ">", 1)),
    ("x > (1)", ("x", ">", 1)),
    ("x > -(1)", ("x", ">", -1)),
    ("x > 1e9", ("x", ">", 1e9)),
    ("x > 1.5E-3", ("x", ">", 0.0015)),
    ("x > 0x1F", ("x", ">", 31)),
    ("time() - x < 5m", ("time() - x", "<", 300)),
    ("time() - x < 1h30m", ("time() - x", "<", 5400)),
    ("x > 5 * 1024 * 1024", ("x", ">", 5 * 1024**2)),
    ("x > 5 * 1024^3", ("x", ">", 5 * 1024**3)),
    ("(x > 0.2)", ("x", ">", 0.2)),
    ("((a / b > 0.2))", ("a / b", ">", 0.2)),
    ("(a) / (b) > 2", ("(a) / (b)", ">", 2)),
    ("count(up == 0) < 3", ("count(up == 0)", "<", 3)),
    ("sum by (and, or) (rate(x[5m])) > 1", ("sum by (and, or) (rate(x[5m]))", ">", 1)),
    ('x{a="b > 1", c!="d"} > 2', ('x{a="b > 1", c!="d"}', ">", 2)),
    ("x{a='\\' > 1'} > 2", ("x{a='\\' > 1'}", ">", 2)),
    ("x{a=`\\`} > 2", ("x{a=`\\`}", ">", 2)),
    ("x # > 1\n > 2", ("x", ">", 2)),
    ("x > 2 # or y", ("x", ">", 2)),
    ("a # why\n/ b > 2", ("a / b", ">", 2)),
    ('x{a="# no comment"} > 2', ('x{a="# no comment"}', ">", 2)),
    ("x offset 5m > 1", ("x offset 5m", ">", 1)),
    ("x @ 1609746000 > 1", ("x @ 1609746000", ">", 1)),
    ("max_over_time(x[1h:1m]) > 1", ("max_over_time(x[1h:1m])", ">", 1)),
    ("job:errors:ratio_5m < 0.01", ("job:errors:ratio_5m", "<", 0.01)),
    ('{"my.metric", a=~"x|y"} > 1', ('{"my.metric", a=~"x|y"}', ">", 1)),
    ("histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m]))) < 0.25",
     ("histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))", "<", 0.25)),
]  # fmt: skip
DOUBTFUL = [
    "x > y",
    "x > on(a) y",
    "x > on() group_left() 1",
    "x > ignoring(a) 1",
    "x > 1 < 5",
    "x > bool 1 == 0",
    "x > 1 and y",
    "x > 1 unless y > 2",
    "x > 1 OR y > 1",
    "(x > 1) or (y > 1)",
    "y and on(a) x > 1",
    "1 > 2",
    "1 > bool 2",
    "x > Inf",
    "x > NaN",
    "-Inf < 1",
    "1 > inf",
    "x > 1 / 0",
    "x > 10 ^ 400",
    "x > 2 ^ 3 ^ 2",
    "x > 1 + 1",
    "x > 0.2.1",
    "x > 1 2",
    "x >",
    "> 1",
    "x > 1)",
    "(x > 1",
    "x[5m) > 1",
    'x{a="} > 1',
    "x{a='b\n'} > 1",
    "x ; y > 1",
    "x > ½",
    "x > ١",
    "",
    "  # nothing\n",
]
WHOLE = [
    ("up", "up"),
    ("(up)", "up"),
    ("a / b", "a / b"),
    ("a or b", "a or b"),
    ('a{x!="y"} unless b', 'a{x!="y"} unless b'),
    ("count(up == 0)", "count(up == 0)"),
    ("absent(\n  up # gone\n)", "absent( up )"),
    ("vector(1)", "vector(1)"),
]


@pytest.mark.parametrize(("promql", "limit"), LIMITS)
def test_one_comparison_with_a_number_has_a_limit(
    promql: str, limit: tuple[str, str, float]
) -> None:
    assert limit_of(promql) == limit


@pytest.mark.parametrize("promql", DOUBTFUL)
def test_what_is_doubtful_has_no_limit_and_is_not_drawn(promql: str) -> None:
    assert limit_of(promql) is None
    assert curve_of(promql) is None


@pytest.mark.parametrize(("promql", "expression"), WHOLE)
def test_what_is_no_comparison_is_drawn_whole(promql: str, expression: str) -> None:
    curve = curve_of(promql)

    assert curve is not None
    assert (curve.expression, curve.limit) == (expression, None)


@given(st.text(alphabet="x{}()[]<>=!~\"'`#\n\\ 0.5em-*^,:@andorbool", max_size=40))
def test_any_text_has_an_answer(promql: str) -> None:
    curve = curve_of(promql)

    assert curve is None or curve.expression


@given(st.text(max_size=30))
def test_what_stands_in_a_string_names_no_limit(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    assert limit_of(f"x{{a={quoted}}} > 2") == (f"x{{a={quoted}}}", ">", 2)


def test_brackets_without_end_are_not_taken_off_one_by_one() -> None:
    curve = curve_of("(" * 4000 + "x > 1" + ")" * 4000)

    assert curve is not None
    assert curve.limit is None
