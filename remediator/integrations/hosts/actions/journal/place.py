"""Where a host keeps its journal, and whether that is on the file system that is to be freed; used by `journal.vacuum`.

journald writes to /var/log/journal, or to /run/log/journal (memory) where there is none or it is not mounted yet. A
vacuum works on both. Where only one of them is on the wanted file system, and the other holds journals too, the command
names the one: deleting there would free nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from remediator.core.target import Target
from remediator.integrations.shell.api import Looker
from remediator.integrations.shell.filesystem import FileSystem
from remediator.integrations.shell.receipts import LOOK, filesystem_of, host_identity

PERSISTENT, VOLATILE = "/var/log/journal", "/run/log/journal"
_MACHINE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Where the journal is. `is_one_of_two` where another one lies elsewhere, which is to be left alone.

    `counted` are the directories on this file system, where journalctl's own sum would count others too; each of them
    is vacuumed for itself.
    """

    directory: str
    filesystem: FileSystem
    version: str
    is_one_of_two: bool = False
    counted: tuple[str, ...] = ()


async def journal_of(looker: Looker, target: Target, path: str | None) -> Journal | str:
    """Return the journal of a target, on the file system of `path` where one is given; or why there is none."""
    found = await _journals(looker, target, await host_identity(looker, target))
    if not found:
        return f"{target} keeps no journal"
    holding = [one for one in found if await _holds_journals(looker, target, one.directory)]
    if path is None:
        return _counting((holding or found)[0], holding)
    wanted = await filesystem_of(looker, target, path)
    here = [one for one in holding if one.filesystem.shares_space_with(wanted)]
    if not here:
        where = _whereabouts(target, holding or found)
        return f"{where}: vacuuming would free nothing on {wanted.mountpoint}"
    if len(here) == len(holding):
        return _counting(here[0], holding)
    return _alone(here[0]) or (
        f"{_whereabouts(target, holding)}, and the one on {wanted.mountpoint} cannot be vacuumed alone"
    )


def _counting(journal: Journal, holding: list[Journal]) -> Journal:
    """Return the journal with what a vacuum of all of them touches on its file system, where there are several."""
    if len(holding) < 2:
        return journal
    here = (one for one in holding if one.filesystem.shares_space_with(journal.filesystem))
    return replace(journal, counted=tuple(one.directory for one in here) or (journal.directory,))


async def _journals(looker: Looker, target: Target, identity: str) -> list[Journal]:
    found: list[Journal] = []
    for place in (PERSISTENT, VOLATILE):
        directory = await _directory(looker, target, place, identity)
        if directory is not None:
            filesystem = await filesystem_of(looker, target, directory)
            version = f"{identity}/{filesystem.identity}"
            found.append(Journal(directory=directory, filesystem=filesystem, version=version))
    return found


async def _directory(looker: Looker, target: Target, place: str, identity: str) -> str | None:
    """Return the directory of this machine's journals, which may be a mount or a link of its own."""
    if not (await looker.look(target, ["test", "-d", place], timeout=LOOK)).ok:
        return None
    machine = identity.partition("/")[0]
    own = f"{place}/{machine}"
    is_known = target.kind == "host" and _MACHINE.fullmatch(machine)
    if is_known and (await looker.look(target, ["test", "-d", own], timeout=LOOK)).ok:
        return own
    return place


async def _holds_journals(looker: Looker, target: Target, directory: str) -> bool:
    """Say whether there are journals, or may be: an empty directory is no place to vacuum."""
    words = ["find", "-H", directory, "-type", "f", "-name", "*.journal"]
    output = await looker.look(target, words, timeout=LOOK)
    return bool(output.stdout.strip()) or not output.ok


def _alone(journal: Journal) -> Journal | None:
    """Name the one directory. Only this machine's own: where it has none, there may be journals of others."""
    if not _MACHINE.fullmatch(journal.directory.rpartition("/")[2]):
        return None
    version = f"{journal.version}#{journal.directory}"
    return replace(journal, version=version, is_one_of_two=True, counted=(journal.directory,))


def _whereabouts(target: Target, found: list[Journal]) -> str:
    places = " and ".join(f"in {one.directory} on {one.filesystem.mountpoint}" for one in found)
    return f"the journal of {target} lies {places}"
