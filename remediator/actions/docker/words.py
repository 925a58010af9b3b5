"""What `docker.prune` may be asked for, and the exact words for it; used by `docker.prune` only."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from remediator.core.filesystem import absolute_path
from remediator.ports.parameters import Duration, Parameters


class Prunable(StrEnum):
    """What may go, in the order in which it goes: a container keeps its image."""

    CONTAINERS = "containers"
    IMAGES = "images"
    BUILD_CACHE = "build_cache"


_NOUNS = {
    Prunable.CONTAINERS: "container",
    Prunable.IMAGES: "image",
    Prunable.BUILD_CACHE: "builder",
}
_KEPT = ("--filter", "label!=keep")


class PruneParameters(Parameters):
    """Remove what is unused and older than `older_than`; what carries the label `keep` stays.

    `all_images` takes every image without a container, not only dangling ones: the next start has to pull. With
    `path`, nothing is done unless Docker keeps its files on the same file system. `docker_host` is a socket other than
    Docker's own.
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
    """Return the command that prunes one kind; the build cache knows no labels."""
    until = f"until={int(wanted.older_than.total_seconds())}s"
    every = ["--all"] if what is Prunable.IMAGES and wanted.all_images else []
    words = [*docker_words(wanted.docker_host), _NOUNS[what], "prune", "--force", *every]
    return [*words, "--filter", until, *(() if what is Prunable.BUILD_CACHE else _KEPT)]


def docker_words(docker_host: str | None) -> list[str]:
    """Return the beginning of every docker command."""
    return ["docker", "--host", docker_host] if docker_host else ["docker"]
