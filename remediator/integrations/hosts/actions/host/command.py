"""`host.command`: run one of the commands that the settings allow by name; there are no other free commands.

A playbook names a command and fills its parameters, each of which must match the operator's pattern whole
(shell/allowed_command.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Stale
from remediator.core.events import Measure
from remediator.core.plaintext import one_line
from remediator.integrations.hosts.rights import CommandRight
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL, Looker, Shell, shell_rights
from remediator.integrations.shell.commands import (
    CommandParameters,
    checked_sight,
    command_receipt,
    proven,
    run_command,
    words_of,
)
from remediator.integrations.shell.receipts import (
    HOST_TARGETS,
    check_holds,
    host_identity,
    require_program,
)
from remediator.integrations.shell.settings import Command
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.rights import Right, Use


class CommandProposer(Proposer):
    """Fills in the words and asks the check."""

    def __init__(self, looker: Looker, commands: Mapping[str, Command]) -> None:
        self._looker = looker
        self._commands = commands

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = CommandParameters.of(request.parameters)
        words = words_of(self._commands, wanted)
        await require_program(self._looker, request.target, words.argv[0])
        held = await check_holds(self._looker, request.target, words.check)
        return Change(
            step=request.step,
            action="host.command",
            target=request.target,
            intent={"name": wanted.name, "argv": words.argv, "check": words.check},
            version=await host_identity(self._looker, request.target),
            summary=f"run {wanted.name} on {request.target}: {one_line(' '.join(words.argv))}",
            effect=words.effect,
            before={"check": held},
            after={"check": True} if words.check else {},
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the receipt, then the check."""
        sight = await command_receipt(self._looker, change, ticket.token)
        return await checked_sight(self._looker, change, sight)


class CommandApplier:
    """Runs the command."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run it; a command that fails, or whose check does not hold afterwards, is Permanent."""
        if await host_identity(self._shell, change.target) != change.version:
            raise Stale("the host was booted since", target=str(change.target))
        output = await run_command(self._shell, change, ticket)
        return await proven(self._shell, change, output)


def _rights(use: Use) -> tuple[Right, ...]:
    """Return the command by its name: the settings have its words."""
    if use.kind not in ("host", ""):
        return shell_rights(use)
    given = use.parameters.get("parameters")
    values = given if isinstance(given, Mapping) else {}
    known = tuple((key, None if "{{" in str(v) else str(v)) for key, v in sorted(values.items()))
    return (CommandRight(name=str(use.parameters.get("name", "")), values=known),)


def _proposer(reads: Reads) -> CommandProposer:
    return CommandProposer(reads[LOOKER], reads[COMMANDS])


def _applier(reads: Reads, writes: Writes) -> CommandApplier:
    return CommandApplier(writes[SHELL])


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
        rights=_rights,
    ),
)
