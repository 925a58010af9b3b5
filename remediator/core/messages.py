"""Message values: what people should be told, before any channel gives it a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from remediator.core.card import Card


class MessageKind(StrEnum):
    """What a message is about; channels choose form and loudness by it."""

    PLAN = "plan"  # a plan awaits approval
    PROGRESS = "progress"  # something moved; may be dropped or merged by a channel
    RESULT = "result"  # it ran and was verified
    FAILURE = "failure"  # it ended without fixing the alert
    HANDED_OVER = "handed_over"  # a playbook without steps has looked, the rest is for people
    DRY_RUN = "dry_run"  # what would have been done
    WITHDRAWN = "withdrawn"  # the alert resolved, or a person stopped it
    BLOCKED = "blocked"  # a guard said no
    REMINDER = "reminder"  # a plan still waits
    UNKNOWN = "unknown"  # nobody knows whether a change was made; people must say
    ESCALATION = "escalation"  # somebody is called
    NOTICE = "notice"  # about the daemon itself: breaker, storm, reload
    DIGEST = "digest"  # many runs at once, instead of a message for each


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Many runs in one message: the first of those that await approval, how many do in all, and how others ended."""

    waiting: tuple[Card, ...]
    waits: int
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something people should be told. All texts are plain: every channel escapes for itself.

    `text` is one full sentence that stands alone. `thread` groups a run's messages; `deduplication` is unique for
    ever. `facts` are short label/value pairs, `lines` the body, `body` the whole value for machines (webhook), `card`
    the run at that moment for channels that can draw, `digest` the many runs of a DIGEST.
    """

    kind: MessageKind
    run_id: str
    thread: str
    deduplication: str
    title: str
    text: str
    lines: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] = field(default_factory=dict)
    to: str = ""
    at: datetime | None = None
    due_at: datetime | None = None
    while_firing: str = ""
    card: Card | None = None
    digest: Digest | None = None
