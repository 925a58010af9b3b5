"""What is said of a PromQL text before anybody is asked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.integrations.prometheus.knowledge.promql_reading import (
    doubts_about,
    filled,
    for_any_label,
    offset_of,
)

FINE = [
    'up{instance="{{ labels.instance }}"} == 1',
    "up",
    "count(up{job='node'})",
    'rate(errors_total[5m]) > 0.1 and on (job) up{job=~"{{ labels.job | promql_regex }}"}',
    "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.15",
    'absent(up{instance="a"})',
    "hour() > 8",
    "ALERTS{alertstate='firing'}",
    "max_over_time(x[1h:5m] @ end())",
    "node_memory_MemAvailable_bytes > bool 1e9",
    "",
]
WRONG = [
    ("up{", "promql", "unexpected end of input"),
    ("foo bar", "promql", "invalid promql query"),
    ("rate(up)", "promql", "expected type matrix"),
    ('up{a=~"("}', "promql", "illegal regex"),
    ("up{}[", "promql", ""),
    ("{}", "promql", "at least one non-empty matcher"),
    ("sum(up", "promql", "parenthesis"),
    ("up[5m]", "promql-answer", "a range of samples"),
    ("'up'", "promql-answer", "a text"),
    ("1", "promql-answer", "always the same"),
    ("vector(1) + 2", "promql-answer", "always the same"),
    ("(node_filesystem_avail_bytes)", "promql-answer", "`node_filesystem_avail_bytes` is a"),
    ("rate(errors_total[5m])", "promql-answer", "`rate` is a quantity"),
]


@pytest.mark.parametrize("query", FINE[:-1])
def test_nothing_is_said_of_what_is_fine(query: str) -> None:
    assert list(doubts_about(query)) == []


@pytest.mark.parametrize(("query", "code", "words"), WRONG)
def test_what_is_wrong_is_said(query: str, code: str, words: str) -> None:
    ((found, message, hint),) = doubts_about(query)

    assert found == code
    assert words in message
    assert hint.endswith(".")


def test_templates_are_words_of_the_same_length() -> None:
    query = 'a{b="{{ labels.b }}", c="{{\nlabels.c}}"} > 1'

    assert len(filled(query)) == len(query)
    assert filled(query).index("> 1") == query.index("> 1")
    assert list(doubts_about(query)) == []


@pytest.mark.parametrize(
    "query", ["-" * 8000 + "a", "(" * 4000 + "a" + ")" * 4000, "a+" * 999 + "a"]
)
def test_a_long_query_is_read_quickly_or_left_to_prometheus(query: str) -> None:
    started = time.process_time()

    assert list(doubts_about(query)) == []
    assert time.process_time() - started < 1


@given(st.text(st.sampled_from("ab(){}[]\"'`=~<>!,5m +-*/^%#@:é{\n"), max_size=40))
def test_whatever_is_written_is_read_without_an_error(query: str) -> None:
    assert all(len(doubt) == 3 for doubt in doubts_about(query))


@pytest.mark.parametrize(
    ("query", "widened"),
    [
        ('a{b="{{ labels.b }}"} < 1', 'a{b=~".+"} < 1'),
        ('a{b!~"x|{{ labels["b"] }}|y", c="d"}', 'a{b=~".+", c="d"}'),
        ('a{b="c"}', 'a{b="c"}'),
        ('label_replace(a, "x", "{{ labels.b }}", "", "")', 'label_replace(a, "x", "x", "", "")'),
    ],
)
def test_a_query_for_any_label(query: str, widened: str) -> None:
    assert for_any_label(query) == widened


def test_prometheus_counts_bytes() -> None:
    assert offset_of('a{b="é"} foo', 1, 11) == 9
    assert offset_of("a\nbé foo", 2, 5) == 5
    assert offset_of("a", 7, 3) == 1 + 1
