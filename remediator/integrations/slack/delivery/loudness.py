"""Which of a run's messages is said how in Slack: quietly in the thread, loudly for the whole channel. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from remediator.core.messages import Message, MessageKind

APART = frozenset({MessageKind.NOTICE, MessageKind.DIGEST})
"""What is no part of a run's story."""

LOUD = frozenset(
    {
        MessageKind.REMINDER,
        MessageKind.ESCALATION,
        MessageKind.FAILURE,
        MessageKind.HANDED_OVER,
        MessageKind.UNKNOWN,
    }
)
_ASKING = frozenset({MessageKind.PLAN, MessageKind.REMINDER})


def drawn(messages: Sequence[Message]) -> Message | None:
    """Return the message that the root is to be drawn from; None where all that happens is that somebody is called."""
    story = [message for message in messages if message.kind is not MessageKind.ESCALATION]
    with_cards = [message for message in story if message.card]
    return (with_cards or story)[-1] if story else None


def is_loud(message: Message, messages: Sequence[Message]) -> bool:
    """Say whether a message is worth a sound; one that asks is not any more when it is old news."""
    if message.kind not in LOUD | _ASKING:
        return False
    return message.kind not in _ASKING or _is_asked(message, messages)


def rings(message: Message) -> bool:
    """Say whether a root message that is drawn from this one is to call people when it is new."""
    request = message.card.request if message.card else None
    return message.kind in LOUD | _ASKING or bool(request and request.is_open)


def grouped(
    messages: Iterable[Message], batch: Sequence[Message], *, is_new: bool
) -> Iterator[tuple[bool, tuple[Message, ...]]]:
    """Return the messages in order, the quiet ones that follow each other together, each loud one alone.

    Below a root that is new, nobody is asked again: the root itself asks.
    """

    def loud(message: Message) -> bool:
        return is_loud(message, batch) and not (is_new and message.kind in _ASKING)

    for is_call, group in groupby(messages, loud):
        these = tuple(group)
        yield from ((True, (message,)) for message in these) if is_call else ((False, these),)


def _is_asked(message: Message, messages: Sequence[Message]) -> bool:
    """Say whether people are still asked what this message asks, and no later one asks it again."""
    behind = messages[messages.index(message) + 1 :]
    if any(later.kind in _ASKING for later in behind):
        return False
    newest = next((later.card for later in reversed(messages) if later.card), None)
    return newest is None or bool(newest.request and newest.request.is_open)
