"""What `docker.prune` may be asked for, and the exact words for it; used by this package only.

`remediator sudoers` prints a rule for each: what has been granted with an older word is refused after a change here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from remediator.integrations.hosts.knowledge.grammars import CONTAINERS
from remediator.integrations.hosts.rights import Word
from remediator.integrations.shell.filesystem import absolute_path
from remediator.ports.parameters import Duration, Parameters


class Prunable(StrEnum):
    """What may go, in the order in which it goes: a container keeps its image."""

    CONTAINERS = "containers"
    IMAGES = "images"
    BUILD_CACHE = "build_cache"

    @property
    def words(self) -> str:
        """Return its name for people."""
        return self.value.replace("_", " ")


_NOUNS = {Prunable.IMAGES: "image", Prunable.BUILD_CACHE: "builder"}
_KEPT = ("--filter", "label!=keep")
_STOPPED = ("--filter", "status=exited", "--filter", "status=dead")
_USAGE = (
    "{{range .Images}}image {{.Containers}} {{.UniqueSize}} {{.Size}} {{.Repository}} {{.Tag}} {{.CreatedAt}}"
    "{{println}}{{end}}"
    "{{range .BuildCache}}cache {{.InUse}} {{.Size}} {{.LastUsedAt}}{{println}}{{end}}"
)
_CONTAINER = (
    "{{.Id}} {{.State.Status}} {{.State.FinishedAt}} {{.SizeRw}} {{.Config.Image}} {{.Name}}"
)


class PruneParameters(Parameters):
    """Remove containers that stopped longer than `older_than` ago, dangling images made before, and build cache unused
    since; what carries the label `keep` stays, and so does a container that was never started.

    `all_images` takes every image without a container, not only dangling ones: the next start has to pull. With `path`,
    only what Docker keeps on the same file system is removed. `docker_host` is a socket other than Docker's own.
    """

    what: Annotated[tuple[Prunable, ...], Field(min_length=1)] = (
        Prunable.IMAGES,
        Prunable.BUILD_CACHE,
        Prunable.CONTAINERS,
    )
    older_than: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(hours=24)
    all_images: bool = False
    path: Annotated[str, AfterValidator(absolute_path)] | None = None
    docker_host: Annotated[str, Field(pattern=r"^unix:///[A-Za-z0-9._/-]{1,100}$")] | None = None


def prune_words(wanted: PruneParameters, what: Prunable) -> list[str]:
    """Return the command that prunes images or build cache, which knows no labels."""
    until = f"until={int(wanted.older_than.total_seconds())}s"
    every = ["--all"] if what is Prunable.IMAGES and wanted.all_images else []
    words = [*docker_words(wanted.docker_host), _NOUNS[what], "prune", "--force", *every]
    return [*words, "--filter", until, *(() if what is Prunable.BUILD_CACHE else _KEPT)]


def remove_words(docker_host: str | None, ids: Iterable[str]) -> list[str]:
    """Return the command that removes containers: never by force, so none that runs, and never their volumes."""
    return [*docker_words(docker_host), "container", "rm", *ids]


def info_words(docker_host: str | None) -> list[str]:
    """Return the command that tells about the engine. A template of fields fails with Go's words where it is down."""
    return [*docker_words(docker_host), "info", "--format", "{{json .}}"]


def usage_words(docker_host: str | None) -> list[str]:
    """Return the command that lists images and build cache, a line each."""
    return [*docker_words(docker_host), "system", "df", "-v", "--format", _USAGE]


def stopped_words(docker_host: str | None, *, kept: bool = False) -> list[str]:
    """Return the command that lists the ids of containers that ran and stopped; only those to keep with `kept`."""
    label = ("--filter", "label=keep") if kept else ()
    words = ["container", "ls", "--all", "--no-trunc", *_STOPPED, *label, "--format", "{{.ID}}"]
    return [*docker_words(docker_host), *words]


def inspect_words(docker_host: str | None, ids: Iterable[str]) -> list[str]:
    """Return the command that tells state, end, size, image and name of containers, a line each."""
    words = ["container", "inspect", "--size", "--format", _CONTAINER]
    return [*docker_words(docker_host), *words, *ids]


def look_and_prune_words(wanted: PruneParameters) -> Iterator[Sequence[Word]]:
    """Yield every command of a request."""
    yield info_words(wanted.docker_host)
    yield usage_words(wanted.docker_host)
    for what in wanted.what:
        if what is Prunable.CONTAINERS:
            yield stopped_words(wanted.docker_host)
            yield stopped_words(wanted.docker_host, kept=True)
            yield [*inspect_words(wanted.docker_host, ()), CONTAINERS.word()]
            yield [*remove_words(wanted.docker_host, ()), CONTAINERS.word()]
        else:
            yield prune_words(wanted, what)


def docker_words(docker_host: str | None) -> list[str]:
    """Return the beginning of every docker command."""
    return ["docker", "--host", docker_host] if docker_host else ["docker"]
