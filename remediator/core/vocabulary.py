"""What phases, outcomes, step states and guards' rulings are called where people read them: one row each.

A column is a place that says it. Messages, cards, timelines and commands take their words from here; only what a
place alone says (Slack's marks, a command's hints) stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from remediator.core.events import Outcome, Settlement
from remediator.core.run import StepState


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: as the first words of a timeline's line, and as a sentence for whoever was just woken up."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StepWords:
    """What became of a step: in a message, on a card, and to whoever looks at the run now."""

    message: str
    card: str
    now: str


ENDINGS: Mapping[Outcome, Ending] = {
    Outcome.RESOLVED: Ending("Resolved", "RESOLVED: the remedy worked and was verified"),
    Outcome.UNRESOLVED: Ending(
        "Not fixed", "NOT FIXED: the remedy ran, and the alert's cause is still there"
    ),
    Outcome.FAILED: Ending("Failed", "FAILED"),
    Outcome.OUTCOME_UNKNOWN: Ending(
        "Outcome unknown",
        "OUTCOME UNKNOWN: a change may or may not have been made; look at the target",
    ),
    Outcome.BLOCKED: Ending("Blocked", "BLOCKED: a guard said no; nothing was changed"),
    Outcome.REJECTED: Ending("Rejected", "REJECTED"),
    Outcome.EXPIRED: Ending("Expired", "EXPIRED: nobody decided in time"),
    Outcome.WITHDRAWN: Ending(
        "Withdrawn", "WITHDRAWN: the alert resolved before anything was needed"
    ),
    Outcome.CANCELLED: Ending("Cancelled", "CANCELLED"),
    Outcome.HANDED_OVER: Ending(
        "Handed over", "HANDED OVER: people go on from here; nothing was changed"
    ),
    Outcome.DRY_RUN: Ending("Dry run", "DRY RUN: nothing was changed"),
}

STEPS: Mapping[StepState, StepWords] = {
    StepState.APPLIED: StepWords("done", "done", "done"),
    StepState.FAILED: StepWords("failed", "failed", "failed"),
    StepState.SKIPPED: StepWords("left out", "left out", "left out"),
    StepState.UNKNOWN: StepWords("unknown", "unknown", "nobody knows whether it was made"),
    StepState.WAITING: StepWords("not tried", "not tried", "not begun"),
    StepState.INTENDED: StepWords("started", "under way", "under way"),
    StepState.DOUBTED: StepWords(
        "in doubt", "under way, being looked at", "in doubt, being looked at"
    ),
}

SETTLEMENTS: Mapping[Settlement, str] = {
    Settlement.APPLIED: "it was applied",
    Settlement.NOT_APPLIED: "it was not applied",
    Settlement.ABANDON: "give it up",
}


def spelled(word: str) -> str:
    """Return one of our words as people write it: `awaiting approval`."""
    return word.replace("_", " ")


def counted(count: int, noun: str) -> str:
    """Return `1 change`, `2 changes`."""
    return f"{count} {noun}{'s' if count != 1 else ''}"


def looked(check: str, known: str, detail: str) -> str:
    """Say what one look of a check found."""
    return f"{check}: {known}" + (f" ({detail})" if detail else "")


def found(title: str, problem: str) -> str:
    """Say what a probe found, and why it could not look where it could not."""
    return title + (f" ({problem})" if problem else "")
