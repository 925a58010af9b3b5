"""What is said in a run's thread: quiet lines, and loud replies that the channel sees too. Pure; for the deliverer."""

from __future__ import annotations

from collections.abc import Sequence

from remediator.core.message_text import as_text
from remediator.core.messages import Message, MessageKind
from remediator.core.plaintext import clean
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import limits, run_parts
from remediator.integrations.slack.cards.cards import Drawing, notification
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.cards.mrkdwn import bold, clock, escape, unlinked

_MOST_LINES = 8
_LONGEST_LINE = 200
_ROOM = 10_000  # for quiet lines: what all blocks together may hold, and a little less
_LONG_OUTPUT = frozenset({MessageKind.FAILURE, MessageKind.HANDED_OVER, MessageKind.UNKNOWN})
_MARKS = {
    MessageKind.REMINDER: "⏰",
    MessageKind.ESCALATION: "🔔",
    MessageKind.FAILURE: "🔴",
    MessageKind.HANDED_OVER: "🤝",
    MessageKind.UNKNOWN: "❓",
    MessageKind.PLAN: "🔁",
}


def reply(messages: Sequence[Message], mentions: Mentions) -> Drawing | None:
    """Return one quiet reply with a line per message, in order; None where there is nothing to say."""
    lines = [_line(message) for message in messages if message.text.strip()]
    if not lines:
        return None
    return Drawing(text=notification(messages[-1]), blocks=_sections(lines))


def call(message: Message, mentions: Mentions) -> Drawing:
    """Return the reply that calls people: who is meant, what happened, and what there is to know at once."""
    mark = _MARKS.get(message.kind, "")
    called = _called(message, mentions)
    said = " ".join(filter(None, (mark, called, bold(message.text, 1000))))
    text = " ".join(filter(None, (unlinked(called), notification(message))))
    asked = "Answer with the buttons of the message that this thread belongs to."
    return Drawing(
        text=limits.cut(text, limits.MESSAGE_TEXT),
        blocks=(
            *b.section(said),
            *b.section(b.lines(_shown(message)), most=limits.SECTION),
            *(b.context(asked) if message.kind is MessageKind.UNKNOWN else ()),
        ),
    )


def overflow(message: Message) -> str:
    """Return everything there is, as plain text for a file, where the reply could not show it; "" where it could."""
    if message.kind not in _LONG_OUTPUT:
        return ""
    found = [line for e in (message.card.evidence if message.card else ()) for line in e.lines]
    shown = [line for text in message.lines for line in text.split("\n")]
    fits = len(shown) <= _MOST_LINES and all(len(line) <= _LONGEST_LINE for line in shown)
    if fits and all(any(line in each for each in shown) for line in found):
        return ""
    return "\n".join((as_text(message), "", *_full_evidence(message))).rstrip() + "\n"


def _line(message: Message) -> str:
    stamp = f"{clock(message.at)} " if message.at else ""
    return f"{stamp}{escape(_short(message), 400)}"


def _short(message: Message) -> str:
    """Return a message's sentence without the headline, which stands in the root."""
    headline = message.card.headline if message.card else ""
    if message.kind is MessageKind.RESULT:
        return f"Verified. {message.text.removeprefix(f'{headline}. ')}"
    if not headline or not message.text.startswith((f"{headline}: ", f"{headline}. ")):
        return message.text
    return message.text[len(headline) + 2 :]


def _sections(lines: Sequence[str]) -> tuple[b.Block, ...]:
    """Put lines under each other in a few sections; of very many, the newest."""
    kept = b.whole(lines[::-1], _ROOM)
    missing = len(lines) - kept
    rest = [f"… {missing} earlier lines are not shown"] * bool(missing) + list(lines[missing:])
    blocks: list[b.Block] = []
    while rest:
        count = max(b.whole(rest), 1)
        blocks += b.section(b.lines(rest[:count]), most=limits.SECTION)
        rest = rest[count:]
    return tuple(blocks)


def _called(message: Message, mentions: Mentions) -> str:
    if message.kind is MessageKind.ESCALATION:
        return mentions.call(message.to) if message.to else ""
    request = message.card.request if message.card else None
    if message.kind not in (MessageKind.REMINDER, MessageKind.PLAN) or request is None:
        return ""
    return mentions.call_all((*request.groups, *request.users))


def _shown(message: Message) -> tuple[str, ...]:
    request = message.card.request if message.card else None
    if message.kind is MessageKind.PLAN and request and request.changed:
        return ("*The plan changed:*", *run_parts.changed(request, 10))
    if message.kind in (MessageKind.PLAN, MessageKind.REMINDER):
        return ()
    lines = [line for text in message.lines for line in text.split("\n")]
    more = f"… and {len(lines) - _MOST_LINES} more lines" if len(lines) > _MOST_LINES else ""
    return (*(escape(line, _LONGEST_LINE) for line in lines[:_MOST_LINES]), more)


def _full_evidence(message: Message) -> list[str]:
    lines: list[str] = []
    for found in message.card.evidence if message.card else ():
        lines += ["", clean(found.title), *(clean(line) for line in (found.problem, *found.lines))]
    return [line for line in lines if line or lines]
