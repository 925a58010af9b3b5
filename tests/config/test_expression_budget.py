"""Conditions that would build gigabytes: given up in time and memory, in a process of their own."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediator.config.expression_cost import is_cheap
from remediator.config.expressions import CelConditions
from remediator.core.errors import InvalidExpression

LONG = "a" * 65_536
VARIABLES: dict[str, Any] = {
    "labels": {"x": "a" * 8192, "env": "prod", "instance": "web1"},
    "annotations": {"x": LONG},
    "plan": {"irreversible": True, "changes": [{"step": "a"}, {"step": "b"}]},
    "now": datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
}
CONDITIONS = CelConditions()
ATTACKS = [
    "annotations.x.replace('a', annotations.x) == ''",
    "annotations.x.replace('a', annotations.x).replace('a', annotations.x) == ''",
    "annotations.x.split('').join(annotations.x) == ''",
    "'%s%s%s'.format([annotations.x, annotations.x.replace('a', annotations.x), 1]) == ''",
    "annotations.x.split('').map(a, annotations.x + annotations.x).size() > 0",
    "annotations.x.split('').map(a, annotations.x.split('')).size() > 0",
    "annotations.x.split('').all(a, (annotations.x + a).size() > 0)",
    "annotations.x.split('').all(a, annotations.x.lowerAscii().upperAscii() != '')",
    "labels.x.split('').all(a, !annotations.x.matches(labels.x + a))",
    "optional.of(annotations.x)" + ".optMap(a, a + a)" * 3 + ".hasValue()",
    "[annotations.x].map(a, a + a).map(a, a + a)" + ".map(a, a + a)" * 12 + ".size() > 0",
    "annotations.x.replace // a comment\n ('a', annotations.x) == ''",
]


@pytest.fixture(name="conditions", scope="module")
def _conditions() -> Iterator[CelConditions]:
    conditions = CelConditions()
    yield conditions
    conditions.close()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.parametrize("text", ATTACKS)
def test_a_condition_that_multiplies_texts_is_given_up_and_costs_the_daemon_nothing(
    conditions: CelConditions, text: str
) -> None:
    before, cpu, began = resident(), time.process_time(), time.monotonic()

    with pytest.raises(InvalidExpression):
        assert conditions.holds(text, VARIABLES) in (True, False)
        raise InvalidExpression("answered within the budget, which is as good")

    assert time.monotonic() - began < 30
    assert time.process_time() - cpu < 1
    assert resident() - before < 64 * 1024**2


def test_a_text_that_the_compiler_would_write_out_twice_at_every_turn_is_refused() -> None:
    began = time.process_time()

    problem = CelConditions().problem(f"optional.of(1){'.optMap(a, a)' * 60}.hasValue()")

    assert "more than three calls of optMap" in str(problem)
    assert time.process_time() - began < 1


def test_other_threads_go_on_while_a_condition_is_given_up_and_the_next_is_answered(
    conditions: CelConditions,
) -> None:
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.wait(0.005):
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    with pytest.raises(InvalidExpression, match="takes more than 1 s or 256 MiB"):
        conditions.holds(ATTACKS[0], VARIABLES)
    done.set()
    ticker.join()

    assert ticks > 10
    assert conditions.holds("labels.env.replace('o', '0') == 'pr0d'", VARIABLES)
    assert conditions.holds("labels.map(k, k + '!').size() == 3 && now.getHours() == 3", VARIABLES)


@pytest.mark.parametrize(
    "text",
    [
        'labels.env == "prod"',
        'labels.env in ["prod", "test"]',
        "plan.irreversible || size(plan.changes) > 3",
        'plan.changes.exists(c, c.step == "b")',
        "labels.instance.matches('web.+') && now.getHours() > 2",
        '(labels[?"x"].orValue("none")).startsWith("a")',
        'has(labels.env) && !labels.env.contains("staging")',
    ],
)
def test_an_everyday_condition_needs_no_process(text: str) -> None:
    small = VARIABLES | {"labels": {"env": "prod", "instance": "web1", "x": "a"}}

    assert is_cheap(text, {k: v for k, v in small.items() if k in text})
    assert CelConditions().is_quick(text, small)


LOOP = "[1].all(i, i > 0{})"
SUM = "1{} > 0"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (LOOP.format(" && int('1') > 0" * 3), True),
        (LOOP.format(" && int('1') > 0" * 4), False),
        (LOOP.format(" && i + 1 > 0"), False),
        (LOOP.format(" && 'a'.matches('a')"), False),
        (LOOP.format("") + " && " + LOOP.format(""), False),
        (SUM.format(" + 1" * 16), True),
        (SUM.format(" + 1" * 17), False),
        ("'a'.matches('a')" + " && 'a'.matches('a')" * 2, True),
        ("'a'.matches('a')" + " && 'a'.matches('a')" * 3, False),
        ("labels.a == 'b' // or not", False),
        ("'a'.replace('a', 'b') == 'b'", False),
    ],
)
def test_a_condition_is_cheap_up_to_what_is_listed_and_no_further(
    text: str, *, answer: bool
) -> None:
    assert is_cheap(text, {}) is answer


@pytest.mark.parametrize(("length", "answer"), [(16_384 - 31, True), (16_384 - 30, False)])
def test_a_condition_is_cheap_while_it_looks_at_little(length: int, *, answer: bool) -> None:
    assert is_cheap("labels.x == 'a'", {"labels": {"x": "a" * length}}) is answer


def test_a_long_annotation_that_is_not_looked_at_costs_nothing() -> None:
    assert CelConditions().is_quick('labels.env == "prod"', VARIABLES)
    assert not CelConditions().is_quick('annotations.x == "prod"', VARIABLES)


def test_more_than_a_megabyte_is_not_looked_at(conditions: CelConditions) -> None:
    much = {"annotations": {str(n): LONG for n in range(40)}}

    with pytest.raises(InvalidExpression, match="more than 1 MiB"):
        conditions.holds('annotations["1"] == ""', much)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ("annotations.x", "labels.x", " + ", " == ", "(", ")", "'a'", ".", ",", " && ", "!", "[", "]", "1",
            "a", ".all(a, ", ".exists(a, ", ".matches(", ".replace(", ".contains(", ".lowerAscii()", "size(", " in ")
        ),
        max_size=40,
    )
)  # fmt: skip
def test_whatever_counts_as_cheap_is(words: list[str]) -> None:
    text, conditions = "".join(words), CONDITIONS
    few = {"labels": {"x": "a" * 4000}, "annotations": {"x": "a" * 11_000}}
    if conditions.problem(text) is not None or not conditions.is_quick(text, few):
        return
    began = time.process_time()

    with contextlib.suppress(InvalidExpression):
        conditions.evaluated(text, few)

    assert time.process_time() - began < 1  # what everything else may take


@pytest.mark.parametrize(
    "text",
    [
        "annotations.x" + " + annotations.x" * 15 + " == ''",
        "annotations.x.contains(annotations.x)",
        f"{list(range(400))}.all(a, annotations.x != labels.x)".replace(" ", ""),
        "labels.x.matches('(a|b|c|aa)*d') || labels.x.matches('(a*)*b')",
        "annotations.x.lowerAscii().upperAscii().trim().substring(1).indexOf('b') == -1",
    ],
)
def test_the_worst_that_counts_as_cheap_takes_no_longer_than_what_is_not_may(text: str) -> None:
    few = {"labels": {"x": "a" * 4000}, "annotations": {"x": "a" * 11_000}}
    conditions, before = CelConditions(), resident()
    assert conditions.problem(text) is None
    assert conditions.is_quick(text, few)
    began = time.process_time()

    conditions.evaluated(text, few)

    assert time.process_time() - began < 1
    assert resident() - before < 64 * 1024**2


def test_a_process_that_is_no_longer_needed_is_ended() -> None:
    conditions = CelConditions()
    conditions.holds("labels.env.replace('o', '0') == 'pr0d'", VARIABLES)
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    begun = set(children.read_text().split())

    del conditions
    gc.collect()

    assert len(set(children.read_text().split()) & begun) < len(begun)
