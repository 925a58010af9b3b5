"""The check `unit`: has a systemd unit failed, or is it active, as the host itself says now?

A unit that the host does not know, and a host that cannot be asked, are no answer: unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.hosts.knowledge.unit import parse_properties, show_words
from remediator.integrations.shell.api import LOOKER, Looker, shell_rights
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters

_LOOK = timedelta(seconds=20)
_STATES = {"active": ("active", "reloading"), "failed": ("failed",)}


class UnitParameters(Parameters):
    """Whether the unit of this full name is `active` or has `failed`, as `systemctl is-active` and `is-failed` say."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9@_.:-]{0,200}\.[a-z]+$")]
    state: Literal["active", "failed"]


@dataclass(frozen=True, slots=True)
class UnitChecker:
    """Asks systemd on the target."""

    looker: Looker

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        wanted = UnitParameters.of(question.parameters)
        try:
            output = await self.looker.look(question.target, show_words(wanted.name), timeout=_LOOK)
        except ActionError as error:
            return unknown(one_line(error.detail))
        said = parse_properties(output.stdout)
        if not output.ok:
            return unknown(f"systemctl: {one_line(output.complaint)}")
        if (loaded := said.get("LoadState", "nothing")) != "loaded":
            return unknown(f"systemd says {one_line(loaded)}")
        active = said.get("ActiveState", "unknown")
        return Answer(
            known=Known.HOLDS if active in _STATES[wanted.state] else Known.FAILS,
            detail=one_line(f"{wanted.name} is {active} ({said.get('SubState', 'unknown')})"),
            at=question.now,
        )


def _checker(reads: Reads) -> UnitChecker:
    return UnitChecker(reads[LOOKER])


CHECKS = (
    Check(
        name="unit",
        doc="A systemd unit of the target host is active, or has failed.",
        parameters=UnitParameters,
        shorthand="",
        example="unit: {name: nginx.service, state: failed}",
        checker=_checker,
        rights=shell_rights,
    ),
)
