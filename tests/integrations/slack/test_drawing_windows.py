"""What buttons open: what a window shows, remembers, and when it can be submitted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docs import slack_scenes as scene
from docs.slack_scenes import scenes
from remediator.core.card import Card
from remediator.integrations.slack.cards.buttons import Pressed
from remediator.integrations.slack.cards.limits import MODAL_METADATA
from remediator.integrations.slack.cards.modals import (
    details_modal,
    read_metadata,
    reject_modal,
    review_modal,
)
from remediator.integrations.slack.fake.modals import problems_of_view
from tests.integrations.slack.drawing_words import card_of, long_plan, plan


def test_a_window_remembers_run_plan_and_where_to_answer() -> None:
    card = card_of(plan())
    assert card.request
    pressed = Pressed(run=card.run, digest="0" * 8)
    kept = read_metadata(reject_modal(card, pressed, "https://x")["private_metadata"])
    assert kept
    assert (kept.run, kept.digest, kept.answer) == (card.run, "0" * 8, "https://x")


def test_a_review_approves_the_plan_that_it_shows_and_not_the_one_of_the_button() -> None:
    card = card_of(plan())
    assert card.request
    view = review_modal(card, Pressed(run=card.run, digest="0" * 8), "")
    kept = read_metadata(view["private_metadata"])
    assert kept
    assert kept.digest == card.request.digest


def test_an_answer_that_is_too_long_is_forgotten_and_not_the_run() -> None:
    view = reject_modal(card_of(plan()), Pressed(run="run_1"), "x" * 4000)
    kept = read_metadata(view["private_metadata"])
    assert len(view["private_metadata"]) <= MODAL_METADATA
    assert kept
    assert (kept.run, kept.answer) == (plan().run_id, "")


@pytest.mark.parametrize(
    "text", [None, 1, "", "{", "[]", "{}", '{"run": 1}', '{"run": "a", "x": "b"}']
)
def test_what_is_not_ours_is_not_read(text: object) -> None:
    assert read_metadata(text) is None


def test_a_review_can_be_submitted_while_the_plan_waits() -> None:
    card = card_of(plan())
    assert review_modal(card, Pressed(run=card.run), "")["submit"]["text"] == "Approve, no undo"


@pytest.mark.parametrize(
    ("card", "can_approve", "why"),
    [
        (card_of(plan()), False, "It needs 1 of @sre-oncall."),
        (card_of(scene.withdrawn().told[-1]), True, "does not wait any more"),
        (card_of(long_plan(61)), True, "remediator approve run_"),
        (card_of(long_plan(1, "x" * 301)), True, "too long for Slack"),
    ],
    ids=["not allowed", "decided", "too many", "too long"],
)
def test_a_review_cannot_be_submitted_otherwise(card: Card, can_approve: bool, why: str) -> None:
    view = review_modal(card, Pressed(run=card.run), "", can_approve=can_approve, note=True)
    assert "submit" not in view
    assert why in json.dumps(view)
    assert problems_of_view(view) == ()


def test_a_review_shows_sixty_changes() -> None:
    card = card_of(long_plan(60))
    view = review_modal(card, Pressed(run=card.run), "", note=True)
    assert "submit" in view
    assert "60. " in json.dumps(view)
    assert problems_of_view(view) == ()


def test_a_change_is_shown_as_it_was_and_will_be() -> None:
    view = json.dumps({s.name: s.view for s in scenes()}["review"], ensure_ascii=False)
    assert "journal: 4.4 GB → 500.0 MB" in view


@pytest.mark.parametrize("story", [scene.asked, scene.failed, scene.resolved, scene.doubted])
def test_details_are_a_window_that_asks_nothing(story: Any) -> None:
    view = details_modal(card_of(story().told[-1]))
    assert "submit" not in view
    assert problems_of_view(view) == ()
