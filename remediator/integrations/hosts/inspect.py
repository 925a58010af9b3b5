"""What `check --online` asks of hosts: whether they answer, and whether sudo lets us run what the playbooks need."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from remediator.core.errors import ActionError
from remediator.core.target import Target
from remediator.integrations.hosts.gateway.quoting import under_limit
from remediator.integrations.hosts.needs import Commands, RootNeeds, root_needs
from remediator.integrations.hosts.rights import RootRight
from remediator.integrations.hosts.settings.section import HostsSettings
from remediator.integrations.shell.api import Looker
from remediator.ports.inspection import Finding, Level
from remediator.ports.rights import Need

MOST = 20
_LOOK = timedelta(seconds=15)
_PATIENCE = 45.0
_HINT = "`remediator sudoers` prints what to grant"

Needed = Mapping[RootRight, tuple[str, ...]]
"""The playbooks that need a right."""


async def inspect_hosts(
    looker: Looker, settings: HostsSettings, needs: Iterable[Need], commands: Commands
) -> Sequence[Finding]:
    """Ask the hosts that the settings name one by one, at most MOST of them, all at once."""
    names, known = settings.resolver.named(), tuple(needs) if settings.ssh.sudo else ()
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(_in_time(looker, name, root_needs(known, commands, name).granted))
            for name in names[:MOST]
        ]
    found = [finding for task in asked for finding in task.result()]
    return [*found, *_unknown(root_needs(known, commands)), *_rest(len(names))]


def _unknown(needs: RootNeeds) -> Sequence[Finding]:
    """Say what nobody can ask for."""
    return [
        Finding(
            level=Level.WARNING,
            where="hosts",
            text=f"nobody can tell whether sudo allows it: {why} ({', '.join(playbooks)})",
        )
        for why, playbooks in needs.unknown.items()
    ]


def _rest(count: int) -> Sequence[Finding]:
    """Say which hosts nobody asked."""
    if 0 < count <= MOST:
        return ()
    text = f"{count - MOST} more were not asked" if count else "none is named one by one: not asked"
    return (Finding(level=Level.OK, where="hosts", text=text),)


async def _in_time(looker: Looker, name: str, needed: Needed) -> Sequence[Finding]:
    where = f"host {name}"
    try:
        async with asyncio.timeout(_PATIENCE):
            refused = await _refused(looker, Target("host", name), needed)
    except TimeoutError:
        text = f"no answer within {_PATIENCE:.0f} seconds"
        return (Finding(level=Level.ERROR, where=where, text=text),)
    except ActionError as error:
        return (Finding(level=Level.ERROR, where=where, text=error.detail),)
    if not refused:
        allows = ", and sudo allows what the playbooks need" if needed else ""
        return (Finding(level=Level.OK, where=where, text=f"answers{allows}"),)
    return [
        Finding(
            level=Level.ERROR,
            where=where,
            text=f"sudo does not allow `{right.command}`{_such_as(right)} ({', '.join(needed[right])})",
            hint=_HINT,
        )
        for right in refused
    ]


def _such_as(right: RootRight) -> str:
    """Say what was asked where a rule has several commands."""
    words = [word.example for word in right.argv if not isinstance(word, str)]
    return f", such as for {' '.join(words)}" if words else ""


async def _refused(looker: Looker, target: Target, needed: Needed) -> Sequence[RootRight]:
    """Return the rights of which sudo would not run an example; raise ActionError where the host does not answer."""
    await looker.look(target, ["true"], timeout=_LOOK)
    return [right for right in needed if not await _may(looker, target, right.example)]


async def _may(looker: Looker, target: Target, argv: Sequence[str]) -> bool:
    limited = under_limit(argv, _LOOK, sudo=False)
    return (await looker.look(target, ["sudo", "-n", "-l", "--", *limited], timeout=_LOOK)).ok
