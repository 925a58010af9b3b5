"""`lamp`: is it lit?"""

from typing import Literal

from acme_remediator.api import LAMPS, Lamps
from remediator.sdk import Answer, Check, Known, Parameters, Question


class LampParameters(Parameters):
    """Whether the target is lit."""

    state: Literal["lit"]


class LampChecker:
    """Looks at the lamp."""

    def __init__(self, lamps: Lamps) -> None:
        self._lamps = lamps

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        lit = self._lamps.is_lit(question.target.name)
        known = Known.HOLDS if lit else Known.FAILS
        return Answer(known=known, detail="lit" if lit else "dark", at=question.now)


CHECKS = (
    Check(
        name="lamp",
        doc="A lamp is lit.",
        parameters=LampParameters,
        shorthand="state",
        example="lamp: lit",
        checker=lambda reads: LampChecker(reads[LAMPS]),
    ),
)
