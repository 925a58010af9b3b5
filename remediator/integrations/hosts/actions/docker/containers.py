"""Containers that stopped, chosen by when they stopped and removed by id; used by `docker.prune` only.

`docker container prune --filter until=` goes by a container's creation: one that ran for two days and stopped a moment
ago would go with its data. So the plan names each container with the moment of its end, and only those are removed that
still are so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from remediator.core.duration import format_size
from remediator.core.target import Target
from remediator.integrations.hosts.actions.docker.prune_commands import inspect_words, stopped_words
from remediator.integrations.shell.api import Looker, Output
from remediator.integrations.shell.receipts import LOOK, look_error

MOST = 200  # containers of one plan; the rest is for the next one
_AT_ONCE = 200
_MOST_ASKED = 2000
_ID = re.compile(r"[0-9a-f]{64}")
_STOPPED = ("exited", "dead")
# What a removal says of a container that is not as planned any more: gone, going, or started again.
_MOVED_ON = re.compile(
    r"no such container|no such object|removal of container .* is already in progress"
    r"|(running|paused|restarting) container|container is (running|paused|restarting)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A container that ran and stopped. `finished` is the moment as Docker writes it: what a plan depends on."""

    id: str
    finished: str
    size: int
    image: str
    name: str

    @property
    def at(self) -> datetime:
        """When it stopped."""
        return datetime.fromisoformat(self.finished)

    def __str__(self) -> str:
        when = self.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"{self.name} ({self.image}), stopped {when}, {format_size(self.size)}"


async def stopped_before(
    looker: Looker, target: Target, docker_host: str | None, moment: datetime
) -> tuple[Stopped, ...]:
    """Return the containers that stopped before a moment and may go, those that stopped first in front."""
    stopped = await _ids(looker, target, stopped_words(docker_host))
    if not stopped:
        return ()
    kept = set(await _ids(looker, target, stopped_words(docker_host, kept=True)))
    asked = [one for one in stopped if one not in kept][
        -_MOST_ASKED:
    ]  # the newest are listed first
    found = await inspected(looker, target, docker_host, asked)
    return tuple(sorted((one for one in found if one.at < moment), key=lambda one: one.at))


async def inspected(
    looker: Looker, target: Target, docker_host: str | None, ids: Sequence[str]
) -> tuple[Stopped, ...]:
    """Return those of these containers that are there and stopped."""
    found: list[Stopped] = []
    for begin in range(0, len(ids), _AT_ONCE):
        words = inspect_words(docker_host, ids[begin : begin + _AT_ONCE])
        output = await looker.look(target, words, timeout=LOOK, sudo=True)
        if not output.ok and not is_moved_on(output):
            raise look_error(target, "docker", output)
        found += read_containers(output.stdout)
    return tuple(found)


def read_containers(text: str) -> tuple[Stopped, ...]:
    """Read what `inspect_words` print; who runs, or never ran, is left out."""
    rows = (line.split() for line in text.splitlines())
    return tuple(
        Stopped(
            id=row[0],
            finished=row[2],
            size=int(row[3]) if row[3].isdigit() else 0,
            image=row[4],
            name=row[5].lstrip("/"),
        )
        for row in rows
        if len(row) == 6 and _ID.fullmatch(row[0]) and row[1] in _STOPPED and _is_end(row[2])
    )


def is_moved_on(output: Output) -> bool:
    """Say whether all that a command complains of is containers that are no longer as they were."""
    lines = [line for line in output.stderr.splitlines() if line.strip()]
    return bool(lines) and all(_MOVED_ON.search(line) for line in lines)


async def _ids(looker: Looker, target: Target, words: Sequence[str]) -> list[str]:
    output = await looker.look(target, words, timeout=LOOK, sudo=True)
    if not output.ok:
        raise look_error(target, "docker", output)
    return [line for line in output.stdout.split() if _ID.fullmatch(line)]


def _is_end(text: str) -> bool:
    """Say whether this is a moment; the year 1 is how Docker says never."""
    try:
        return datetime.fromisoformat(text).year > 1 and text.endswith("Z")
    except ValueError:
        return False
