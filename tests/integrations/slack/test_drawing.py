"""Every drawing is exactly its golden file, and Slack would take it.

`python -m tests.integrations.slack.test_drawing` writes the golden files anew; then read what has changed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from docs import slack_scenes as scene
from docs.slack_scenes import MENTIONS, Scene, scenes
from remediator.core import events as ev
from remediator.core.facts import Known
from remediator.core.messages import Message, MessageKind
from remediator.core.run import StepState
from remediator.core.verdict import Ruling, Verdict
from remediator.integrations.slack.cards.buttons import Button, Pressed, read_value
from remediator.integrations.slack.cards.cards import draw
from remediator.integrations.slack.fake.blocks import problems_of_blocks, texts_are_too_long
from remediator.integrations.slack.fake.modals import problems_of_view
from remediator.testing.builders import a_message
from tests.integrations.slack.drawing_words import buttons, card_of, long_plan, plan, words

GOLDEN = Path(__file__).parent / "golden"
SCENES = {one.name: one for one in scenes()}


def shown(one: Scene) -> str:
    if one.drawing is None:
        return json.dumps(one.view, indent=1, ensure_ascii=False) + "\n"
    whole = {"text": one.drawing.text, "blocks": one.drawing.blocks}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", SCENES)
def test_a_drawing_is_exactly_its_golden_file(name: str) -> None:
    assert shown(SCENES[name]) == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCENES)
def test_no_moment_is_escaped(name: str) -> None:
    assert "lt;!date" not in shown(SCENES[name])


def test_every_golden_file_belongs_to_a_drawing() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_slack_would_take_it(name: str) -> None:
    one = SCENES[name]
    if one.drawing is None:
        assert problems_of_view(one.view) == ()
        return
    assert problems_of_blocks(list(one.drawing.blocks)) == ()
    assert not texts_are_too_long(one.drawing.blocks)
    assert one.drawing.text


@pytest.mark.parametrize("name", [n for n, one in SCENES.items() if one.drawing and n != "digest"])
def test_a_message_is_no_wall_of_text(name: str) -> None:
    drawing = SCENES[name].drawing
    assert drawing
    assert len(drawing.blocks) <= 8
    assert len(words(drawing)) < 5000


ASKING = {Button.APPROVE, Button.REJECT, "run.take_over", Button.DETAILS}
ANSWERS = {"run.applied", "run.not_applied", "run.abandon"}


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("plan", ASKING),
        ("plan-again", ASKING),
        ("plan-half-approved", ASKING),
        ("verifying", set()),
        ("result", set()),
        ("failure", {"run.take_over", Button.DETAILS}),
        ("dry-run", {Button.DETAILS}),
        ("handed-over", {"run.take_over", Button.DETAILS}),
        ("withdrawn", set()),
        ("unknown", ANSWERS),
        ("digest", {Button.REVIEW}),
    ],
)
def test_a_message_has_the_buttons_of_its_moment(name: str, actions: set[str]) -> None:
    drawing = SCENES[name].drawing
    assert drawing
    assert set(buttons(drawing)) == actions


def test_a_button_carries_the_run_and_the_plan_that_is_shown() -> None:
    message = plan()
    request = card_of(message).request
    assert request
    approve = read_value(buttons(draw(message, MENTIONS))[Button.APPROVE]["value"])
    assert approve == Pressed(run=message.run_id, digest=request.digest)


def test_what_cannot_be_undone_is_said_in_the_plan_the_button_the_dialog_and_the_notification() -> (
    None
):
    drawing = draw(plan(), MENTIONS)
    approve = buttons(drawing)[Button.APPROVE]
    assert "⚠️ *This cannot be undone*" in words(drawing)
    assert "cannot be undone" in approve["text"]["text"]
    assert approve["confirm"]["title"]["text"] == "This cannot be undone"
    assert approve["confirm"]["style"] == "danger"
    assert drawing.text.endswith("It cannot be undone.")


def test_of_a_mixed_plan_every_change_says_whether_it_can_be_undone() -> None:
    message = plan()
    card = card_of(message)
    first, second = card.steps
    mixed = replace(card, steps=(replace(first, reversible=True, undo="restart it"), second))
    drawn = words(draw(replace(message, card=mixed), MENTIONS))
    assert "⚠️ *1 of 2 changes cannot be undone*" in drawn
    assert "(undo: restart it)" in drawn
    assert "(*cannot be undone*; pull or build again what is missing)" in drawn


def test_the_dialog_says_how_much_where_and_which_plan() -> None:
    message = plan()
    said = buttons(draw(message, MENTIONS))[Button.APPROVE]["confirm"]["text"]["text"]
    request = card_of(message).request
    assert request
    assert "2 changes on web1: delete archived journals" in said
    assert said.endswith(f"Plan {request.digest[:8]}.")


@pytest.mark.parametrize(
    ("message", "is_whole"),
    [
        (long_plan(10), True),
        (long_plan(11), False),
        (long_plan(1, "x" * 300), True),
        (long_plan(1, "x" * 301), False),
        (long_plan(9, "&" * 299), False),
        (long_plan(0), False),
    ],
    ids=["ten", "eleven", "long", "too long", "escaped too long", "none"],
)
def test_a_plan_that_is_not_shown_wholly_cannot_be_approved_here(
    message: Message, is_whole: bool
) -> None:
    drawing = draw(message, MENTIONS)
    first = next(iter(buttons(drawing)))
    assert first == (Button.APPROVE if is_whole else Button.REVIEW)


def test_a_plan_made_anew_asks_only_for_what_is_not_done_yet() -> None:
    message = plan()
    card = card_of(message)
    first, second = card.steps
    done = replace(first, state=StepState.APPLIED, detail="freed 1.1 GB")
    drawing = draw(replace(message, card=replace(card, steps=(done, second))), MENTIONS)
    assert "1. `docker.prune`" in words(drawing)
    assert "– `vacuum` is done: freed 1.1 GB" in words(drawing)
    assert "1 change on web1" in buttons(drawing)[Button.APPROVE]["confirm"]["text"]["text"]


def test_a_step_that_is_left_out_says_why() -> None:
    message = plan()
    card = card_of(message)
    skipped = replace(card.steps[1], state=StepState.SKIPPED, summary="", detail="no Docker here")
    drawing = draw(replace(message, card=replace(card, steps=(card.steps[0], skipped))), MENTIONS)
    assert "– `prune` is left out: no Docker here" in words(drawing)


@pytest.mark.parametrize(
    ("summary", "is_named"),
    [
        ("shrink the journal of host/web1: keep 5", True),
        ("shrink the journal of host/web1.", True),
        ("shrink the journal of host/web10", False),
        ("shrink the journal of host/web1.example", False),
        ("shrink the journal of ghost/web1", False),
        ("shrink the journal", False),
    ],
)
def test_a_target_is_left_away_only_where_the_summary_names_exactly_it(
    summary: str, is_named: bool
) -> None:
    message = long_plan(1, summary)
    assert ("` on `host/web1`: " not in words(draw(message, MENTIONS))) is is_named


def test_the_hidden_changes_are_counted() -> None:
    assert "*5 more changes are not shown here.*" in words(draw(long_plan(15), MENTIONS))


def test_a_name_is_called_only_where_a_mention_is_known() -> None:
    card = card_of(plan())
    assert card.request
    request = replace(card.request, groups=("@sre-oncall", "@nobody"), users=("<!channel>",))
    drawn = words(draw(replace(plan(), card=replace(card, request=request)), MENTIONS))
    assert "Needs *1* of <!subteam^S0SRE>, @nobody, &lt;!channel&gt;" in drawn


def test_a_second_approver_sees_who_was_the_first() -> None:
    drawing = SCENES["plan-half-approved"].drawing
    assert drawing
    assert "*1 of 2*: approved by Ana Ruiz" in words(drawing)


def test_after_the_yes_the_buttons_go_and_the_name_stays() -> None:
    message = scene.asked().approve().last(MessageKind.PROGRESS)
    drawing = draw(message, MENTIONS)
    assert not buttons(drawing)
    assert "approved by Ana Ruiz" in words(drawing)
    assert "0 of 2 steps done" in words(drawing)


def test_it_is_not_called_fixed_before_the_proof() -> None:
    drawing = SCENES["verifying"].drawing
    assert drawing
    assert "*Verifying* until" in words(drawing)
    assert "✅" not in words(drawing)


def test_somebody_who_has_taken_a_failed_run_stands_where_the_buttons_were() -> None:
    failure = scene.failed().last(MessageKind.FAILURE)
    taken = replace(failure, kind=MessageKind.PROGRESS, text="Ana looks after web1.")
    drawing = draw(taken, MENTIONS)
    assert not buttons(drawing)
    assert "Ana looks after web1." in words(drawing)


def test_a_settled_unknown_has_no_answers_any_more() -> None:
    doubted = scene.doubted().last(MessageKind.UNKNOWN)
    settled = replace(card_of(doubted), unknown="")
    assert not ANSWERS & set(buttons(draw(replace(doubted, card=settled), MENTIONS)))


@pytest.mark.parametrize(
    ("outcome", "words_of_it"),
    [
        (ev.Outcome.REJECTED, ("rejected", "✋ Deploy is mine.", "*Nothing was changed.*")),
        (ev.Outcome.CANCELLED, ("stopped", "✋ Deploy is mine.")),
        (ev.Outcome.EXPIRED, ("nobody decided", "⌛ Deploy is mine.", "I'll take it")),
        (ev.Outcome.BLOCKED, ("not allowed", "⛔ Deploy is mine.")),
        (ev.Outcome.HANDED_OVER, ("over to you", "🤝 Deploy is mine.", "I'll take it")),
        (ev.Outcome.UNRESOLVED, ("not fixed", "🔴 *Deploy is mine.*", "I'll take it")),
    ],
)
def test_every_end_says_what_it_is(outcome: ev.Outcome, words_of_it: tuple[str, ...]) -> None:
    story = scene.asked().tell(ev.Closed(outcome=outcome, reason="deploy is mine"))
    drawn = words(draw(story.told[-1], MENTIONS))
    for word in words_of_it:
        assert word in drawn


def test_a_blocked_run_says_what_would_clear_it() -> None:
    story = scene.asked().tell(ev.Closed(outcome=ev.Outcome.BLOCKED, reason="too often"))
    card = card_of(story.told[-1])
    verdict = replace(card.verdicts[0], clears="wait until 10:00")
    drawn = words(draw(replace(story.told[-1], card=replace(card, verdicts=(verdict,))), MENTIONS))
    assert "*What would clear it*\\nwait until 10:00" in drawn


def test_who_is_asked_reads_in_what_state_the_object_is_and_nothing_counts_as_an_objection() -> (
    None
):
    card = card_of(plan())
    saw = Verdict(guard="require", ruling=Ruling.ALLOW, reason="node: not_ready holds (n7: <b>)")
    drawn = words(draw(replace(plan(), card=replace(card, verdicts=(saw,))), MENTIONS))
    assert "*Seen before*\\nnode: not_ready holds (n7: &lt;b&gt;)" in drawn
    assert f"{card.guards} of {card.guards} passed" in drawn


def test_a_void_plan_asks_nothing() -> None:
    story = scene.asked()
    assert story.run.plan
    story.tell(ev.PlanVoided(digest=story.run.plan.digest, reason="the disk has changed"))
    drawing = draw(story.last(MessageKind.PROGRESS), MENTIONS)
    assert not buttons(drawing)
    assert "the disk has changed" in words(drawing)
    assert "nothing is asked of you now" in words(drawing)


def test_a_message_without_a_card_is_its_texts() -> None:
    notice = a_message(
        kind=MessageKind.NOTICE, title="Breaker open", lines=("one", "two"), facts={"since": "noon"}
    )
    drawing = draw(replace(notice, text="The breaker is open."), MENTIONS)
    assert drawing.text == "The breaker is open."
    assert [block["type"] for block in drawing.blocks] == [
        "header", "section", "section", "section", "context",
    ]  # fmt: skip
    assert "one\\ntwo" in words(drawing)
    assert "*since*\\nnoon" in words(drawing)


def test_an_escalation_without_a_root_calls_in_its_own_message() -> None:
    drawing = draw(scene.failed().last(MessageKind.ESCALATION), MENTIONS)
    assert "<!subteam^S0SRE>" in str(drawing.blocks[0])


def test_a_moment_is_told_in_the_zone_of_the_reader() -> None:
    stamp = int((scene.asked().run.approval or pytest.fail("asks")).expires_at.timestamp())
    drawn = words(draw(plan(), MENTIONS))
    assert f"<!date^{stamp}^" in drawn
    assert " at {time}|2026-03-14 09:57 UTC>" in drawn


def test_a_look_that_failed_is_shown_with_the_failure() -> None:
    story = scene.cleaned().verify(Known.FAILS, "/var 93 % used")
    story.tell(ev.Closed(outcome=ev.Outcome.UNRESOLVED, reason="the checks did not hold in time"))
    assert "/var 93 % used" in words(draw(story.last(MessageKind.FAILURE), MENTIONS))


if __name__ == "__main__":
    for each in SCENES.values():
        (GOLDEN / f"{each.name}.json").write_text(shown(each), encoding="utf-8")
