"""`host.command`: run one of the commands that the settings allow by name; there are no other free commands.

A playbook names a command and fills its parameters, each of which must match the operator's pattern whole
(core/allowed_command.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from remediator.actions.receipts import (
    HOST_TARGETS,
    check_holds,
    complaint,
    host_identity,
    sight_of,
)
from remediator.core.allowed_command import (
    COMMAND_NAME,
    AllowedCommand,
    allowed,
    checked_values,
    filled,
)
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import ActionError, Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.parameters import Parameters
from remediator.ports.shell import Looker, Shell, shell_rights


class CommandParameters(Parameters):
    """Run the command `name` of the settings' `commands`, with values for its parameters."""

    name: Annotated[str, Field(pattern=COMMAND_NAME)]
    parameters: dict[str, str] = Field(default_factory=dict)


class CommandProposer:
    """Fills in the words and asks the check."""

    def __init__(self, looker: Looker, commands: Mapping[str, AllowedCommand]) -> None:
        self._looker = looker
        self._commands = commands

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted: CommandParameters = request.parameters
        command = allowed(self._commands, wanted.name)
        values = checked_values(command.parameters, wanted.parameters)
        argv = filled(command.argv, values)
        check = filled(command.check, values) if command.check else None
        held = await check_holds(self._looker, request.target, check)
        return Change(
            step=request.step,
            action="host.command",
            target=request.target,
            intent={"name": wanted.name, "argv": argv, "check": check},
            version=await host_identity(self._looker, request.target),
            summary=f"run {wanted.name} on {request.target}: {one_line(' '.join(argv))}",
            effect=ActionEffect.REVERSIBLE if command.reversible else ActionEffect.IRREVERSIBLE,
            before={"check": held},
            after={"check": True} if check else {},
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the receipt, then the check; a check that held already before proves nothing."""
        sight = sight_of(await self._looker.receipt(change.target, ticket.token))
        if sight.observation not in (Observation.APPLIED, Observation.UNKNOWABLE):
            return sight
        holds = await check_holds(self._looker, change.target, change.intent["check"])
        if sight.observation is Observation.APPLIED and holds is False:
            detail = "the command ended well, but its check does not hold"
            return Sight(observation=Observation.DIVERGED, detail=detail)
        if sight.observation is Observation.UNKNOWABLE and holds and not change.before["check"]:
            detail = "its check holds, which it did not before"
            return Sight(observation=Observation.APPLIED, detail=detail)
        return sight

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """A free command has no way back that we know."""
        return None


class CommandApplier:
    """Runs the command."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run it; a command that fails, or whose check does not hold afterwards, is Permanent."""
        if await host_identity(self._shell, change.target) != change.version:
            raise Stale("the host was booted since", target=str(change.target))
        output = await self._shell.change(
            change.target,
            change.intent["argv"],
            token=ticket.token,
            fence=ticket.fence,
            not_after=ticket.not_after,
            timeout=ticket.timeout,
        )
        name = change.intent["name"]
        if not output.ok:
            raise Permanent(f"{name}: {complaint(output)}", target=str(change.target))
        if await self._check(change) is False:
            detail = f"{name} ended well, but its check does not hold"
            raise Permanent(detail, target=str(change.target))
        said = one_line(output.stdout.strip().rpartition("\n")[2])
        return Measure(summary=f"ran {name}{': ' if said else ''}{said}", seconds=output.seconds)

    async def _check(self, change: Change) -> bool | None:
        """Ask the check; an error here is no answer, for the command has run."""
        try:
            return await check_holds(self._shell, change.target, change.intent["check"])
        except ActionError:
            return None


def _proposer(gateways: Mapping[str, Any]) -> CommandProposer:
    return CommandProposer(gateways["looker"], gateways.get("commands", {}))


def _applier(gateways: Mapping[str, Any]) -> CommandApplier:
    return CommandApplier(gateways["shell"])


ACTIONS = (
    Action(
        name="host.command",
        doc="Run a command that the settings allow by name, with parameters that match their patterns.",
        parameters=CommandParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
        targets=HOST_TARGETS,
        example="host.command: {name: restart-agent, parameters: {unit: agent.service}}",
        proposer=_proposer,
        applier=_applier,
        rights=shell_rights,
    ),
)
