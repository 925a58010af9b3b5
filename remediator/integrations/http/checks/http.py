"""The check `http`: does a URL answer as said? Only hosts under `http.allow` are asked, and no redirect is followed.

A refused connection does not hold: the host said so itself. No answer in time is unknown, as is a host that is not
allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.http.api import HTTP, Http, NotListening, Response
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, int | str) and not isinstance(value, bool) else value


_Status = Annotated[int, Field(ge=100, le=599)]


class HttpParameters(Parameters):
    """A URL to GET, the status (or statuses) and a text that its answer must have, and how long to wait for it."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    status: Annotated[
        tuple[_Status, ...],
        BeforeValidator(_one_or_many, json_schema_input_type=_Status | tuple[_Status, ...]),
        Field(min_length=1, max_length=20),
    ] = (200,)
    contains: Annotated[str, Field(max_length=2000)] = ""
    within: Duration = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class HttpChecker:
    """Asks the URL through the gateway that knows which hosts are allowed."""

    http: Http

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        wanted = HttpParameters.of(question.parameters)
        try:
            response = await self.http.request("GET", wanted.url, timeout=wanted.within)
        except NotListening as error:
            return Answer(known=Known.FAILS, detail=one_line(error.detail), at=question.now)
        except ActionError as error:
            return unknown(one_line(error.detail))
        return _compared(question, wanted, response)


def _compared(question: Question, wanted: HttpParameters, response: Response) -> Answer:
    known, detail = Known.HOLDS, f"status {response.status}"
    if response.status not in wanted.status:
        known, detail = Known.FAILS, f"{detail}, wanted {', '.join(map(str, wanted.status))}"
    elif wanted.contains not in response.body:
        known, detail = Known.FAILS, f"{detail}, without {one_line(wanted.contains, 80)!r}"
    return Answer(known=known, detail=detail, value=float(response.status), at=question.now)


def _checker(reads: Reads) -> HttpChecker:
    return HttpChecker(reads[HTTP])


CHECKS = (
    Check(
        name="http",
        doc="A URL on an allowed host answers with the wanted status and text.",
        parameters=HttpParameters,
        shorthand="url",
        example="http: {url: 'https://shop.example.com/health', status: 200, contains: ok, within: 5s}",
        checker=_checker,
    ),
)
