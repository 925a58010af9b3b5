"""The messages of a run that has ended, by how it ended; the first words say whether anything was changed."""

from __future__ import annotations

from remediator.core.card import Card
from remediator.core.events import Outcome
from remediator.core.verdict import Ruling
from remediator.core.vocabulary import counted
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import limits, run_parts, steps
from remediator.integrations.slack.cards.buttons import DIGEST_LENGTH
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape, moment
from remediator.integrations.slack.cards.plan_card import details, offers

_FOR_PEOPLE = frozenset(
    outcome.value
    for outcome in (
        Outcome.UNRESOLVED,
        Outcome.FAILED,
        Outcome.OUTCOME_UNKNOWN,
        Outcome.EXPIRED,
        Outcome.HANDED_OVER,
    )
)
_WOULD = {
    Ruling.ALLOW: "automatic, no approval",
    Ruling.ASK: "after approval",
    Ruling.DEFER: "later, when the guards let it",
    Ruling.DENY: "not at all",
}
_STOPPED = {
    Outcome.BLOCKED.value: ("⛔", "not allowed"),
    Outcome.REJECTED.value: ("✋", "rejected"),
    Outcome.CANCELLED.value: ("✋", "stopped"),
    Outcome.EXPIRED.value: ("⌛", "nobody decided"),
    Outcome.HANDED_OVER.value: ("🤝", "over to you"),
}

_UNTOUCHED = frozenset({Outcome.BLOCKED.value, Outcome.EXPIRED.value, Outcome.HANDED_OVER.value})


def draw(card: Card, note: str) -> tuple[b.Block, ...]:
    """Return the blocks of an ended run; `note` is what a person has done since (mrkdwn)."""
    if card.outcome == Outcome.RESOLVED.value:
        return _resolved(card)
    if card.outcome == Outcome.DRY_RUN.value:
        return _rehearsed(card)
    if card.outcome == Outcome.WITHDRAWN.value:
        return _withdrawn(card)
    if card.outcome in _STOPPED:
        return _stopped(card, note)
    return _failed(card, note)


def _resolved(card: Card) -> tuple[b.Block, ...]:
    gone = f"The alert resolved {moment(card.resolved_at)}." if card.resolved_at else ""
    return (
        b.header(card.headline),
        *b.section(b.lines((f"✅ {bold(card.remedy)}", run_parts.verified(card), gone))),
        *b.section(steps.done(card), most=limits.SECTION),
        *b.context(
            run_parts.decided(card), _took(card), code(card.playbook, 80), run_parts.run(card)
        ),
    )


def _failed(card: Card, note: str) -> tuple[b.Block, ...]:
    why = f"🔴 *{run_parts.sentences(card.reason)}*" if card.reason else "🔴 *It did not help.*"
    return (
        b.header(f"{card.headline}: not fixed"),
        *b.section(b.lines((why, escape(card.remedy), run_parts.verified(card)))),
        *b.section(
            b.lines(("*Tried*", steps.done(card)) if card.steps else ()), most=limits.SECTION
        ),
        *b.section(run_parts.evidence(card, " (before the run)")),
        *b.context(
            _decided_if_done(card), _took(card), code(card.playbook, 80), run_parts.run(card)
        ),
        *_offers(card, note),
    )


def _rehearsed(card: Card) -> tuple[b.Block, ...]:
    plan = steps.planned(card)
    more = f"… and {counted(plan.hidden, 'more change')} under Details" * bool(plan.hidden)
    undo = " (*cannot be undone*)" if card.irreversible else ""
    would = f"It would have run{undo}:" if card.digest else escape(card.reason)
    ruling = max((v.ruling for v in card.verdicts), default=Ruling.ALLOW)
    return (
        b.header(f"Dry run: {card.headline}"),
        *b.section(
            b.lines((f"🧪 *Nothing was changed.* {would}", *plan.lines, more, *plan.others))
        ),
        *b.fields(
            f"*Would have been*\n{_WOULD[ruling]}", run_parts.guards(card), run_parts.checks(card)
        ),
        *b.context(f"{code(card.playbook, 80)} is in dry run", _plan(card), run_parts.run(card)),
        b.actions(details(card)),
    )


def _withdrawn(card: Card) -> tuple[b.Block, ...]:
    plan = "The plan was withdrawn" if card.digest else ""
    return (
        b.header(f"{card.headline}: resolved"),
        *b.section(f"🟢 {run_parts.sentences(card.reason, plan)} {bold(card.remedy)}"),
        *b.context(_took(card), _plan(card), run_parts.run(card)),
    )


def _stopped(card: Card, note: str) -> tuple[b.Block, ...]:
    mark, word = _STOPPED[card.outcome]
    why = max(card.verdicts, key=lambda v: v.ruling, default=None)
    clears = f"*What would clear it*\n{escape(why.clears, 300)}" if why and why.clears else ""
    is_blocked = card.outcome == Outcome.BLOCKED.value
    return (
        b.header(f"{card.headline}: {word}"),
        *b.section(b.lines((f"{mark} {run_parts.sentences(card.reason)}", bold(card.remedy)))),
        *(b.fields(clears) if is_blocked else ()),
        *(b.section(run_parts.evidence(card)) if card.outcome in _UNTOUCHED else ()),
        *b.context(_took(card), _plan(card), code(card.playbook, 80), run_parts.run(card)),
        *(_offers(card, note) if card.outcome in _FOR_PEOPLE else ()),
    )


def _offers(card: Card, note: str) -> tuple[b.Block, ...]:
    """Return the buttons of a run that was not fixed, until a person has taken it."""
    return b.context(note) if note else (b.actions(*offers(card), details(card)),)


def _decided_if_done(card: Card) -> str:
    return run_parts.decided(card) if any(step.seconds for step in card.steps) else ""


def _plan(card: Card) -> str:
    return f"plan {code(card.digest[:DIGEST_LENGTH])}" if card.digest else ""


def _took(card: Card) -> str:
    return f"took {escape(card.took, 40)}" if card.took else ""
