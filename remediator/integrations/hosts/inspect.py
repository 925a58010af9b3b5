"""What `check --online` asks of hosts: whether they answer, and whether sudo lets us run what the playbooks need."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from remediator.core.errors import ActionError
from remediator.core.target import Target
from remediator.integrations.hosts.gateway.quoting import under_limit
from remediator.integrations.hosts.rights import RootRight
from remediator.integrations.hosts.settings.section import HostsSettings
from remediator.integrations.shell.api import Looker
from remediator.ports.inspection import Finding, Level
from remediator.ports.rights import Need

MOST = 20
_LOOK = timedelta(seconds=15)
_PATIENCE = 45.0
_HINT = "see deploy/sudoers.d/remediator, and `hosts.ssh.sudo` in the settings"

Needed = Mapping[tuple[str, ...], str]
"""The playbooks that need a command, by its words."""


async def inspect_hosts(
    looker: Looker, settings: HostsSettings, needs: Iterable[Need]
) -> Sequence[Finding]:
    """Ask the hosts that the settings name one by one, at most MOST of them, all at once."""
    names = settings.resolver.named()
    needed = _needed(needs) if settings.ssh.sudo else {}
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_in_time(looker, name, needed)) for name in names[:MOST]]
    found = [finding for task in asked for finding in task.result()]
    return [*found, *_rest(len(names))]


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
            text=f"sudo does not allow `{' '.join(argv)}` ({needed[argv]})",
            hint=_HINT,
        )
        for argv in refused
    ]


async def _refused(looker: Looker, target: Target, needed: Needed) -> Sequence[tuple[str, ...]]:
    """Return the commands that sudo would not run; raise ActionError where the host does not answer."""
    await looker.look(target, ["true"], timeout=_LOOK)
    return [argv for argv in needed if not await _may(looker, target, argv)]


async def _may(looker: Looker, target: Target, argv: Sequence[str]) -> bool:
    limited = under_limit(argv, _LOOK, sudo=False)
    return (await looker.look(target, ["sudo", "-n", "-l", "--", *limited], timeout=_LOOK)).ok


def _needed(needs: Iterable[Need]) -> Needed:
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for need in needs:
        if isinstance(need.right, RootRight):
            found.setdefault(need.right.argv, {})[need.playbook] = None
    return {argv: ", ".join(playbooks) for argv, playbooks in found.items()}
