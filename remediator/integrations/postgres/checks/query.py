"""`postgres`: a question to the database, by its name in the settings: no playbook holds SQL, and no SQL a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.postgres.api import POSTGRES, Databases
from remediator.ports.check import Check, Question
from remediator.ports.parameters import Parameters


class QueryParameters(Parameters):
    """A check of the settings, and the database where it is not the run's target."""

    check: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    database: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")] | None = None


@dataclass(frozen=True, slots=True)
class QueryChecker:
    """Asks, in a transaction that can only read."""

    databases: Databases

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker. Anything but a yes or a no is unknown."""
        wanted = QueryParameters.of(question.parameters)
        target = Target("postgres", wanted.database) if wanted.database else question.target
        if target.kind != "postgres":
            return unknown(f"{target} is no database: say which in `database`")
        try:
            found = await self.databases.answer(target, wanted.check)
        except ActionError as error:
            return unknown(one_line(error.detail))
        if not isinstance(found, bool):
            said = "no row" if found is None else type(found).__name__
            return unknown(f"{wanted.check} of {target} answers {said}, not true or false")
        known = Known.HOLDS if found else Known.FAILS
        detail = f"{wanted.check} of {target} is {str(found).lower()}"
        return Answer(known=known, detail=detail, value=float(found), at=question.now)


CHECKS = (
    Check(
        name="postgres",
        doc="A query of the settings (`postgres.checks`) answers true.",
        parameters=QueryParameters,
        shorthand="check",
        example="postgres: {check: pool_has_room, database: orders}",
        checker=lambda reads: QueryChecker(reads[POSTGRES]),
    ),
)
