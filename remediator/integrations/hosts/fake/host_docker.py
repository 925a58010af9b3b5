"""A fake Docker engine for `hosts.fake.host`: what `docker.prune` asks and changes, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from remediator.integrations.shell.api import Output

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_MADE = "2026-01-01 00:00:00 +0000 UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeContainer:
    """One container; `status` is Docker's word."""

    name: str
    finished: datetime = LONG_AGO
    size: int = 0
    status: str = "exited"
    keep: bool = False
    image: str = "shop:1"

    @property
    def id(self) -> str:
        """Its 64 digits, from its name."""
        return hashlib.sha256(self.name.encode()).hexdigest()


@dataclass(slots=True)
class FakeDocker:
    """One engine: bytes by kind as `docker system df` names them, all unused and old. Images are dangling; `tagged` are
    the bytes of unused ones with a name. Bytes of containers that no container has are one that stopped long ago."""

    usage: dict[str, int]
    root: str = "/var/lib/docker"
    id: str = "fake"
    containers: list[FakeContainer] = field(default_factory=list)
    tagged: int = 0
    containerd_root: str | None = None

    def answer(self, words: list[str], free: Callable[[str, int], None]) -> Output:
        """Return what the engine answers, and change it where the command does; `free` gives space back."""
        match words[1:]:
            case ["--host", _, *rest]:
                return self.answer(["docker", *rest], free)
            case ["info", "--format", _]:
                return _said(self._info() + "\n")
            case ["system", "df", "-v", "--format", _]:
                return _said("".join(self._rows()))
            case ["container", "ls", *flags]:
                return _said("".join(f"{one.id}\n" for one in self._listed(flags)))
            case ["container", "inspect", "--size", "--format", _, *ids]:
                return self._inspect(ids)
            case ["container", "rm", *ids]:
                return self._remove(ids, free)
            case ["image" | "builder" as noun, "prune", "--force", *flags]:
                return self._prune(noun, flags, free)
        return _said(code=125, stderr="docker: unknown command\n")

    @property
    def layers(self) -> str:
        """Where images and layers are."""
        return self.containerd_root or self.root

    def all_containers(self) -> list[FakeContainer]:
        """Return the containers, and the one that stands for the bytes that none of them has."""
        rest = self.usage.get("Containers", 0) - sum(one.size for one in self.containers)
        return [*self.containers, *([FakeContainer(name="old", size=rest)] if rest > 0 else ())]

    def _info(self) -> str:
        found: dict[str, object] = {"ID": self.id, "DockerRootDir": self.root}
        if self.containerd_root:
            found["DriverStatus"] = [["driver-type", "io.containerd.snapshotter.v1"]]
            found["Containerd"] = {"Address": "/run/containerd/containerd.sock"}
        return json.dumps(found)

    def _rows(self) -> Iterable[str]:
        if size := self.usage.get("Images", 0):
            yield f"image 0 {size}B {size}B <none> <none> {_MADE}\n"
        if self.tagged:
            yield f"image 0 {self.tagged}B {self.tagged}B shop 1 {_MADE}\n"
        if size := self.usage.get("Build Cache", 0):
            yield f"cache false {size}B {_MADE}\n"

    def _listed(self, flags: list[str]) -> Iterable[FakeContainer]:
        for one in self.all_containers():
            if f"status={one.status}" in flags and (one.keep or "label=keep" not in flags):
                yield one

    def _inspect(self, ids: list[str]) -> Output:
        known = {one.id: one for one in self.all_containers()}
        rows, missing = [], ""
        for wanted in ids:
            if one := known.get(wanted):
                ended = one.finished.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                rows.append(f"{one.id} {one.status} {ended} {one.size} {one.image} /{one.name}\n")
            else:
                missing += f"Error response from daemon: No such container: {wanted}\n"
        return _said("".join(rows), code=1 if missing else 0, stderr=missing)

    def _remove(self, ids: list[str], free: Callable[[str, int], None]) -> Output:
        known = {one.id: one for one in self.all_containers()}
        removed, refused = "", ""
        for wanted in ids:
            one = known.get(wanted)
            if one is None:
                refused += f"Error response from daemon: No such container: {wanted}\n"
            elif one.status not in ("exited", "dead", "created"):
                refused += f"Error response from daemon: cannot remove container {wanted}: container is running\n"
            else:
                self.containers = [each for each in self.containers if each.id != wanted]
                self.usage["Containers"] = max(0, self.usage.get("Containers", 0) - one.size)
                free(self.layers, one.size)
                removed += f"{wanted}\n"
        return _said(removed, code=1 if refused else 0, stderr=refused)

    def _prune(self, noun: str, flags: list[str], free: Callable[[str, int], None]) -> Output:
        kind = "Images" if noun == "image" else "Build Cache"
        freed, self.usage[kind] = self.usage.get(kind, 0), 0
        if noun == "image" and "--all" in flags:
            freed, self.tagged = freed + self.tagged, 0
        free(self.layers, freed)
        return _said(f"Total reclaimed space: {freed}B\n")

    def restarted(self, name: str, status: str, finished: datetime) -> None:
        """Let a container be started, or end anew."""
        self.containers = [
            replace(one, status=status, finished=finished) if one.name == name else one
            for one in self.containers
        ]


def _said(stdout: str = "", *, code: int = 0, stderr: str = "") -> Output:
    return Output(exit_code=code, stdout=stdout, stderr=stderr, seconds=0.1)
