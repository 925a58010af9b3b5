"""How probes on hosts look: best effort, as root where sudo allows it; a failure is a sentence, not an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from remediator.core.errors import ActionError
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.shell.api import Looker

LONGEST_LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a command printed, also where it failed half-way; `problem` says why it did."""

    text: str = ""
    problem: str = ""


async def look(
    looker: Looker, target: Target, argv: Sequence[str], limit: timedelta, *, sudo: bool = False
) -> Found:
    """Run a command; where sudo refuses it, run it as the user we are."""
    try:
        output = await looker.look(target, argv, timeout=limit, sudo=sudo)
        if sudo and not output.ok and output.stderr.startswith("sudo:"):
            output = await looker.look(target, argv, timeout=limit)
    except ActionError as error:
        return Found(problem=one_line(error.detail))
    problem = "" if output.ok else f"{argv[0]}: {one_line(output.complaint)}"
    return Found(text=output.stdout, problem=problem)


def first_problem(*found: Found) -> str:
    """Return the first problem there was."""
    return next((one.problem for one in found if one.problem), "")
