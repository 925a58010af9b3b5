"""What the actions on allowed commands share, wherever the command runs: filling it in, running it once, and its check.

A check that held already before the command proves nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from remediator.core.change import ActionEffect, Change
from remediator.core.errors import ActionError, Partial, Transient
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.integrations.shell.allowed_command import (
    COMMAND_NAME,
    allowed,
    checked_values,
    filled,
)
from remediator.integrations.shell.api import Looker, Output, Shell
from remediator.integrations.shell.receipts import (
    change_error,
    check_holds,
    complaint,
    run_once,
    sight_of,
)
from remediator.integrations.shell.settings import Command
from remediator.integrations.shell.tool_words import TRY_AGAIN
from remediator.ports.action import Sight, Ticket
from remediator.ports.parameters import CommandName, Parameters


class CommandParameters(Parameters):
    """Run the command `name` of the settings' `commands`, with values for its parameters."""

    name: Annotated[str, Field(pattern=COMMAND_NAME), CommandName()]
    parameters: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """An allowed command with its parameters filled in."""

    argv: list[str]
    check: list[str] | None
    effect: ActionEffect


def words_of(commands: Mapping[str, Command], wanted: CommandParameters) -> Words:
    """Return the words of a command; raise Permanent where the settings do not allow it so."""
    command = allowed(commands, wanted.name)
    values = checked_values(command.parameters, wanted.parameters)
    return Words(
        argv=filled(command.argv, values),
        check=filled(command.check.argv, values) if command.check else None,
        effect=ActionEffect.REVERSIBLE if command.reversible else ActionEffect.IRREVERSIBLE,
    )


async def checked_sight(looker: Looker, change: Change, sight: Sight) -> Sight:
    """Return what a receipt says, corrected by the check."""
    if sight.observation not in (Observation.APPLIED, Observation.UNKNOWABLE):
        return sight
    holds = await check_holds(looker, change.target, change.intent["check"])
    if sight.observation is Observation.APPLIED and holds is False:
        detail = "the command ended well, but its check does not hold"
        return Sight(observation=Observation.DIVERGED, detail=detail)
    if sight.observation is Observation.UNKNOWABLE and holds and not change.before["check"]:
        detail = "its check holds, which it did not before"
        return Sight(observation=Observation.APPLIED, detail=detail)
    return sight


async def run_command(shell: Shell, change: Change, ticket: Ticket) -> Output:
    """Run the planned words once; raise Partial where the command fails, Transient where it says to try again later."""
    output = await run_once(shell, change, ticket)
    detail = f"{change.intent['name']}: {complaint(output)}"
    if output.exit_code == TRY_AGAIN:
        raise Transient(f"{detail} (exit code {TRY_AGAIN})", target=str(change.target))
    if not output.ok:
        raise change_error(change.target, change.intent["argv"][0], output, detail)
    return output


async def command_receipt(looker: Looker, change: Change, token: str) -> Sight:
    """Return what the receipt of a command says."""
    receipt = await looker.receipt(change.target, token)
    if receipt.output and receipt.output.exit_code == TRY_AGAIN:
        detail = f"its receipt says that it is to be tried again (exit code {TRY_AGAIN})"
        return Sight(observation=Observation.NOT_APPLIED, detail=detail)
    return sight_of(receipt, change.intent["argv"][0])


async def proven(shell: Shell, change: Change, output: Output) -> Measure:
    """Return what a command that ran came to; raise Partial where its check does not hold afterwards."""
    name = change.intent["name"]
    if await _check(shell, change) is False:
        detail = f"{name} ended well, but its check does not hold"
        raise Partial(detail, target=str(change.target))
    said = one_line(output.stdout.strip().rpartition("\n")[2])
    return Measure(summary=f"ran {name}{': ' if said else ''}{said}", seconds=output.seconds)


async def _check(shell: Shell, change: Change) -> bool | None:
    """Ask the check; an error here is no answer, for the command has run."""
    try:
        return await check_holds(shell, change.target, change.intent["check"])
    except ActionError:
        return None
