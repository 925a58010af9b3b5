"""What is said in a thread, quietly and loudly, and in the message for many runs."""

from __future__ import annotations

from dataclasses import replace

from docs import slack_scenes as scene
from docs.slack_scenes import MENTIONS, scenes
from remediator.core import events as ev
from remediator.core.messages import Digest, MessageKind
from remediator.integrations.slack.cards.buttons import read_value
from remediator.integrations.slack.cards.digest import draw_digest
from remediator.integrations.slack.delivery.thread import call, overflow, reply
from remediator.integrations.slack.fake.blocks import problems_of_blocks, texts_are_too_long
from remediator.testing.builders import a_message
from tests.integrations.slack.drawing_words import card_of, plan, words


def test_quiet_messages_are_a_line_each_in_order() -> None:
    story = scene.resolved()
    drawing = reply([m for m in story.told if m.kind is MessageKind.PROGRESS], MENTIONS)
    assert drawing
    lines = drawing.blocks[0]["text"]["text"].split("\n")
    assert len(drawing.blocks) == 1
    assert [line.partition("> ")[2].split(" ")[0] for line in lines] == [
        "Approved", "vacuum:", "prune:", "Cleanup",
    ]  # fmt: skip
    assert all(line.startswith("<!date^") for line in lines)


def test_nothing_to_say_is_no_reply() -> None:
    assert reply([], MENTIONS) is None
    assert reply([replace(a_message(), text=" ")], MENTIONS) is None


def test_of_very_many_lines_the_newest_are_shown_and_the_rest_is_counted() -> None:
    many = [replace(a_message(), text=f"{n} {'x' * 200}") for n in range(200)]
    drawing = reply(many, MENTIONS)
    assert drawing
    assert not texts_are_too_long(drawing.blocks)
    assert "earlier lines are not shown" in words(drawing)
    assert "199 xxx" in words(drawing)


def test_a_reminder_calls_those_who_decide() -> None:
    story = scene.asked().tell(ev.ApprovalReminded())
    drawing = call(story.last(MessageKind.REMINDER), MENTIONS)
    assert drawing.text.startswith("<!subteam^S0SRE> Disk space low on web1: the plan still")
    assert "<!subteam^S0SRE>" in words(drawing)


def test_an_escalation_calls_whom_it_is_for() -> None:
    drawing = call(scene.failed().last(MessageKind.ESCALATION), MENTIONS)
    assert "🔔 <!subteam^S0SRE> *Disk space low on web1 needs you" in words(drawing)


def test_a_failure_calls_nobody_by_itself() -> None:
    assert "<!" not in words(call(scene.failed().last(MessageKind.FAILURE), MENTIONS))


def test_a_plan_asked_again_says_what_has_changed() -> None:
    drawing = call(scene.asked_again().last(MessageKind.PLAN), MENTIONS)
    assert "*The plan changed:*" in words(drawing)
    assert "at most 9.0 GB" in words(drawing)


def test_what_fits_needs_no_file() -> None:
    message = scene.failed().last(MessageKind.FAILURE)
    short = replace(message, lines=message.lines[:2], card=None)
    assert overflow(short) == ""
    assert overflow(plan()) == ""


def test_what_does_not_fit_is_wholly_in_the_file() -> None:
    message = scene.failed().last(MessageKind.FAILURE)
    long = replace(message, lines=tuple(f"line {n} {'y' * 300}" for n in range(40)))
    text = overflow(long)
    assert f"line 39 {'y' * 300}" in text
    assert "0.8 GB  /var/lib/apt/lists" in text


def test_every_plan_has_its_own_button() -> None:
    drawing = {one.name: one.drawing for one in scenes()}["digest"]
    assert drawing
    rows = [b for b in drawing.blocks if "accessory" in b]
    values = [read_value(row["accessory"]["value"]) for row in rows]
    assert len({v.run for v in values if v and v.digest}) == 4


def test_two_hundred_plans_fit() -> None:
    cards = tuple(card_of(plan()) for _ in range(200))
    drawing = draw_digest(Digest(waiting=cards, waits=200), MENTIONS)
    assert problems_of_blocks(list(drawing.blocks)) == ()
    assert not texts_are_too_long(drawing.blocks)
    assert "… and 180 more" in words(drawing)


def test_where_nothing_waits_the_ends_are_counted() -> None:
    drawing = draw_digest(Digest(waiting=(), waits=0, outcomes={"dry_run": 30}), MENTIONS)
    assert drawing.text == "Many runs at once. Meanwhile ended: 30 dry run."
    assert problems_of_blocks(list(drawing.blocks)) == ()
