"""Which rules have a playbook, and what keeps the others from one."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.core.coverage import Cover, cover, idle
from remediator.core.known_labels import KnownLabels
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Mode
from tests.engine.house import a_playbook

FULL = KnownLabels(values={"alertname": "Full"}, present=frozenset({"instance"}))
OPEN = KnownLabels(values={"alertname": "Full"}, is_open=True)


def playbook(*match: str, name: str = "full", **more: Any) -> Any:
    return a_playbook(name, match=(tuple(map(parse_matcher, match)),), **more)


@pytest.mark.parametrize(
    ("labels", "match", "requires", "expected"),
    [
        (FULL, ["alertname=Full"], ("instance",), Cover.ANSWERED),
        (FULL, ["alertname=Full"], ("instance", "mountpoint"), Cover.SKIPPED),
        (OPEN, ["alertname=Full"], ("instance",), Cover.DEPENDS),
        (FULL, ["alertname=Full", "instance=~web.*"], (), Cover.DEPENDS),
        (OPEN, ["alertname=Full", "env=prod"], (), Cover.DEPENDS),
        (FULL, ["alertname=Full", "env=prod"], (), Cover.UNCOVERED),
        (FULL, ["alertname=Other"], (), Cover.UNCOVERED),
    ],
)
def test_a_rule_is_answered_where_it_surely_is(
    labels: KnownLabels, match: list[str], requires: tuple[str, ...], expected: Cover
) -> None:
    assert cover(labels, [playbook(*match, requires=requires)]).cover is expected


def test_what_is_missing_unsure_and_asked_for_is_told_apart() -> None:
    labels = KnownLabels(values={"alertname": "Full"}, perhaps=frozenset({"pod", "env"}))
    book = playbook("alertname=Full", "env=prod", requires=("pod", "instance"))

    (match,) = cover(labels, [book]).matches

    assert (match.missing, match.unsure) == (("instance",), ("pod",))
    assert list(map(str, match.depends_on)) == ['env="prod"']


def test_the_best_of_several_playbooks_counts_and_stands_first() -> None:
    books = [
        playbook("alertname=Full", "instance=web1", name="a"),
        playbook("alertname=Full", name="b"),
    ]
    found = cover(FULL, books)
    assert (found.cover, [m.playbook for m in found.matches]) == (Cover.ANSWERED, ["b", "a"])


def test_a_playbook_that_is_off_answers_nothing() -> None:
    assert cover(FULL, [playbook("alertname=Full", mode=Mode.OFF)]).cover is Cover.UNCOVERED


def test_the_alternative_that_comes_nearest_counts() -> None:
    either = ((parse_matcher("alertname=Full"), parse_matcher("env=prod")),)
    book = a_playbook(match=(*either, (parse_matcher("alertname=~Full|Fuller"),)))
    assert cover(FULL, [book]).cover is Cover.ANSWERED


def test_a_playbook_is_idle_where_no_rule_can_ever_match_it() -> None:
    books = [
        playbook("alertname=Full", name="used"),
        playbook("alertname=Full", "env=prod", name="perhaps"),
        playbook("alertname=Fulll", name="typo"),
    ]
    assert idle(books, [FULL]) == ("perhaps", "typo")
    assert idle(books, [OPEN]) == ("typo",)
