"""The section `hosts`."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.target import Target
from remediator.integrations.hosts.settings.hosts import HostResolver
from remediator.integrations.hosts.settings.hosts_reader import HostsReader
from remediator.integrations.hosts.settings.shape import HostsShape
from remediator.integrations.hosts.settings.ssh import SshSettings
from remediator.ports.sections import Section, SectionReading


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsSettings:
    """Which machines may be touched, which names are one machine (`same`), and how they are reached."""

    resolver: HostResolver = HostResolver()
    same: tuple[tuple[Target, ...], ...] = ()
    ssh: SshSettings = SshSettings()


def _read(reading: SectionReading, shape: object) -> HostsSettings:
    if not isinstance(shape, HostsShape):
        return HostsSettings()
    reader = HostsReader(reading)
    return HostsSettings(
        resolver=reader.resolver(shape), same=reader.same(shape), ssh=reader.ssh(shape.ssh)
    )


HOSTS_SECTION: Section[HostsSettings] = Section(
    key="hosts",
    shape=HostsShape,
    unwritten=HostsShape(),
    read=_read,
    absent=HostsSettings(),
)
