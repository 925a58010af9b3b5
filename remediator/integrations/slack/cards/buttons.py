"""What a button carries: which verb, and of which run and plan. Everything else is on the server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from remediator.core.canonical import is_digest
from remediator.ports.verb import Choice, Verb

DIGEST_LENGTH = 8
"""So many digits of a digest are shown; a button carries all of them."""
_VALUE = re.compile(r"(run_[0-9a-z]{1,64})(?:\.([0-9a-f]{8}|[0-9a-f]{64}))?")


class Button(StrEnum):
    """The `action_id` of the buttons that cards place by hand, and of the modals that they open (`callback_id`).

    Those of other verbs are `action_of` them.
    """

    APPROVE = "run.approve"
    REJECT = "run.reject"
    DETAILS = "run.details"
    REVIEW = "run.review"  # in a digest: opens the plan in a modal, whose submission approves


def action_of(verb: Verb, choice: Choice | None = None) -> str:
    """Return the `action_id` of a verb's button, or of one of its choices: `run.take_over`, `run.applied`."""
    return f"run.{choice.word if choice else verb.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What a button's value says: the run, and the plan's digest where it is about a plan."""

    run: str
    digest: str = ""

    @property
    def is_older(self) -> bool:
        """Whether it is of an older version, whose buttons carried eight digits: too few for a yes."""
        return bool(self.digest) and not is_digest(self.digest)


def value_of(run: str, digest: str = "") -> str:
    """Return the value of a button."""
    return f"{run}.{digest}" if digest else run


def read_value(text: object) -> Pressed | None:
    """Read the value of a button; None where it is none of ours."""
    match = _VALUE.fullmatch(text) if isinstance(text, str) else None
    return Pressed(run=match[1], digest=match[2] or "") if match else None
