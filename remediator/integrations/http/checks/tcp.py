"""The check `tcp`: does somebody listen on a port? Only hosts under `http.allow` are tried; nothing is said.

A refused connection does not hold; no answer in time is unknown, as is a name that does not resolve.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.http.api import TCP, NotListening, Tcp
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters


class TcpParameters(Parameters):
    """A host, a port, and how long to wait for the connection."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]
    within: Duration = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class TcpChecker:
    """Connects through the gateway that knows which hosts are allowed."""

    tcp: Tcp

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker. The answer's value is the seconds it took to connect."""
        wanted = TcpParameters.of(question.parameters)
        try:
            seconds = await self.tcp.connect(wanted.host, wanted.port, timeout=wanted.within)
        except NotListening as error:
            return Answer(known=Known.FAILS, detail=one_line(error.detail), at=question.now)
        except ActionError as error:
            return unknown(one_line(error.detail))
        detail = f"connected in {seconds * 1000:.0f} ms"
        return Answer(known=Known.HOLDS, detail=detail, value=seconds, at=question.now)


def _checker(reads: Reads) -> TcpChecker:
    return TcpChecker(reads[TCP])


CHECKS = (
    Check(
        name="tcp",
        doc="A port on an allowed host accepts connections.",
        parameters=TcpParameters,
        shorthand="",
        example="tcp: {host: db1, port: 5432, within: 5s}",
        checker=_checker,
    ),
)
