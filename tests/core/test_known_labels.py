"""What a rule says about its alerts' labels, and which conditions that settles."""

from __future__ import annotations

import pytest

from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.core.matcher import parse_matcher

YES, NO, OPEN = Known.HOLDS, Known.FAILS, Known.UNKNOWN
RULE = KnownLabels(values={"env": "prod", "gone": ""}, present=frozenset({"instance"}))
PERHAPS = KnownLabels(perhaps=frozenset({"pod"}))
ANY = KnownLabels(values={"env": "prod"}, present=frozenset({"instance"}), is_open=True)


@pytest.mark.parametrize(
    ("labels", "text", "known"),
    [
        (RULE, "env=prod", YES),
        (RULE, "env=~prod|staging", YES),
        (RULE, "env!=prod", NO),
        (RULE, 'gone=""', YES),
        (RULE, "instance=web1", OPEN),
        (RULE, 'instance!=""', YES),
        (RULE, 'instance=~".+"', YES),
        (RULE, 'instance=""', NO),
        (RULE, "instance!=web1", OPEN),
        (RULE, "pod=x", NO),
        (RULE, "pod!=x", YES),
        (PERHAPS, "pod=x", OPEN),
        (PERHAPS, 'pod!=""', OPEN),
        (ANY, "pod=x", OPEN),
        (ANY, "env=staging", NO),
    ],
)
def test_a_matcher_is_settled_where_the_rule_says_enough(
    labels: KnownLabels, text: str, known: Known
) -> None:
    assert labels.meet(parse_matcher(text)) is known


def test_only_keeps_what_is_known_of_what_is_kept() -> None:
    kept = ANY.only(["instance", "pod"])
    assert [kept.has(name) for name in ("instance", "pod", "env")] == [YES, OPEN, NO]


def test_without_drops_a_label_and_leaves_the_others_open() -> None:
    left = ANY.without(["instance"])
    assert [left.has(name) for name in ("instance", "pod", "env")] == [NO, OPEN, YES]


def test_what_may_be_of_two_kinds_has_for_sure_only_what_both_have() -> None:
    other = KnownLabels(values={"env": "staging"}, present=frozenset({"instance", "job"}))
    either = RULE.either(other)
    names = ("env", "instance", "job", "gone", "pod")
    assert [either.has(name) for name in names] == [YES, YES, OPEN, NO, NO]
    assert either.meet(parse_matcher("env=prod")) is OPEN


def test_where_one_kind_may_have_anything_what_neither_has_stays_known() -> None:
    either = ANY.without(["gone"]).either(RULE)
    assert [either.has(name) for name in ("gone", "pod")] == [NO, OPEN]


def test_labels_that_two_sides_share_are_closed_where_one_side_is() -> None:
    both = ANY.both(PERHAPS)
    assert [both.has(name) for name in ("env", "pod", "zone")] == [YES, OPEN, NO]
    assert ANY.both(ANY).is_open


def test_a_value_that_is_set_hides_what_was_known() -> None:
    assert RULE.with_values({"instance": "web1"}).meet(parse_matcher("instance=web1")) is YES
    assert RULE.with_present(["env"]).meet(parse_matcher("env=prod")) is OPEN


def test_what_is_carried_is_what_is_surely_there() -> None:
    assert RULE.carried() == ("env", "instance")
