"""The windows that buttons open: why not, the whole plan, and everything about a run. Pure; used by the doors."""

from __future__ import annotations

import json
from dataclasses import dataclass

from remediator.core.card import Card
from remediator.core.run import StepState
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import limits
from remediator.integrations.slack.cards.buttons import Button, Pressed
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape
from remediator.integrations.slack.cards.whole_plan import whole_plan, whole_run

REASON = "reason"
"""`block_id` and `action_id` of the box for a reason."""
NOTE = "note"
"""`block_id` and `action_id` of the box for a note with a yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a modal remembers until it is submitted: the run, the plan that it showed, and where answers go."""

    run: str
    digest: str = ""
    answer: str = ""


def reject_modal(card: Card, pressed: Pressed, answer: str) -> b.Block:
    """Return the window that asks why; the reason is required."""
    has_begun = any(step.state is StepState.APPLIED for step in card.steps)
    title = f"*Nothing{' more' * has_begun} will be changed* on {code(card.target)}."
    return _view(
        Button.REJECT,
        "Reject this plan?",
        (
            *b.section(b.lines((bold(card.headline), title))),
            b.text_input(REASON, "Why?", "deploy is mine, fixing forward"),
        ),
        submit="Reject",
        kept=Kept(run=card.run, digest=pressed.digest or _digest(card), answer=answer),
    )


def review_modal(
    card: Card, pressed: Pressed, answer: str, *, can_approve: bool = True, note: bool = False
) -> b.Block:
    """Return the window with the whole plan; its submission approves exactly what it shows.

    It cannot be submitted where the plan no longer waits, where `can_approve` is false, or where not all of it fits.
    `note` offers a box for a few words.
    """
    plan = whole_plan(card)
    why_not = _why_not(card, is_whole=plan.is_whole, can_approve=can_approve)
    asks = not why_not
    box = (b.text_input(NOTE, "Note", "for the journal", optional=True),) if asks and note else ()
    yes = "Approve, no undo" if card.irreversible else "Approve"
    return _view(
        Button.REVIEW,
        "Review the plan",
        (*plan.blocks, *why_not, *box),
        submit=yes if asks else "",
        kept=Kept(run=card.run, digest=_digest(card) or pressed.digest, answer=answer),
    )


def details_modal(card: Card) -> b.Block:
    """Return the window with everything about a run; it asks nothing."""
    return _view(Button.DETAILS, "Details", whole_run(card), submit="", kept=Kept(run=card.run))


def read_metadata(text: object) -> Kept | None:
    """Read what a modal remembered; None where it is none of ours."""
    try:
        fields = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(fields, dict) or not all(isinstance(v, str) for v in fields.values()):
        return None
    if "run" not in fields or fields.keys() - {"run", "digest", "answer"}:
        return None
    return Kept(**fields)


def _view(
    callback: Button, title: str, blocks: tuple[b.Block, ...], *, submit: str, kept: Kept
) -> b.Block:
    view: dict[str, object] = {
        "type": "modal",
        "callback_id": callback,
        "title": b.plain_text(title, limits.MODAL_TITLE),
        "close": b.plain_text("Back" if submit else "Close", limits.MODAL_BUTTON),
        "private_metadata": _metadata(kept),
        "blocks": list(blocks[: limits.MODAL_BLOCKS]),
    }
    return view | ({"submit": b.plain_text(submit, limits.MODAL_BUTTON)} if submit else {})


def _digest(card: Card) -> str:
    return card.request.digest if card.request else ""


def _metadata(kept: Kept) -> str:
    text = json.dumps({"run": kept.run, "digest": kept.digest, "answer": kept.answer})
    if len(text) <= limits.MODAL_METADATA:
        return text
    return json.dumps({"run": kept.run, "digest": kept.digest, "answer": ""})


def _why_not(card: Card, *, is_whole: bool, can_approve: bool) -> tuple[b.Block, ...]:
    """Say why a plan cannot be approved here; nothing where it can."""
    if card.request is None or not card.request.is_open:
        return b.section("*This plan does not wait any more.* " + escape(card.reason))
    if not is_whole:
        command = code(f"remediator approve {card.run}")
        return b.section(f"*The plan is too long for Slack.* See and approve it with {command}.")
    needs = escape(card.request.needs, 300)
    return () if can_approve else b.section(f"*You cannot approve this plan.* It needs {needs}.")
