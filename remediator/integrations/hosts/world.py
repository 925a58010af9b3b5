"""Hosts as tests of playbooks play them: the shipped fake, with the disks, journals and units that a test gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StrictStr

from remediator.core.spelling import canonical_name
from remediator.documents.model_reader import Flag, Shape, Word
from remediator.integrations.hosts.settings.section import HOSTS_SECTION
from remediator.integrations.shell.api import looker_of, shell_of
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected, PlayedWorld
from remediator.ports.parameters import Size
from remediator.ports.sections import Sections

if TYPE_CHECKING:
    from remediator.integrations.hosts.fake.host import FakeMachine

_GIB = 1024**3
_Bytes = Annotated[Size, Field(ge=0)]


class DiskGiven(Shape):
    """One file system: how large it is, and how much of it is free."""

    size: Annotated[Size, Field(gt=0)] = 100 * _GIB
    free: _Bytes = 50 * _GIB


class DockerGiven(Shape):
    """What Docker holds that a prune would free."""

    images: _Bytes = 0
    build_cache: _Bytes = 0
    containers: _Bytes = 0
    root: StrictStr = "/var/lib/docker"


class HostGiven(Shape):
    """One host. `size` and `free` are those of `/`, unless `disks` says more; without `docker`, there is none."""

    size: Annotated[Size, Field(gt=0)] = 100 * _GIB
    free: _Bytes = 50 * _GIB
    disks: dict[StrictStr, DiskGiven] = Field(default_factory=dict)
    journal: Annotated[Size, Field(ge=0)] | None = None
    docker: DockerGiven | None = None
    units: dict[Word, Literal["active", "failed", "inactive", "activating"]] = Field(
        default_factory=dict
    )
    reachable: Flag = True


def play(given: Mapping[str, HostGiven], now: Callable[[], datetime]) -> Connected:
    """Return the shells of these hosts; no command reaches any machine."""
    from remediator.integrations.hosts.fake.host import FakeHosts  # only tests need it

    machines = {canonical_name("host", name): _machine(host) for name, host in given.items()}
    hosts = FakeHosts(machines, now=now)
    return Connected(
        reads=Reads().having(looker_of("host"), hosts),
        writes=Writes().having(shell_of("host"), hosts),
    )


def opened(sections: Sections) -> Sections:
    """Let every host be touched."""
    hosts = sections[HOSTS_SECTION]
    return sections.having(HOSTS_SECTION, hosts.model_copy(update={"allow": (".*",)}))


def _machine(given: HostGiven) -> FakeMachine:
    from remediator.integrations.hosts.fake.host import FakeDisk, FakeMachine

    root = DiskGiven(size=given.size, free=given.free)
    disks = [
        FakeDisk(
            mountpoint=path,
            device=f"/dev/mapper/given-{number}",
            size=disk.size,
            used=max(disk.size - disk.free, 0),
        )
        for number, (path, disk) in enumerate({"/": root, **given.disks}.items())
    ]
    docker = given.docker
    return FakeMachine(
        disks=disks,
        journal=given.journal,
        docker=_usage(docker) if docker else None,
        docker_root=docker.root if docker else "/var/lib/docker",
        units=dict(given.units),
        reachable=given.reachable,
    )


def _usage(docker: DockerGiven) -> dict[str, int]:
    return {
        "Images": docker.images,
        "Build Cache": docker.build_cache,
        "Containers": docker.containers,
    }


WORLD = PlayedWorld(
    key="hosts",
    shape=dict[Word, HostGiven] | None,
    kinds=("host",),
    play=play,
    opened=opened,
)
