"""What people are told when somebody pauses something, or ends a pause: the brake is everybody's business."""

from __future__ import annotations

from remediator.core.facts import Pause
from remediator.core.messages import Message, MessageKind


def paused(pause: Pause) -> Message:
    """Say who stopped what, until when and why."""
    until = f" until {pause.until:%Y-%m-%d %H:%M} UTC" if pause.until else ""
    why = f": {pause.reason}" if pause.reason else ""
    text = f"{pause.who} paused {_where(pause)}{until}{why}. Nothing new is changed there."
    return _message(pause, "paused", f"Paused: {_where(pause)}", text)


def resumed(pause: Pause, who: str) -> Message:
    """Say who ended a pause."""
    text = f"{who} ended the pause of {_where(pause)} that {pause.who} had set."
    return _message(pause, "resumed", f"No longer paused: {_where(pause)}", text)


def _where(pause: Pause) -> str:
    return "everything" if pause.scope == "all" else pause.scope


def _message(pause: Pause, what: str, title: str, text: str) -> Message:
    return Message(
        kind=MessageKind.NOTICE,
        run_id="",
        thread=pause.id,
        deduplication=f"{pause.id}:{what}",
        title=title,
        text=text,
        body={"pause": pause.id, "scope": pause.scope, "who": pause.who, "reason": pause.reason},
    )
