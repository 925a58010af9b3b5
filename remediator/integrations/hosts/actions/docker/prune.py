"""`docker.prune`: remove old and unused containers, images and build cache; never volumes.

Containers go by id, those that the plan names and that still are as planned (`containers`). Images and build cache go
by single-object prunes in a fixed order instead of `docker system prune`, which would take networks, and volumes in
older versions. Each runs under a receipt of its own, named after the attempt's token. What was freed is measured by df.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import ActionError, Interrupted, Partial, Stale, Uncertain
from remediator.core.events import Measure, Observation
from remediator.integrations.hosts.actions.docker.containers import inspected, is_moved_on
from remediator.integrations.hosts.actions.docker.engine import engine_of
from remediator.integrations.hosts.actions.docker.finding import Finder
from remediator.integrations.hosts.actions.docker.prune_commands import (
    Prunable,
    PruneParameters,
    look_and_prune_words,
    remove_words,
)
from remediator.integrations.hosts.knowledge.grammars import AGE, PATH
from remediator.integrations.hosts.rights import root_rights
from remediator.integrations.shell.api import (
    LOOKER,
    SHELL,
    Looker,
    Output,
    Receipt,
    Shell,
)
from remediator.integrations.shell.receipts import (
    HOST_TARGETS,
    change_error,
    complaint,
    filesystem_of,
    freed_since,
    freed_since_plan,
    is_busy,
    sight_of,
)
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes

_SHORTEST = timedelta(seconds=1)


class PruneProposer(Proposer):
    """Looks at what Docker could let go, and where it keeps it."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        return await Finder(self._looker, request).change()

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Read the receipts of all parts; asking spends the tokens of those that never started."""
        parts: list[tuple[str, Sight]] = []
        for part in change.intent["prunes"]:
            token = _part_token(ticket.token, part["what"])
            receipt = await self._looker.receipt(change.target, token)
            parts.append((part["what"], _part_sight(part["what"], receipt)))
        observation = observed(tuple(sight.observation for _, sight in parts))
        detail = "; ".join(f"{what}: {sight.detail}" for what, sight in parts)
        if observation is not Observation.APPLIED:
            return Sight(observation=observation, detail=detail)
        measure = await freed_since_plan(self._looker, change.target, change.before)
        return Sight(observation=observation, detail=detail, measure=measure)


class PruneApplier:
    """Removes the containers and runs the prunes."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run the parts in order and stop at the first that fails, with what was freed until then.

        That is Partial, or Transient where it was busy: a later try removes the rest.
        """
        if any(_is_of_before(part) for part in change.intent["prunes"]):
            raise Stale("it was planned by an older version", target=str(change.target))
        engine = await engine_of(self._shell, change.target, change.intent["docker_host"])
        if engine.version != change.version:
            raise Stale("Docker was set up anew or its files moved", target=str(change.target))
        before = await filesystem_of(self._shell, change.target, change.before["mountpoint"])
        outputs = await self._pruned(change, ticket)
        if not outputs:
            detail = "none of the containers is as it was planned any more"
            raise Stale(detail, target=str(change.target))
        seconds = sum(output.seconds for _, output in outputs)
        measure = await freed_since(self._shell, change.target, before, seconds=seconds)
        if error := _failed(change, outputs, measure):
            raise error
        return measure

    async def _pruned(self, change: Change, ticket: Ticket) -> list[tuple[str, Output]]:
        """Run the parts up to the first that fails; once one has run, no error means that nothing was changed."""
        outputs: list[tuple[str, Output]] = []
        for part in change.intent["prunes"]:
            try:
                output = await self._prune(change, part, ticket, [one for _, one in outputs])
            except ActionError as error:
                if not outputs:
                    raise
                detail = f"after a first part, {part['what']}: {error.detail}"
                raise Uncertain(detail, target=str(change.target)) from error
            if output is None:
                continue
            outputs.append((part["what"], output))
            if not _is_done(part["what"], output):
                break
        return outputs

    async def _prune(
        self, change: Change, part: Mapping[str, Any], ticket: Ticket, before: Sequence[Output]
    ) -> Output | None:
        """Run one part in what those before it left of the time; None where nothing of it is as planned."""
        words = await self._words(change, part)
        if words is None:
            return None
        spent = timedelta(seconds=sum(output.seconds for output in before))
        return await self._shell.change(
            change.target,
            words,
            token=_part_token(ticket.token, part["what"]),
            fence=ticket.fence,
            not_after=ticket.not_after,
            timeout=max(_SHORTEST, ticket.timeout - spent),
        )

    async def _words(self, change: Change, part: Mapping[str, Any]) -> list[str] | None:
        """Return the part's command; of containers, only for those that still are stopped since when the plan says."""
        if "containers" not in part:
            return list(part["argv"])
        docker_host, planned = change.intent["docker_host"], part["containers"]
        found = await inspected(self._shell, change.target, docker_host, list(planned))
        ids = [one.id for one in found if planned.get(one.id) == one.finished]
        return remove_words(docker_host, ids) if ids else None


def observed(parts: Sequence[Observation]) -> Observation:
    """Return what the parts say together; the worst part speaks for all.

    Where some parts are applied and the rest never started, and now never can, it counts as applied: less was freed
    than intended, which the verification will notice, and nothing has to be repeated or repaired.
    """
    for worst in (Observation.PENDING, Observation.UNKNOWABLE, Observation.DIVERGED):
        if worst in parts:
            return worst
    return Observation.APPLIED if Observation.APPLIED in parts else Observation.NOT_APPLIED


def _failed(
    change: Change, outputs: Sequence[tuple[str, Output]], measure: Measure
) -> ActionError | None:
    what, output = outputs[-1]
    if _is_done(what, output):
        return None
    words = Prunable(what).words
    detail = f"docker prune of {words}: {complaint(output)}; {measure.summary}"
    if len(outputs) == 1:
        return change_error(change.target, "docker", output, detail)
    kind = Interrupted if is_busy("docker", output) else Partial
    return kind(detail, target=str(change.target))


def _is_done(what: str, output: Output) -> bool:
    """Containers that are gone or were started again are left as they are: that is no failure."""
    return output.ok or (what == Prunable.CONTAINERS and is_moved_on(output))


def _part_sight(what: str, receipt: Receipt) -> Sight:
    output = receipt.output if receipt.state == "done" else None
    if output and not output.ok and _is_done(what, output):
        detail = "its receipt says that it ended well, but for containers that had moved on"
        return Sight(observation=Observation.APPLIED, detail=detail)
    return sight_of(receipt, "docker")


def _is_of_before(part: Mapping[str, Any]) -> bool:
    """Say whether this was planned when containers went by their creation."""
    return part["what"] == Prunable.CONTAINERS and "containers" not in part


def _part_token(token: str, what: str) -> str:
    return f"{token}_{what}"


def _proposer(reads: Reads) -> PruneProposer:
    return PruneProposer(reads[LOOKER])


def _applier(reads: Reads, writes: Writes) -> PruneApplier:
    return PruneApplier(writes[SHELL])


ACTIONS = (
    Action(
        name="docker.prune",
        doc="Remove long stopped containers, old images and unused build cache, never volumes; measure the gain.",
        parameters=PruneParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
        targets=HOST_TARGETS,
        example="docker.prune: {what: [images, build_cache, containers], older_than: 24h, path: /var}",
        proposer=_proposer,
        applier=_applier,
        rights=root_rights(PruneParameters, look_and_prune_words, older_than=AGE, path=PATH),
    ),
)
