"""Hosts by SSH: what an alert's `instance` is, and the shell that gets there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediator.core.target import Target
from remediator.integrations.hosts.settings.inventory import by_way_in
from remediator.integrations.hosts.settings.section import HOSTS_SECTION
from remediator.integrations.hosts.world import WORLD
from remediator.integrations.shell.api import COMMANDS, LOOKER, looker_of, shell_of
from remediator.ports.gateways import Reads, Writes
from remediator.ports.inspection import Finding
from remediator.ports.integration import Connected, Filter, Inspected, Integration, Services
from remediator.ports.sections import Sections
from remediator.ports.targets import UsualTarget


def connect(services: Services) -> Connected:
    """Return the shells by SSH where the settings name known hosts."""
    hosts = services.sections[HOSTS_SECTION]
    if hosts.ssh.known_hosts is None:
        return Connected()
    from remediator.integrations.hosts.gateway.connect import Reach
    from remediator.integrations.hosts.gateway.pool import Pool
    from remediator.integrations.hosts.gateway.shell import SshLooker, SshShell

    reach = Reach(ssh=hosts.ssh, addresses=hosts.resolver.addresses())
    pool = Pool(reach)
    looker, shell = SshLooker(reach, pool), SshShell(reach, pool)
    return Connected(
        reads=Reads().having(looker_of("host"), looker),
        writes=Writes().having(shell_of("host"), shell),
        closers=(shell.close,),
    )


def addresses(sections: Sections) -> Mapping[str, str]:
    """Return where the inventories' hosts are."""
    known = sections[HOSTS_SECTION].resolver.addresses()
    return {name: address.host for name, address in known.items()}


def filters(sections: Sections) -> Mapping[str, Filter]:
    """Return `host`, which makes a host of an `instance`."""
    return {"host": sections[HOSTS_SECTION].resolver.resolve}


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask the hosts that the settings name whether they answer, and let us do what the playbooks need."""
    hosts = subject.services.sections[HOSTS_SECTION]
    if hosts.ssh.known_hosts is None:
        return ()
    from remediator.integrations.hosts.inspect import inspect_hosts

    return await inspect_hosts(subject.reads[LOOKER], hosts, subject.needs, subject.reads[COMMANDS])


def same(sections: Sections) -> Iterator[frozenset[Target]]:
    """Yield the names that the inventories and `hosts.same` tie together."""
    hosts = sections[HOSTS_SECTION]
    yield from by_way_in(hosts.resolver.addresses())
    yield from (frozenset(names) for names in hosts.same)


def known_targets(sections: Sections) -> Iterator[Target]:
    """Yield the hosts of the inventories and of `allow`, where they are allowed."""
    return (Target("host", name) for name in sections[HOSTS_SECTION].resolver.named())


INTEGRATION = Integration(
    name="hosts",
    sections=(HOSTS_SECTION,),
    connect=connect,
    inspect=inspect,
    addresses=addresses,
    filters=filters,
    same=same,
    same_by=("`ansible_host` in an inventory", "`hosts.same`"),
    usual_targets=(UsualTarget(("instance",), "host/{{ labels.instance | host }}"),),
    world=WORLD,
    known_targets=known_targets,
)
