"""`service.restart`: restart one systemd unit, once.

Every start gives a unit a new InvocationID: that is the version of the plan, so that a unit which somebody restarted
since is not restarted again, and what tells where a receipt cannot say how an attempt ended. One that systemd
starts again every few seconds gets new ones by itself: that is the reason to act, and no moved
world (hosts/knowledge/unit.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from remediator.core.canonical import digest
from remediator.core.change import RESTART_HINT, ActionEffect, Change, Nothing, Safety
from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.hosts.knowledge.grammars import SERVICE
from remediator.integrations.hosts.knowledge.unit import (
    Unit,
    is_of_the_loop,
    parse_properties,
    show_words,
    why_moved,
)
from remediator.integrations.hosts.rights import ConfigurationTestRight, root_rights
from remediator.integrations.shell.allowed_command import unit_tests
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL, Looker, Shell
from remediator.integrations.shell.receipts import (
    LOOK,
    change_error,
    complaint,
    host_identity,
    look_error,
    run_once,
    sight_of,
)
from remediator.integrations.shell.settings import SERVICE_NAME, Command
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_PROPERTIES = ("InvocationID", "NRestarts", "ActiveEnterTimestampMonotonic", "Result")
_UNTESTED = "whether its configuration lets it start again is not known (`tests` under `commands`)"
_UPTIME = "/proc/uptime"
_MICROSECONDS = 1_000_000


class RestartParameters(Parameters):
    """Restart (or start, where it is not running) the unit of this full name, such as `nginx.service`."""

    unit: Annotated[str, Field(pattern=f"^{SERVICE_NAME}$")]


class RestartProposer(Proposer):
    """Looks at the unit, and tests its configuration where the settings name a test."""

    def __init__(self, looker: Looker, commands: Mapping[str, Command]) -> None:
        self._looker = looker
        self._tests = unit_tests(commands)

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = RestartParameters.of(request.parameters)
        unit = await _unit(self._looker, request.target, wanted.unit)
        if unit.loaded != "loaded":
            detail = f"{wanted.unit} cannot be restarted: systemd says {unit.loaded}"
            raise Permanent(detail, target=str(request.target))
        if planned := request.planned:
            moved = why_moved(planned.version, planned.before, unit)
            return Nothing(reason=moved) if moved else planned
        test = list(self._tests.get(wanted.unit, ()))
        await _require_test(self._looker, request.target, wanted.unit, test)
        return Change(
            step=request.step,
            action="service.restart",
            target=request.target,
            intent={"unit": wanted.unit, "argv": _argv(wanted), **({"test": test} if test else {})},
            version=unit.version,
            summary=f"restart {wanted.unit} on {request.target} (now {_state_words(unit)}){_test_words(test)}",
            effect=ActionEffect.REVERSIBLE,
            before=unit.as_facts(),
            after={"state": "active"},
            undo_hint=RESTART_HINT if test else f"{RESTART_HINT}; {_UNTESTED}",
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the receipt; where it does not know, a new invocation tells that the unit was started."""
        receipt = await self._looker.receipt(change.target, ticket.token)
        sight = sight_of(receipt, "systemctl")
        if sight.observation is not Observation.UNKNOWABLE:
            return sight
        unit = await _unit(self._looker, change.target, change.intent["unit"])
        if unit.version != change.version and is_of_the_loop(change.before, unit):
            detail = f"the unit starts again and again by itself, and nobody knows whether this did; it is {unit.state}"
            return Sight(observation=Observation.UNKNOWABLE, detail=detail)
        if unit.version != change.version:
            detail = f"the unit was started anew and is {unit.state}"
            return Sight(observation=Observation.APPLIED, detail=detail)
        detail = "the unit was not started yet; the command may still be at work"
        return Sight(observation=Observation.PENDING, detail=detail)


class RestartApplier:
    """Restarts the unit."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Restart it; where systemd could not, the unit is likely down: Partial, with its state in the detail."""
        unit = await _unit(self._shell, change.target, change.intent["unit"])
        if moved := why_moved(change.version, change.before, unit):
            raise Stale(moved, target=str(change.target))
        test = change.intent.get("test", ())
        await _require_test(self._shell, change.target, change.intent["unit"], test)
        if unit.may_be_refused:
            await self._reset(change, ticket)
        output = await run_once(self._shell, change, ticket)
        name, state = change.intent["unit"], await self._state(change)
        if not output.ok:
            detail = f"systemctl restart {name}: {complaint(output)}; it is now {state}"
            raise change_error(change.target, "systemctl", output, detail)
        summary = f"restarted {name} ({unit.state} -> {state})"
        return Measure(summary=summary, seconds=output.seconds, facts={"state": state})

    async def _reset(self, change: Change, ticket: Ticket) -> None:
        """Let systemd forget how often it has started the unit, or it would refuse. Where that fails, it refuses."""
        try:
            await self._shell.change(
                change.target,
                reset_words(change.intent["unit"]),
                token=f"{ticket.token}_reset",
                fence=ticket.fence,
                not_after=ticket.not_after,
                timeout=LOOK,
            )
        except Uncertain as error:
            detail = "reset-failed was not answered, and the unit was not touched"
            raise Transient(detail, target=str(change.target)) from error

    async def _state(self, change: Change) -> str:
        """Return the state afterwards; never raises, for the restart is made."""
        try:
            return (await _unit(self._shell, change.target, change.intent["unit"])).state
        except ActionError:
            return "in a state that could not be read"


def _argv(wanted: RestartParameters) -> list[str]:
    return ["systemctl", "restart", "--", wanted.unit]


def reset_words(name: str) -> list[str]:
    """Return the command that lets systemd forget a unit's failures."""
    return ["systemctl", "reset-failed", "--", name]


async def _require_test(looker: Looker, target: Target, unit: str, test: Sequence[str]) -> None:
    """Raise Permanent where a unit would not come up again: it runs on with what it has."""
    if not test:
        return
    output = await looker.look(target, test, timeout=LOOK, sudo=True)
    if not output.ok:
        detail = f"{' '.join(test)} says that {unit} would not start again: {complaint(output)}"
        raise Permanent(detail, target=str(target))


def _test_words(test: Sequence[str]) -> str:
    return f", after `{' '.join(test)}` says yes" if test else ""


def _state_words(unit: Unit) -> str:
    given_up = ", given up by systemd after too many starts" if unit.is_given_up else ""
    if not unit.restarts:
        return f"{unit.state}{given_up}"
    times = "once" if unit.restarts == 1 else f"{unit.restarts} times"
    return f"{unit.state}, restarted {times} by systemd{given_up}"


async def _unit(looker: Looker, target: Target, name: str) -> Unit:
    output = await looker.look(target, show_words(name, *_PROPERTIES), timeout=LOOK)
    if not output.ok:
        raise look_error(target, "systemctl", output)
    said = parse_properties(output.stdout)
    entered = _number(said.get("ActiveEnterTimestampMonotonic", ""))
    return Unit(
        loaded=said.get("LoadState", "nothing"),
        active=said.get("ActiveState", "unknown"),
        sub=said.get("SubState", "unknown"),
        invocation=said.get("InvocationID", ""),
        boot=await host_identity(looker, target),
        restarts=_number(said.get("NRestarts", "")),
        active_since=entered / _MICROSECONDS if entered else None,
        looked_at=await _uptime(looker, target),
        file=await _file(looker, target, name),
        result=said.get("Result", ""),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else None


async def _uptime(looker: Looker, target: Target) -> float | None:
    """Return the host's seconds since boot, on the clock of systemd's `…Monotonic`; None where it does not say."""
    output = await looker.look(target, ["cat", "--", _UPTIME], timeout=LOOK)
    try:
        return float(output.stdout.split()[0])
    except (IndexError, ValueError):
        return None


async def _file(looker: Looker, target: Target, name: str) -> str:
    """Return the digest of the unit's files, drop-ins included; "" where they cannot be read."""
    output = await looker.look(target, ["systemctl", "cat", "--", name], timeout=LOOK)
    return digest(output.stdout)[:16] if output.ok else ""


def _proposer(reads: Reads) -> RestartProposer:
    commands = reads[COMMANDS] if reads.has(COMMANDS) else {}
    return RestartProposer(reads[LOOKER], commands)


def _applier(reads: Reads, writes: Writes) -> RestartApplier:
    return RestartApplier(writes[SHELL])


_RIGHTS = root_rights(
    RestartParameters, lambda wanted: [_argv(wanted), reset_words(wanted.unit)], unit=SERVICE
)


def _rights(use: Use) -> tuple[Right, ...]:
    """Return what restarts the unit, and what the settings have to test it before."""
    unit = str(use.parameters.get("unit", ""))
    return (*_RIGHTS(use), ConfigurationTestRight(unit=None if "{{" in unit else unit))


ACTIONS = (
    Action(
        name="service.restart",
        doc="Restart one systemd service, unless somebody restarted it since the plan was made.",
        parameters=RestartParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.RECEIPT,
        targets=("host",),
        example="service.restart: {unit: nginx.service}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
