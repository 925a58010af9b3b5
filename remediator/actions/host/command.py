"""`host.command`: run one of the commands that the settings allow by name; there are no other free commands.

A playbook names a command and fills its parameters, each of which must match the operator's pattern whole. A value
replaces its `{name}` inside one word and can never become another word, an option or shell text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from remediator.actions.receipts import HOST_TARGETS, LOOK, complaint, host_identity, sight_of
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import ActionError, Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.parameters import Parameters
from remediator.ports.shell import Looker, Shell

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LONGEST_VALUE = 256


class AllowedCommand(Protocol):
    """One entry of `commands` in the settings."""

    @property
    def argv(self) -> Sequence[str]:
        """The words, with `{name}` where a parameter goes."""
        ...

    @property
    def parameters(self) -> Mapping[str, str]:
        """The pattern of each parameter."""
        ...

    @property
    def check(self) -> Sequence[str] | None:
        """Words that exit with 0 where the command has done what it is for."""
        ...

    @property
    def reversible(self) -> bool:
        """Whether the operator says that nothing is lost by it."""
        ...


class CommandParameters(Parameters):
    """Run the command `name` of the settings' `commands`, with values for its parameters."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    parameters: dict[str, str] = Field(default_factory=dict)


class CommandProposer:
    """Fills in the words and asks the check."""

    def __init__(self, looker: Looker, commands: Mapping[str, AllowedCommand]) -> None:
        self._looker = looker
        self._commands = commands

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted: CommandParameters = request.parameters
        command = self._commands.get(wanted.name)
        if command is None:
            raise Permanent(f"the settings allow no command {wanted.name!r}; see `commands`")
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


def checked_values(patterns: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the values; raise Permanent where one is missing, unknown, an option, or not all of it fits."""
    if wrong := set(patterns) ^ set(values):
        state = "missing" if wrong & set(patterns) else "unknown"
        raise Permanent(f"parameter {one_line(min(wrong), 60)!r} is {state}")
    for name, value in values.items():
        fits = len(value) <= _LONGEST_VALUE and value.isprintable() and not value.startswith("-")
        if not fits or not re.fullmatch(patterns[name], value):
            raise Permanent(f"the value of {name} does not match {patterns[name]!r}")
    return values


def filled(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return the words with every `{name}` replaced, word by word; raise Permanent for a name without a value."""

    def value(found: re.Match[str]) -> str:
        if found.group(1) not in values:
            raise Permanent(f"the command has no parameter {found.group(1)!r}")
        return values[found.group(1)]

    return [_PLACEHOLDER.sub(value, word) for word in words]


async def check_holds(looker: Looker, target: Target, check: Sequence[str] | None) -> bool | None:
    """Run a check's words; None where there is no check. A check that sudo refuses has no answer: Permanent."""
    if check is None:
        return None
    output = await looker.look(target, check, timeout=LOOK, sudo=True)
    if not output.ok and output.stderr.startswith("sudo:"):
        raise Permanent(f"the check cannot be run: {complaint(output)}", target=str(target))
    return output.ok


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
    ),
)
