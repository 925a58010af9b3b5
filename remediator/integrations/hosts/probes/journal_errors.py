"""The probe `journal.errors`: the last errors in the journal, of the host or of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.duration import format_duration
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.hosts.knowledge.grammars import AGE, LINES, UNIT, UNIT_NAME
from remediator.integrations.hosts.rights import root_rights
from remediator.integrations.shell.api import LOOKER, Looker
from remediator.integrations.shell.looking import LONGEST_LINE, look
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters
from remediator.ports.probe import Probe


class ErrorsParameters(Parameters):
    """Show the last `lines` messages of priority error or worse within `since`, of one `unit` where it is named."""

    since: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(hours=1)
    unit: Annotated[str, Field(pattern=f"^{UNIT_NAME}$")] | None = None
    lines: Annotated[int, Field(ge=1, le=100)] = 20


@dataclass(frozen=True, slots=True)
class ErrorsProber:
    """Asks journalctl."""

    looker: Looker

    async def probe(
        self,
        target: Target,
        parameters: Parameters,
        timeout: timedelta,
    ) -> Evidence:
        """See ports.probe.Prober."""
        wanted = ErrorsParameters.of(parameters)
        found = await look(self.looker, target, errors_words(wanted), timeout, sudo=True)
        messages = [line for line in found.text.splitlines() if line.strip()][-wanted.lines :]
        whose = wanted.unit or target.name
        return Evidence(
            probe="journal.errors",
            title=f"Errors of {whose} in the last {format_duration(wanted.since)}",
            lines=tuple(one_line(message, LONGEST_LINE) for message in messages)
            or (() if found.problem else ("none",)),
            problem=found.problem,
        )


def errors_words(wanted: ErrorsParameters) -> list[str]:
    """Return the journalctl command."""
    since = f"--since=-{int(wanted.since.total_seconds())}s"
    unit = [f"--unit={wanted.unit}"] if wanted.unit else []
    quiet = ["--quiet", "--no-pager", "--no-hostname", "--output=short-iso", "--priority=err"]
    return ["journalctl", *quiet, since, f"--lines={wanted.lines}", *unit]


def _prober(reads: Reads) -> ErrorsProber:
    return ErrorsProber(reads[LOOKER])


PROBES = (
    Probe(
        name="journal.errors",
        doc="The last errors in the journal, of the host or of one unit.",
        parameters=ErrorsParameters,
        targets=("host",),
        example="journal.errors: {since: 1h, unit: nginx.service}",
        prober=_prober,
        rights=root_rights(
            ErrorsParameters,
            lambda wanted: [errors_words(wanted)],
            since=AGE,
            unit=UNIT,
            lines=LINES,
        ),
    ),
)
