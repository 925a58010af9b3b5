"""The message that asks for a yes: what is wrong, what exactly will change, how to undo it, who decides, until when."""

from __future__ import annotations

from collections.abc import Iterable

from remediator.core.card import Card, CardRequest
from remediator.core.plaintext import one_line
from remediator.core.vocabulary import counted
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import limits, run_parts, steps
from remediator.integrations.slack.cards.buttons import DIGEST_LENGTH, Button, action_of, value_of
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.cards.mrkdwn import code, escape, moment
from remediator.ports.verb import Verb
from remediator.ports.verbs import VERBS

_FOREVER = "This cannot be undone"


def draw(card: Card, request: CardRequest, mentions: Mentions) -> tuple[b.Block, ...]:
    """Return the blocks of a plan that waits. Approve is there only where the whole plan is."""
    plan = steps.planned(card)
    return (
        b.header(f"Approve {card.playbook} on {run_parts.name(card)}?"),
        *b.section(
            b.lines((f"🚨 {run_parts.alert(card)}", escape(card.summary), run_parts.links(card)))
        ),
        *b.section(run_parts.evidence(card)),
        *b.section(run_parts.seen(card)),
        *b.section(_changed(request)),
        *b.section(_plan(card, plan), most=limits.SECTION),
        *b.fields(*_fields(card, request)),
        *b.context(*_who_and_when(card, request, mentions)),
        b.actions(*_buttons(card, request, is_whole=not plan.hidden and bool(plan.lines))),
    )


def confirm(card: Card, request: CardRequest) -> b.Block:
    """Return the dialog that says once more what a yes means."""
    changes = steps.changes(card)
    where = run_parts.name(card) if card.targets <= 1 else f"{card.targets} targets"
    plan = f"Plan {request.digest[:DIGEST_LENGTH]}."
    warning = f"{_FOREVER}. " if card.irreversible else ""
    said = f"{counted(len(changes), 'change')} on {where}: " + "; ".join(
        one_line(f"{c.summary}, {c.most}" if c.most else c.summary, 120) for c in changes
    )
    room = limits.CONFIRM_TEXT - len(warning) - len(plan) - 2
    return b.confirmation(
        _FOREVER if card.irreversible else "Approve this plan?",
        f"{warning}{one_line(said, room).rstrip('.')}. {plan}",
        "Approve",
        style="danger" if card.irreversible else "primary",
    )


def offers(card: Card, verbs: Iterable[Verb] = VERBS) -> tuple[b.Block, ...]:
    """Return the buttons of verbs that have one on every card where people are wanted: `I'll take it`."""
    value = value_of(card.run)
    return tuple(b.button(action_of(verb), verb.button, value) for verb in verbs if verb.button)


def details(card: Card) -> b.Block:
    """Return the button that shows everything there is to know."""
    return b.button(Button.DETAILS, "Details", value_of(card.run))


def _plan(card: Card, plan: steps.Planned) -> str:
    return b.lines((_title(card), *plan.lines, _hidden(plan), *plan.others))


def _title(card: Card) -> str:
    if not card.irreversible:
        return "*Plan* (can be undone)"
    changes = steps.changes(card)
    forever = sum(not change.reversible for change in changes)
    mixed = f"{forever} of {len(changes)} changes cannot be undone"
    return f"*Plan* · ⚠️ *{_FOREVER if forever == len(changes) else mixed}*"


def _hidden(plan: steps.Planned) -> str:
    if not plan.hidden:
        return ""
    missing = counted(plan.hidden, "more change") if plan.lines else "The whole plan"
    verb = "is" if plan.hidden == 1 or not plan.lines else "are"
    return (
        f"*{missing} {verb} not shown here.* Review shows all of it, and asks for your yes there."
    )


def _changed(request: CardRequest) -> str:
    if not request.changed:
        return ""
    return b.lines(("*The plan has changed since it was first shown*", *run_parts.changed(request)))


def _fields(card: Card, request: CardRequest) -> tuple[str, ...]:
    number = len(steps.changes(card))
    size = f"{counted(number, 'change')} on {counted(card.targets, 'target')}"
    why = run_parts.reasons(card, request)
    return (
        f"*Blast radius*\n{size}",
        run_parts.guards(card),
        f"*Why you are asked*\n{why}" if why else "",
        f"*Last run here*\n{escape(request.history, 200)}" if request.history else "",
        run_parts.checks(card),
    )


def _who_and_when(card: Card, request: CardRequest, mentions: Mentions) -> tuple[str, ...]:
    names = (*request.groups, *request.users)
    of = mentions.call_all(names) or "any approver"
    already = ", ".join(escape(name, 80) for name in request.approved_by)
    return (
        f"Needs *{request.count}* of {of}",
        f"*{len(request.approved_by)} of {request.count}*: approved by {already}"
        if already
        else "",
        f"expires {moment(request.expires_at)}, {escape(request.otherwise, 200)}".rstrip(", "),
        f"plan {code(request.digest[:DIGEST_LENGTH])}",
        run_parts.run(card),
    )


def _buttons(card: Card, request: CardRequest, *, is_whole: bool) -> tuple[b.Block, ...]:
    value = value_of(card.run, request.digest)
    yes = "Approve (cannot be undone)" if card.irreversible else "Approve"
    first = (
        b.button(Button.APPROVE, yes, value, style="primary", confirm=confirm(card, request))
        if is_whole
        else b.button(Button.REVIEW, "Review the whole plan", value, style="primary")
    )
    reject = b.button(Button.REJECT, "Reject", value, style="danger")
    return (first, reject, *offers(card), details(card))


def review_button(card: Card, request: CardRequest) -> b.Block:
    """Return the button that opens the whole plan."""
    return b.button(Button.REVIEW, "Review", value_of(card.run, request.digest))
