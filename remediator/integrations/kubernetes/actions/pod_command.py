"""`kubernetes.pod_command`: run one of the commands that the settings allow by name, in a container of a pod.

As `host.command`, but for what a pod is: the plan is for this start of this container (pod uid and container id). A
command whose receipt went with its container is unknowable: it is never run again on doubt.
"""

from __future__ import annotations

from collections.abc import Mapping

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Stale
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.integrations.kubernetes.actions.objects import present, tell
from remediator.integrations.kubernetes.api import (
    EVENTS,
    KUBERNETES,
    KUBERNETES_WRITES,
    Clusters,
    ClustersWrites,
    Object,
    place_of,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.container import (
    Container,
    chosen,
    image_of,
    running,
    status_of,
)
from remediator.integrations.kubernetes.rights import cluster_rights, pod_shell_rights
from remediator.integrations.shell.api import (
    COMMANDS,
    LOOKER,
    SHELL,
    Looker,
    Shell,
)
from remediator.integrations.shell.commands import (
    CommandParameters,
    checked_sight,
    command_receipt,
    proven,
    run_command,
    words_of,
)
from remediator.integrations.shell.receipts import check_holds, require_program
from remediator.integrations.shell.settings import Command
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.rights import Right, Use


class PodCommandParameters(CommandParameters):
    """Run the command `name` of the settings' `commands`, with values for its parameters, as the container's user."""


class PodCommandProposer(Proposer):
    """Fills in the words, and asks the check, and whether the command can be run there at all."""

    def __init__(self, clusters: Clusters, looker: Looker, commands: Mapping[str, Command]) -> None:
        self._clusters = clusters
        self._looker = looker
        self._commands = commands

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = PodCommandParameters.of(request.parameters)
        words = words_of(self._commands, wanted)
        pod = await present(self._clusters.of(request.target), request.target)
        container = running(pod, place_of(request.target).rest)
        await require_program(self._looker, request.target, words.argv[0])
        held = await check_holds(self._looker, request.target, words.check)
        where = f"the container {container.name} of {request.target}"
        return Change(
            step=request.step,
            action="kubernetes.pod_command",
            target=request.target,
            intent={"name": wanted.name, "argv": words.argv, "check": words.check},
            version=_kept(pod, container, request.planned),
            summary=f"run {wanted.name} in {where}: {one_line(' '.join(words.argv))}",
            effect=words.effect,
            before={"check": held, "image": image_of(pod, container.name)},
            after={"check": True} if words.check else {},
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the receipt, which may have gone with its container, then the check."""
        pod = await self._clusters.of(change.target).get(ref_of(change.target))
        if pod is None or not change.version.startswith(f"{pod['metadata']['uid']}/"):
            return _unknowable("the pod is gone, and its receipt with it")
        sight = await command_receipt(self._looker, change, ticket.token)
        if (
            sight.observation is Observation.NOT_APPLIED
            and _identity(pod, change) != change.version
        ):
            sight = _unknowable("the container was started anew, perhaps without its receipt")
        return await checked_sight(self._looker, change, sight)


class PodCommandApplier:
    """Runs the command, and writes an Event on the pod."""

    def __init__(self, clusters: ClustersWrites, shell: Shell) -> None:
        self._clusters = clusters
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run it; a command that fails, or whose check does not hold afterwards, is Permanent."""
        ticket.refuse_late()
        writes = self._clusters.of(change.target)
        pod = await writes.get(ref_of(change.target))
        if pod is None or not _is_meant(pod, change):
            raise Stale("the pod is another or is gone, or its image is", target=str(change.target))
        output = await run_command(self._shell, change, ticket)
        await tell(writes, pod, change, ticket)
        return await proven(self._shell, change, output)


def _kept(pod: Object, container: Container, planned: Change | None) -> str:
    """Return the container's identity, or the planned one: a container that restarts in its pod, as in a crash loop,
    is what was planned for."""
    return planned.version if planned and _is_meant(pod, planned) else container.identity


def _is_meant(pod: Object, change: Change) -> bool:
    """Say whether this is the pod of the plan, with the same image in the container."""
    name = chosen(pod, place_of(change.target).rest)
    is_same = change.version.startswith(f"{pod['metadata']['uid']}/")
    return is_same and image_of(pod, name) == change.before.get("image")


def _identity(pod: Object, change: Change) -> str:
    """Return what stands where the plan's container was, whether it runs or not."""
    name = chosen(pod, place_of(change.target).rest)
    found = str(status_of(pod, name).get("containerID", ""))
    return Container(name=name, uid=pod["metadata"]["uid"], container_id=found).identity


def _unknowable(detail: str) -> Sight:
    return Sight(observation=Observation.UNKNOWABLE, detail=detail)


def _rights(_use: Use) -> tuple[Right, ...]:
    return (*pod_shell_rights(), *cluster_rights(EVENTS, "create"))


def _proposer(reads: Reads) -> PodCommandProposer:
    commands = reads[COMMANDS]
    return PodCommandProposer(reads[KUBERNETES], reads[LOOKER], commands)


def _applier(reads: Reads, writes: Writes) -> PodCommandApplier:
    return PodCommandApplier(writes[KUBERNETES_WRITES], writes[SHELL])


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
