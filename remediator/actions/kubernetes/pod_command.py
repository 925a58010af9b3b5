"""`kubernetes.pod_command`: run one of the commands that the settings allow by name, in a container of a pod.

As `host.command`, but for what a pod is: the plan is for this start of this container (pod uid and container id). A
command whose receipt went with its container is unknowable: it is never run again on doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from remediator.actions.objects import present, refuse_late, tell
from remediator.actions.receipts import LOOK, check_holds, complaint, sight_of
from remediator.core.allowed_command import (
    COMMAND_NAME,
    AllowedCommand,
    allowed,
    checked_values,
    filled,
)
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.container import Container, chosen, image_of, running, status_of
from remediator.core.errors import ActionError, Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.kubernetes import (
    EVENTS,
    Clusters,
    ClustersHands,
    Object,
    place_of,
    ref_of,
)
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use, cluster_rights
from remediator.ports.shell import Looker, Shell, pod_shell_rights


class PodCommandParameters(Parameters):
    """Run the command `name` of the settings' `commands`, with values for its parameters, as the container's user."""

    name: Annotated[str, Field(pattern=COMMAND_NAME)]
    parameters: dict[str, str] = Field(default_factory=dict)


class PodCommandProposer:
    """Fills in the words, and asks the check, or at least whether a command can be run there at all."""

    def __init__(
        self, clusters: Clusters, looker: Looker, commands: Mapping[str, AllowedCommand]
    ) -> None:
        self._clusters = clusters
        self._looker = looker
        self._commands = commands

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted: PodCommandParameters = request.parameters
        command = allowed(self._commands, wanted.name)
        values = checked_values(command.parameters, wanted.parameters)
        argv = filled(command.argv, values)
        check = filled(command.check, values) if command.check else None
        pod = await present(self._clusters.of(request.target), request.target)
        container = running(pod, place_of(request.target).rest)
        held = await self._rehearsed(request, check)
        words = one_line(" ".join(argv))
        where = f"the container {container.name} of {request.target}"
        return Change(
            step=request.step,
            action="kubernetes.pod_command",
            target=request.target,
            intent={"name": wanted.name, "argv": argv, "check": check},
            version=container.identity,
            summary=f"run {wanted.name} in {where}: {words}",
            effect=ActionEffect.REVERSIBLE if command.reversible else ActionEffect.IRREVERSIBLE,
            before={"check": held, "image": image_of(pod, container.name)},
            after={"check": True} if check else {},
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the receipt, then the check; a check that held already before proves nothing."""
        pod = await self._clusters.of(change.target).get(ref_of(change.target))
        if pod is None or not change.version.startswith(f"{pod['metadata']['uid']}/"):
            return _unknowable("the pod is gone, and its receipt with it")
        sight = sight_of(await self._looker.receipt(change.target, ticket.token))
        if (
            sight.observation is Observation.NOT_APPLIED
            and _identity(pod, change) != change.version
        ):
            sight = _unknowable("the container was started anew, perhaps without its receipt")
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

    async def _rehearsed(self, request: Request, check: list[str] | None) -> bool | None:
        """Ask the check; without one, run `true`, so that a missing right or sh is said before people are asked."""
        if check is None:
            await self._looker.look(request.target, ["true"], timeout=LOOK)
        return await check_holds(self._looker, request.target, check)


class PodCommandApplier:
    """Runs the command, and writes an Event on the pod."""

    def __init__(self, clusters: ClustersHands, shell: Shell) -> None:
        self._clusters = clusters
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run it; a command that fails, or whose check does not hold afterwards, is Permanent."""
        refuse_late(ticket)
        hands = self._clusters.of(change.target)
        pod = await hands.get(ref_of(change.target))
        if pod is None or _identity(pod, change) != change.version:
            raise Stale("the container was started anew or is gone", target=str(change.target))
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
        await tell(hands, pod, change, ticket)
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


def _identity(pod: Object, change: Change) -> str:
    """Return what stands where the plan's container was, whether it runs or not."""
    name = chosen(pod, place_of(change.target).rest)
    found = str(status_of(pod, name).get("containerID", ""))
    return Container(name=name, uid=pod["metadata"]["uid"], container_id=found).identity


def _unknowable(detail: str) -> Sight:
    return Sight(observation=Observation.UNKNOWABLE, detail=detail)


def _rights(_use: Use) -> tuple[Right, ...]:
    return (*pod_shell_rights(), *cluster_rights(EVENTS, "create"))


def _proposer(gateways: Mapping[str, Any]) -> PodCommandProposer:
    commands = gateways.get("commands", {})
    return PodCommandProposer(gateways["kubernetes"], gateways["looker"], commands)


def _applier(gateways: Mapping[str, Any]) -> PodCommandApplier:
    return PodCommandApplier(gateways["kubernetes"], gateways["shell"])


ACTIONS = (
    Action(
        name="kubernetes.pod_command",
        doc="Run a command that the settings allow by name in a container, under a receipt that stays there.",
        parameters=PodCommandParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
        targets=("pod",),
        example="kubernetes.pod_command: {name: clear-cache, parameters: {directory: /cache}}",
        proposer=_proposer,
        applier=_applier,
        rights=_rights,
    ),
)
