"""What there is to remove from one Docker engine, and the plan for it; used by `docker.prune` only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from remediator.core.change import ActionEffect, Change, Nothing
from remediator.core.duration import format_duration, format_size
from remediator.core.errors import Transient
from remediator.core.plaintext import one_line
from remediator.integrations.hosts.actions.docker.containers import (
    MOST,
    Stopped,
    inspected,
    stopped_before,
)
from remediator.integrations.hosts.actions.docker.engine import Engine, engine_of
from remediator.integrations.hosts.actions.docker.prune_commands import (
    Prunable,
    PruneParameters,
    prune_words,
    usage_words,
)
from remediator.integrations.hosts.actions.docker.usage import (
    Usage,
    read_cache,
    read_images,
    unused,
)
from remediator.integrations.shell.api import Looker
from remediator.integrations.shell.filesystem import FileSystem, generous_bound
from remediator.integrations.shell.receipts import filesystem_of, look_error
from remediator.ports.action import Request

USAGE_LIMIT = timedelta(
    seconds=60
)  # it measures volumes and layers, which takes its time on a full disk
_MOST_NAMES = 5
_UNKNOWN = Usage(count=0, size=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finds:
    """What would go: the containers, how many more wait for the next plan, and usage by other kind."""

    containers: tuple[Stopped, ...] = ()
    waiting: int = 0
    usages: Mapping[Prunable, Usage] = field(default_factory=dict)

    @property
    def size(self) -> int | None:
        """Bytes that may come free, None where Docker does not say."""
        sizes = [usage.size for usage in self.usages.values()]
        if None in sizes:
            return None
        return sum(size or 0 for size in sizes) + sum(one.size for one in self.containers)


class Finder:
    """Looks for what one request may remove; within what was planned before, where something was."""

    def __init__(self, looker: Looker, request: Request) -> None:
        self._looker = looker
        self._request = request
        self._target = request.target
        self._wanted = PruneParameters.of(request.parameters)
        prunes = request.planned.intent["prunes"] if request.planned else None
        self._planned = None if prunes is None else {part["what"]: part for part in prunes}

    async def change(self) -> Change | Nothing:
        """Return the change, or why there is nothing to do."""
        engine = await engine_of(self._looker, self._target, self._wanted.docker_host)
        filesystem, kinds = await self._scope(engine)
        if not kinds:
            return Nothing(reason=f"{engine.whereabouts}: {_frees_nothing(engine, filesystem)}")
        finds = await self._finds(engine, kinds)
        if not finds.containers and not finds.usages:
            kept = format_duration(self._wanted.older_than)
            words = " or ".join(self._noun(kind) for kind in kinds)
            return Nothing(
                reason=f"Docker on {self._target} has no {words} unused for more than {kept}"
            )
        return self._change(engine, filesystem, kinds, finds)

    async def _scope(self, engine: Engine) -> tuple[FileSystem, list[Prunable]]:
        """Return which file system is to be freed, and what of the wanted kinds frees it."""
        kinds = [kind for kind in Prunable if kind in self._wanted.what]
        if self._wanted.path is None:
            return engine.main, kinds
        filesystem = await filesystem_of(self._looker, self._target, self._wanted.path)
        return filesystem, [kind for kind in kinds if engine.frees(kind, filesystem)]

    async def _finds(self, engine: Engine, kinds: Sequence[Prunable]) -> Finds:
        kinds = [kind for kind in kinds if self._planned is None or kind in self._planned]
        moment = (engine.now or self._request.now) - self._wanted.older_than
        found = await self._containers(moment) if Prunable.CONTAINERS in kinds else ()
        others = [kind for kind in kinds if kind is not Prunable.CONTAINERS]
        usages = await self._usages(others, moment) if others else {}
        return Finds(containers=found[:MOST], waiting=len(found[MOST:]), usages=usages)

    async def _containers(self, moment: datetime) -> tuple[Stopped, ...]:
        """Return the containers that stopped before a moment; of a plan, those that still are as planned."""
        docker_host = self._wanted.docker_host
        if self._planned is None:
            return await stopped_before(self._looker, self._target, docker_host, moment)
        planned = self._planned[Prunable.CONTAINERS].get("containers", {})
        found = await inspected(self._looker, self._target, docker_host, list(planned))
        return tuple(one for one in found if planned[one.id] == one.finished)

    async def _usages(self, kinds: Sequence[Prunable], moment: datetime) -> dict[Prunable, Usage]:
        """Return what is unused by kind, without those of which there is nothing."""
        words = usage_words(self._wanted.docker_host)
        try:
            output = await self._looker.look(self._target, words, timeout=USAGE_LIMIT, sudo=True)
        except Transient:  # the engine answered before: it takes long to add up
            return dict.fromkeys(kinds, _UNKNOWN)
        if not output.ok:
            raise look_error(self._target, "docker", output)
        if output.truncated:
            return dict.fromkeys(kinds, _UNKNOWN)
        every = self._wanted.all_images
        found = {
            Prunable.IMAGES: unused(read_images(output.stdout), moment, tagged=every),
            Prunable.BUILD_CACHE: unused(read_cache(output.stdout), moment),
        }
        return {kind: found[kind] for kind in kinds if found[kind].count}

    def _change(
        self, engine: Engine, filesystem: FileSystem, kinds: Sequence[Prunable], finds: Finds
    ) -> Change:
        size = None if finds.size is None else min(finds.size, filesystem.used)
        hints = ["what a container wrote is gone with it"] if finds.containers else []
        hints += ["pull or build again what is missing"] if self._wanted.all_images else []
        return Change(
            step=self._request.step,
            action="docker.prune",
            target=self._target,
            intent={"docker_host": self._wanted.docker_host, "prunes": self._parts(finds)},
            version=engine.version,
            summary=self._summary(engine, filesystem, kinds, finds),
            effect=ActionEffect.IRREVERSIBLE,
            bound=None if size is None else generous_bound(size),
            estimate=size,
            unit="bytes",
            before={
                **filesystem.as_facts(),
                "docker_root": engine.root,
                "containers": [one_line(str(each)) for each in finds.containers],
            },
            undo_hint="; ".join(hints),
        )

    def _parts(self, finds: Finds) -> list[Mapping[str, Any]]:
        """Return the parts of the intent; what was planned stays word for word while any of it is there."""
        parts: list[Mapping[str, Any]] = []
        if finds.containers:
            chosen = {one.id: one.finished for one in finds.containers}
            fresh = {"what": str(Prunable.CONTAINERS), "containers": chosen}
            parts.append((self._planned or {}).get(Prunable.CONTAINERS, fresh))
        for kind in finds.usages:
            parts.append({"what": str(kind), "argv": prune_words(self._wanted, kind)})
        return parts

    def _summary(
        self, engine: Engine, filesystem: FileSystem, kinds: Sequence[Prunable], finds: Finds
    ) -> str:
        age = format_duration(self._wanted.older_than)
        said = [f"containers that stopped over {age} ago ({_names(finds)})"] * bool(
            finds.containers
        )
        for kind, usage in finds.usages.items():
            since = "unused for" if kind is Prunable.BUILD_CACHE else "made over"
            ago = "" if kind is Prunable.BUILD_CACHE else " ago"
            count = f" ({usage.count})" if usage.count else ""
            said.append(f"{self._noun(kind)} {since} {age}{ago}{count}")
        words = f"remove from Docker on {self._target}: {', '.join(said)}; {_size_words(finds)}"
        left = [kind.words for kind in Prunable if kind in self._wanted.what and kind not in kinds]
        if left:
            why = _frees_nothing(engine, filesystem)
            words += f"; {' and '.join(left)} left out: {engine.whereabouts}: {why}"
        return words

    def _noun(self, kind: Prunable) -> str:
        if kind is not Prunable.IMAGES:
            return kind.words if kind is Prunable.BUILD_CACHE else "stopped containers"
        return "images without a container" if self._wanted.all_images else "dangling images"


def _frees_nothing(engine: Engine, filesystem: FileSystem) -> str:
    where = filesystem.mountpoint
    if engine.layers_on is None:
        return f"whether pruning frees anything on {where} is not known; without `path` it prunes"
    return f"pruning would free nothing on {where}"


def _names(finds: Finds) -> str:
    names = [one.name for one in finds.containers]
    more = len(names) - _MOST_NAMES
    listed = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    waiting = f"; {finds.waiting} others wait for the next time" if finds.waiting else ""
    return one_line(f"{len(names)}: {listed}{waiting}")


def _size_words(finds: Finds) -> str:
    if finds.size is None:
        return "Docker does not say how much that frees"
    logs = ", without the containers' logs" if finds.containers else ""
    return f"about {format_size(finds.size)} by its own count{logs}"
