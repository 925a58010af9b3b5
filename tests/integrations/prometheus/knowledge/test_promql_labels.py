"""Which labels an expression's alerts carry."""

from __future__ import annotations

import pytest

from remediator.core.facts import Known
from remediator.integrations.prometheus.knowledge.promql_labels import labels_of

ASKED = ("instance", "job", "pod", "team")
CASES = [
    # what is asked of: instance, job, pod, team; + there, - not there, ? depends
    ("up == 0", "++??"),
    ('up{pod!="",job="node"} == 0', "+++?"),
    ('up{pod=""} == 0', "++-?"),
    ('up{pod=~".*"} == 0', "++??"),
    ('up{pod=~"a.*"} == 0', "+++?"),
    ('{__name__=~"a.*",pod="x"}', "+++?"),
    ("job:errors:rate5m > 1", "????"),
    ("ALERTS", "????"),
    ("sum(rate(a[5m])) > 1", "----"),
    ("sum by (pod, team) (rate(a[5m])) > 1", "--++"),
    ("sum(a) by (pod)", "--+-"),
    ("sum without (instance) (a)", "-+??"),
    ("sum by () (a)", "----"),
    ("topk(5, a)", "++??"),
    ('count_values("team", a)', "---+"),
    ('count_values("team", a) by (pod)', "--++"),
    ('absent(up{pod="x"})', "--+-"),
    ('absent(up{pod=~"x"})', "----"),
    ('absent_over_time(up{pod="x"}[5m])', "--+-"),
    ("absent(sum(a))", "----"),
    ("vector(1)", "----"),
    ("time() - a > 5", "++??"),
    ("1 - a", "++??"),
    ("-a", "++??"),
    ("(a)", "++??"),
    ("a > bool 1", "++??"),
    ("max_over_time(a[5m:1m])", "++??"),
    ("predict_linear(a[6h], 3600) < 0", "++??"),
    ("histogram_quantile(0.9, sum by (le, pod) (rate(a[5m])))", "--+-"),
    ("clamp_min(sum by (pod) (a), 1)", "--+-"),
    ('label_replace(up, "pod", "$1", "instance", "(.*):.*")', "++??"),
    ('label_replace(sum by (job) (up), "pod", "$1", "job", "(.*)")', "-+?-"),
    ("a / b", "++??"),
    ("a / sum by (pod) (b)", "+++-"),
    ("sum by (pod) (a) / sum by (pod) (b)", "--+-"),
    ("a / on (pod) b", "--?-"),
    ('a{pod="x"} / on (pod) b', "--+-"),
    ("a / ignoring (instance) b", "-+??"),
    ("a * on (instance) group_left (team) b", "++?+"),
    ('a * on (pod) group_left () b{pod="x"}', "+++?"),
    ("sum by (pod) (a) * on (pod) group_left (team) b", "--++"),
    ("b * on (pod) group_right (team) sum by (pod) (a)", "--++"),
    ("a and b", "++??"),
    ('a and on (pod) b{pod="x"}', "+++?"),
    ("a and on () b", "++??"),
    ("a unless b", "++??"),
    ("sum by (pod) (a) or sum by (pod, team) (b)", "--+?"),
    ("a or vector(1)", "????"),
    ("sum by (pod) (a) > on (pod) group_left sum by (pod) (b)", "--+-"),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_which_labels_the_result_carries(expression: str, expected: str) -> None:
    signs = {Known.HOLDS: "+", Known.FAILS: "-", Known.UNKNOWN: "?"}
    found = labels_of(expression)
    assert "".join(signs[found.has(name)] for name in ASKED) == expected


def test_values_that_the_expression_asks_for_are_known() -> None:
    assert labels_of('sum by (job) (a{job="node",pod="x"})').values == {"job": "node"}


@pytest.mark.parametrize("text", ["a{", "rate(a)", "(" * 200 + "a" + ")" * 200, ""])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        labels_of(text)
