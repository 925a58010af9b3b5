"""Where a Docker engine keeps what; used by `docker.prune` only.

Engines with the containerd image store (the default since Docker 29) say `DockerRootDir`, but images, container layers
and build cache lie in containerd's own root, which Docker does not name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remediator.core.target import Target
from remediator.integrations.hosts.actions.docker.prune_commands import Prunable, info_words
from remediator.integrations.shell.api import Looker, Output
from remediator.integrations.shell.filesystem import FileSystem
from remediator.integrations.shell.receipts import LOOK, filesystem_of, look_error, require_program

_STORE = "io.containerd.snapshotter.v1"
_SYSTEM_SOCKET = "/run/containerd/containerd.sock"
_OWN_SOCKET = "/docker/containerd/"  # of a containerd that dockerd runs itself
_SYSTEM_ROOT = "/var/lib/containerd"
_ROOT = re.compile(r"""^root = ["'](/[^"'\n]+)["']""", re.MULTILINE)
_REST_OF_A_SECOND = re.compile(r"\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One Docker engine. `layers` is where images, container layers and build cache lie, None where nobody says."""

    id: str
    now: datetime | None
    root: str
    root_on: FileSystem
    layers: str | None
    layers_on: FileSystem | None

    @property
    def version(self) -> str:
        """What a plan depends on: which engine it is, and where its files are."""
        where = f"{self.id}/{self.root}/{self.root_on.identity}"
        if self.layers == self.root:
            return where
        return f"{where}/{self.layers}/{self.layers_on.identity if self.layers_on else ''}"

    @property
    def main(self) -> FileSystem:
        """The file system that pruning frees most of."""
        return self.layers_on or self.root_on

    def frees(self, what: Prunable, wanted: FileSystem) -> bool:
        """Say whether removing this frees space on that file system. A container's logs are always in the root."""
        places = [self.layers_on, self.root_on if what is Prunable.CONTAINERS else None]
        return any(place.shares_space_with(wanted) for place in places if place)

    @property
    def whereabouts(self) -> str:
        """Say where its files are: `Docker keeps its files in /var/lib/docker on /var`."""
        said = f"Docker keeps its files in {self.root} on {self.root_on.mountpoint}"
        if self.layers == self.root:
            return said
        if self.layers is None or self.layers_on is None:
            return f"{said}, and nobody says where its containerd keeps images and layers"
        return f"{said}, images and layers in {self.layers} on {self.layers_on.mountpoint}"


async def engine_of(looker: Looker, target: Target, docker_host: str | None) -> Engine:
    """Return the engine of a target; raise Missing where it has no Docker, Transient where that does not answer."""
    await require_program(looker, target, "docker")
    output = await looker.look(target, info_words(docker_host), timeout=LOOK, sudo=True)
    info = _info(target, output)
    root = str(info["DockerRootDir"])
    root_on = await filesystem_of(looker, target, root)
    layers: str | None = root
    layers_on: FileSystem | None = root_on
    if _uses_containerd(info):
        layers, layers_on = await _containerd(looker, target, info, root_on)
    return Engine(
        id=str(info.get("ID", "")),
        now=_moment(info.get("SystemTime")),
        root=root,
        root_on=root_on,
        layers=layers,
        layers_on=layers_on,
    )


def _info(target: Target, output: Output) -> Mapping[str, Any]:
    """Read `docker info`; clients of the time of 20.10 end well and put the engine's silence into a field."""
    info = _object(output.stdout)
    errors = "\n".join(map(str, info.get("ServerErrors") or ()))
    if not output.ok or errors or not str(info.get("DockerRootDir", "")).startswith("/"):
        said = f"{output.stderr}\n{errors}".strip() or "docker info said nothing"
        code = output.exit_code or 1
        raise look_error(target, "docker", Output(exit_code=code, stdout="", stderr=said))
    return info


def _uses_containerd(info: Mapping[str, Any]) -> bool:
    pairs = info.get("DriverStatus") or ()
    return ["driver-type", _STORE] in [list(pair) for pair in pairs]


async def _containerd(
    looker: Looker, target: Target, info: Mapping[str, Any], root_on: FileSystem
) -> tuple[str | None, FileSystem | None]:
    """Return the root of the containerd that an engine uses, and its file system; None where nobody says."""
    address = str((info.get("Containerd") or {}).get("Address", ""))
    if not address:  # engines before 27 do not say; they use the system's where there is one
        has_one = (await looker.look(target, ["test", "-S", _SYSTEM_SOCKET], timeout=LOOK)).ok
        address = _SYSTEM_SOCKET if has_one else _OWN_SOCKET
    if _OWN_SOCKET in address:
        return f"{info['DockerRootDir']}/containerd/daemon", root_on
    root = await _configured(looker, target)
    if root is None or not (await looker.look(target, ["test", "-d", root], timeout=LOOK)).ok:
        return None, None
    return root, await filesystem_of(looker, target, root)


async def _configured(looker: Looker, target: Target) -> str | None:
    """Ask containerd for its root; where the program is in no usual place, it is where it is by default."""
    output = await looker.look(target, ["containerd", "config", "dump"], timeout=LOOK)
    if output.exit_code == 127:
        return _SYSTEM_ROOT
    found = _ROOT.search(output.stdout)
    return found[1] if output.ok and found else None


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(_REST_OF_A_SECOND.sub("", str(text)))
    except ValueError:
        return None
