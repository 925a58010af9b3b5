"""Conditions: checked when loaded, budgeted when asked, and no where they have no answer."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.config.expressions import CelConditions
from remediator.core.errors import InvalidExpression

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
CONDITIONS = CelConditions()
VARIABLES: dict[str, Any] = {
    "labels": {"mountpoint": "/var", "env": "prod"},
    "annotations": {},
    "alert": {"name": "DiskSpaceLow"},
    "target": {"kind": "host", "name": "web1"},
    "plan": {"irreversible": True, "changes": ({"step": "a"}, {"step": "b"}), "bytes": 9.5},
    "facts": {"last_run": None},
    "now": NOW,
}


@pytest.fixture(name="conditions")
def _conditions() -> CelConditions:
    return CelConditions()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('labels.mountpoint in ["/", "/var"]', True),
        ('labels["env"] == "prod" && alert.name.startsWith("Disk")', True),
        ("plan.irreversible || size(plan.changes) > 3", True),
        ("size(plan.changes) > 3", False),
        ('labels[?"x"].orValue("none") == "none"', True),
        ('has(labels.x) && labels.x == "1"', False),
        ("now.getHours() < 6", True),
        ('now.getHours("Europe/Berlin") == 4', True),
        ("plan.bytes > 9", True),
        ("math.greatest(1, 2) == 2", True),
        ('"a,b".split(",").size() == 2', True),
        ("facts.last_run == null", True),
        ('plan.changes.exists(c, c.step == "b")', True),
    ],
)
def test_a_condition_is_answered(conditions: CelConditions, text: str, expected: bool) -> None:
    assert conditions.problem(text) is None
    assert conditions.holds(text, VARIABLES) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('lables.a == "b"', "1:7 undeclared reference to 'lables.a'"),
        ("labels.a > 3", "1:10 found no matching overload for '_>_' applied to '(string, int)'"),
        ("labels.env", "1:1 is string, but must be true or false"),
        ("size(plan.changes)", "1:1 is int, but must be true or false"),
        ("labels.a ==\n lables.b", "2:8 undeclared reference to 'lables.b'"),
        ("", "1:1 Syntax error: mismatched input '<EOF>'"),
        ("true &&", "1:8 Syntax error: mismatched input '<EOF>'"),
        ("(" * 100, "Expression recursion limit exceeded. limit: 32"),
        ("a" * 3000, "longer than 2000 characters"),
        ('"a".replace("a","aa").replace("a","aa").replace("a","aa") == ""', "more than two calls"),
        ("open('/etc/passwd')", "undeclared reference to 'open'"),
    ],
)
def test_a_text_that_is_no_condition_is_refused_when_loaded(
    conditions: CelConditions, text: str, expected: str
) -> None:
    problem = conditions.problem(text)

    assert problem is not None
    assert expected in str(problem)
    with pytest.raises(InvalidExpression):
        conditions.holds(text, VARIABLES)


@pytest.mark.parametrize(
    "text",
    [
        'labels.missing == "x"',
        "plan.missing",
        "plan.changes",
        "plan.bytes",
        "1/0 == 1",
        "alert.name > 3",
        "size(9223372036854775807 + 1) == 1",
    ],
)
def test_a_condition_without_an_answer_is_an_error_and_so_a_no(
    conditions: CelConditions, text: str
) -> None:
    with pytest.raises(InvalidExpression):
        conditions.holds(text, VARIABLES)


def test_a_variable_that_was_not_given_is_an_error(conditions: CelConditions) -> None:
    with pytest.raises(InvalidExpression, match="now"):
        conditions.holds('now > timestamp("2020-01-01T00:00:00Z")', {})


def test_a_number_against_an_undeclared_type_compiles_because_values_are_dynamic(
    conditions: CelConditions,
) -> None:
    """Field-notes, trap 15: a DOUBLE variable made `value > 90` a compile error."""
    assert conditions.problem("plan.bytes > 90 && facts.count > 3.5") is None


def test_a_runaway_condition_is_stopped(conditions: CelConditions) -> None:
    """Field-notes, trap 9: another library took 75 s for this, with the event loop frozen."""
    numbers = str(list(range(300)))
    text = f"{numbers}.map(x, {numbers}.all(y, x + y >= 0)).size() > 0".replace(" ", "")
    started = time.process_time()

    with pytest.raises(InvalidExpression):
        conditions.holds(text, VARIABLES)

    assert time.process_time() - started < 2


def test_a_loop_over_many_values_from_outside_is_stopped(conditions: CelConditions) -> None:
    variables = VARIABLES | {"plan": {"changes": list(range(1000))}}
    text = "plan.changes.all(a, plan.changes.all(b, plan.changes.all(c, true)))"
    started = time.process_time()

    with pytest.raises(InvalidExpression, match="Iteration budget exceeded"):
        conditions.holds(text, variables)

    assert time.process_time() - started < 2


@given(st.text(max_size=60))
def test_a_label_value_is_never_evaluated(value: str) -> None:
    expected = value == "true || true"

    assert CONDITIONS.holds('labels.x == "true || true"', {"labels": {"x": value}}) is expected
