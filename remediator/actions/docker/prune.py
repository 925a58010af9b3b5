"""`docker.prune`: remove old and unused containers, images and build cache; never volumes.

Single-object prunes in a fixed order instead of `docker system prune`, which would take networks, and volumes in
older versions. Each runs under a receipt of its own, named after the attempt's token. What Docker calls reclaimable
over-counts shared layers and has been negative: an upper estimate only. What was freed is measured with df.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from remediator.actions.docker.usage import Usage, parse_usage
from remediator.actions.docker.words import Prunable, PruneParameters, docker_words, prune_words
from remediator.actions.receipts import (
    HOST_TARGETS,
    LOOK,
    complaint,
    filesystem_of,
    freed_since,
    freed_since_plan,
    sight_of,
)
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.duration import format_duration, format_size
from remediator.core.errors import ActionError, Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.core.filesystem import FileSystem, generous_bound
from remediator.core.target import Target
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.shell import Looker, Output, Shell, shell_rights

_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    """One Docker engine and the disk it fills."""

    root: str
    filesystem: FileSystem
    version: str


class PruneProposer:
    """Looks at what Docker could let go, and where it keeps it."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted: PruneParameters = request.parameters
        engine = await _engine(self._looker, request.target, wanted.docker_host)
        if reason := await self._elsewhere(request.target, engine, wanted.path):
            return Nothing(reason=reason)
        usages = await self._usages(request.target, wanted)
        if not any(usage.has_unused for usage in usages.values()):
            return Nothing(reason=f"Docker on {request.target} has no unused {_spoken(usages)}")
        return _change(request, engine, usages)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Read the receipts of all parts; asking spends the tokens of those that never started."""
        parts: list[tuple[str, Sight]] = []
        for part in change.intent["prunes"]:
            token = _part_token(ticket.token, part["what"])
            parts.append((part["what"], sight_of(await self._looker.receipt(change.target, token))))
        observation = observed(tuple(sight.observation for _, sight in parts))
        detail = "; ".join(f"{what}: {sight.detail}" for what, sight in parts)
        if observation is not Observation.APPLIED:
            return Sight(observation=observation, detail=detail)
        measure = await freed_since_plan(self._looker, change.target, change.before)
        return Sight(observation=observation, detail=detail, measure=measure)

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """What was pruned is gone."""
        return None

    async def _elsewhere(self, target: Target, engine: _Engine, path: str | None) -> str | None:
        if path is None:
            return None
        wanted = await filesystem_of(self._looker, target, path)
        if wanted.identity == engine.filesystem.identity:
            return None
        here, there = engine.filesystem.mountpoint, wanted.mountpoint
        return f"Docker keeps {engine.root} on {here}: pruning would free nothing on {there}"

    async def _usages(self, target: Target, wanted: PruneParameters) -> dict[Prunable, Usage]:
        words = [*docker_words(wanted.docker_host), "system", "df", "--format", "{{json .}}"]
        output = await self._looker.look(target, words, timeout=LOOK, sudo=True)
        _checked(target, output)
        found = parse_usage(output.stdout)
        return {what: found.get(what, Usage()) for what in Prunable if what in wanted.what}


class PruneApplier:
    """Runs the prunes."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run them in order and stop at the first that fails, which is Partial, with what was freed until then."""
        engine = await _engine(self._shell, change.target, change.intent["docker_host"])
        if engine.version != change.version:
            raise Stale("Docker was set up anew or its files moved", target=str(change.target))
        outputs = await self._pruned(change, ticket)
        seconds = sum(output.seconds for output in outputs)
        before = engine.filesystem
        measure = await freed_since(self._shell, change.target, before, seconds=seconds)
        if not outputs[-1].ok:
            what = change.intent["prunes"][len(outputs) - 1]["what"]
            detail = f"docker prune of {what}: {complaint(outputs[-1])}; {measure.summary}"
            raise Partial(detail, target=str(change.target))
        return measure

    async def _pruned(self, change: Change, ticket: Ticket) -> list[Output]:
        """Run the parts up to the first that fails; once one has run, no error means that nothing was changed."""
        outputs: list[Output] = []
        for part in change.intent["prunes"]:
            try:
                output = await self._prune(change.target, part, ticket, outputs)
            except ActionError as error:
                if not outputs:
                    raise
                detail = f"after a first part, {part['what']}: {error.detail}"
                raise Uncertain(detail, target=str(change.target)) from error
            outputs.append(output)
            if not output.ok:
                break
        return outputs

    async def _prune(
        self, target: Target, part: Mapping[str, Any], ticket: Ticket, before: Sequence[Output]
    ) -> Output:
        """Run one part in what those before it left of the time."""
        spent = timedelta(seconds=sum(output.seconds for output in before))
        return await self._shell.change(
            target,
            part["argv"],
            token=_part_token(ticket.token, part["what"]),
            fence=ticket.fence,
            not_after=ticket.not_after,
            timeout=max(_SHORTEST, ticket.timeout - spent),
        )


def observed(parts: Sequence[Observation]) -> Observation:
    """Return what the parts say together; the worst part speaks for all.

    Where some parts are applied and the rest never started, and now never can, it counts as applied: less was freed
    than intended, which the verification will notice, and nothing has to be repeated or repaired.
    """
    for worst in (Observation.PENDING, Observation.UNKNOWABLE, Observation.DIVERGED):
        if worst in parts:
            return worst
    return Observation.APPLIED if Observation.APPLIED in parts else Observation.NOT_APPLIED


async def _engine(looker: Looker, target: Target, docker_host: str | None) -> _Engine:
    words = [*docker_words(docker_host), "info", "--format", "{{.ID}} {{.DockerRootDir}}"]
    output = await looker.look(target, words, timeout=LOOK, sudo=True)
    _checked(target, output)
    engine, _, root = output.stdout.strip().partition(" ")
    if not root.startswith("/"):
        raise Permanent(f"docker info: {complaint(output)}", target=str(target))
    filesystem = await filesystem_of(looker, target, root)
    return _Engine(
        root=root, filesystem=filesystem, version=f"{engine}/{root}/{filesystem.identity}"
    )


def _checked(target: Target, output: Output) -> None:
    if output.ok:
        return
    said = complaint(output)
    kind = Transient if "annot connect to the Docker daemon" in said else Permanent
    raise kind(f"docker: {said}", target=str(target))


def _change(request: Request, engine: _Engine, usages: Mapping[Prunable, Usage]) -> Change:
    wanted: PruneParameters = request.parameters
    reclaimable = sum(usage.reclaimable for usage in usages.values())
    estimate = min(reclaimable, engine.filesystem.used)
    images = "all unused images" if wanted.all_images else "dangling images"
    what = _spoken(usages).replace("images", images)
    return Change(
        step=request.step,
        action="docker.prune",
        target=request.target,
        intent={
            "docker_host": wanted.docker_host,
            "prunes": [{"what": str(what), "argv": prune_words(wanted, what)} for what in usages],
        },
        version=engine.version,
        summary=f"remove {what} unused for {format_duration(wanted.older_than)} from Docker on"
        f" {request.target}, up to {format_size(estimate)} by its own estimate",
        effect=ActionEffect.IRREVERSIBLE,
        bound=generous_bound(estimate),
        estimate=estimate,
        unit="bytes",
        before={**engine.filesystem.as_facts(), "docker_root": engine.root},
        undo_hint="pull or build again what is missing" if wanted.all_images else "",
    )


def _part_token(token: str, what: str) -> str:
    return f"{token}_{what}"


def _spoken(usages: Mapping[Prunable, Usage]) -> str:
    return ", ".join(what.replace("_", " ") for what in usages)


def _proposer(gateways: Mapping[str, Any]) -> PruneProposer:
    return PruneProposer(gateways["looker"])


def _applier(gateways: Mapping[str, Any]) -> PruneApplier:
    return PruneApplier(gateways["shell"])


ACTIONS = (
    Action(
        name="docker.prune",
        doc="Remove old, unused containers, images and build cache, never volumes; measure what became free.",
        parameters=PruneParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
        targets=HOST_TARGETS,
        example="docker.prune: {what: [images, build_cache, containers], older_than: 24h}",
        proposer=_proposer,
        applier=_applier,
        rights=shell_rights,
    ),
)
