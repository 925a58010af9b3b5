"""What all actions on hosts share: looking, measuring what was freed, and reading what a receipt says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from remediator.core.change import Change
from remediator.core.errors import ActionError, Missing, Partial, Permanent, Transient
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.shell.api import Looker, Output, Receipt, Shell
from remediator.integrations.shell.filesystem import (
    FileSystem,
    df_words,
    freed_bytes,
    freed_words,
    from_facts,
    parse_df,
)
from remediator.integrations.shell.tool_words import Trouble, trouble
from remediator.ports.action import Sight, Ticket

LOOK = timedelta(seconds=30)
HOST_TARGETS = ("host", "pod")
_BOOT = "/proc/sys/kernel/random/boot_id"
_IDENTITY = ["cat", "--", "/etc/machine-id", _BOOT]
_FIRST_PROCESS = ["cat", "--", _BOOT, "/proc/1/stat"]
_START = 19  # proc(5): the start time, counted from behind the name, which may hold anything
_ENDED_BY_TIMEOUT = {124, 137, 143}  # GNU's timeout, after -k, busybox's
# Sudo's own path has /usr/local too. A directory that only root may search may hold it: its answer comes when it runs.
_HAS_PROGRAM = """\
PATH=$PATH:/usr/local/sbin:/usr/local/bin
command -v -- "$1" && exit
case $1 in /*) ! [ -x "${1%/*}/" ] ;; *) false ;; esac"""
_NOT_BEGUN: Mapping[Trouble, type[ActionError]] = {
    Trouble.MISSING: Missing,
    Trouble.BUSY: Transient,
    Trouble.REFUSED: Permanent,
}
_WORDS = {
    "absent": (
        Observation.NOT_APPLIED,
        "it was never started, and its token can no longer be used",
    ),
    "running": (Observation.PENDING, "it is still running"),
    "broken": (Observation.UNKNOWABLE, "it was started, and nobody knows how it ended"),
}


async def read(looker: Looker, target: Target, argv: Sequence[str], *, sudo: bool = False) -> str:
    """Return what a command prints; raise Permanent with its complaint where it fails."""
    output = await looker.look(target, argv, timeout=LOOK, sudo=sudo)
    if not output.ok:
        raise look_error(target, argv[0], output)
    return output.stdout


async def require_program(looker: Looker, target: Target, program: str, hint: str = "") -> None:
    """Raise Missing, with a hint where to get it, where a target has no such program."""
    words = ["sh", "-c", _HAS_PROGRAM, "sh", program]
    if not (await looker.look(target, words, timeout=LOOK)).ok:
        where = f" ({hint})" if hint else ""
        raise Missing(f"{program} is not installed there{where}", target=str(target))


def look_error(target: Target, program: str, output: Output) -> ActionError:
    """Return what it means that a program could not look: missing, busy (Transient), or Permanent."""
    found, line = _trouble(program, output, changing=False)
    detail = f"{program}: {one_line(line) or complaint(output)}"
    errors: Mapping[Trouble, type[ActionError]] = {
        Trouble.MISSING: Missing,
        Trouble.BUSY: Transient,
    }
    return errors.get(found, Permanent)(detail, target=str(target))


def change_error(target: Target, program: str, output: Output, detail: str) -> ActionError:
    """Return what it means that a program that was to change something ended badly.

    Partial, unless its own words say that nothing was begun.
    """
    found, _ = _trouble(program, output, changing=True)
    return _NOT_BEGUN.get(found, Partial)(detail, target=str(target))


def is_not_begun(program: str, output: Output) -> bool:
    """Say whether a program that ended badly says itself that it has changed nothing."""
    return _trouble(program, output, changing=True)[0] in _NOT_BEGUN


def is_busy(program: str, output: Output) -> bool:
    """Say whether a program did nothing because something else was at work."""
    return _trouble(program, output, changing=True)[0] is Trouble.BUSY


def _trouble(program: str, output: Output, *, changing: bool) -> tuple[Trouble, str]:
    text = f"{output.stderr}\n{output.stdout}"
    return trouble(program, output.exit_code, text, changing=changing)


async def host_identity(looker: Looker, target: Target) -> str:
    """Return what tells this boot of this machine, or this start of this container, from every other."""
    if target.kind == "pod":
        return await _container_identity(looker, target)
    output = await looker.look(target, _IDENTITY, timeout=LOOK)
    words = output.stdout.split()
    if not words:
        raise Permanent(f"the boot id cannot be read: {complaint(output)}", target=str(target))
    return "/".join(words)


async def _container_identity(looker: Looker, target: Target) -> str:
    """All containers of a node share its boot id: the moment their first process began tells them apart."""
    boot, _, process = (await read(looker, target, _FIRST_PROCESS)).partition("\n")
    fields = process.rpartition(") ")[2].split()
    if len(fields) <= _START:
        raise Permanent("the start of the container cannot be read", target=str(target))
    return f"{boot.strip()}/{fields[_START]}"


async def filesystem_of(looker: Looker, target: Target, path: str) -> FileSystem:
    """Return the file system that holds a path, as df sees it now."""
    found = parse_df(await read(looker, target, df_words(path)))
    if found is None:
        raise Permanent(f"df did not name the file system of {path}", target=str(target))
    return found


async def freed_since(
    looker: Looker, target: Target, before: FileSystem | None, *, seconds: float = 0.0
) -> Measure:
    """Return what became free since; never raises, for the change is made and must not look undone."""
    if before is None:
        return Measure(summary="what was freed is not known", seconds=seconds)
    try:
        after = await filesystem_of(looker, target, before.mountpoint)
    except ActionError as error:
        summary = f"what was freed could not be measured: {one_line(error.detail)}"
        return Measure(summary=summary, seconds=seconds)
    return Measure(
        summary=freed_words(before, after),
        freed_bytes=freed_bytes(before, after),
        seconds=seconds,
        facts={"before": before.as_facts(), "after": after.as_facts()},
    )


async def freed_since_plan(looker: Looker, target: Target, before: Mapping[str, Any]) -> Measure:
    """Return what became free since the plan was made, where nothing closer to the change is known."""
    return await freed_since(looker, target, from_facts(before))


async def check_holds(looker: Looker, target: Target, check: Sequence[str] | None) -> bool | None:
    """Run a check's words; None where there is no check. A check that sudo refuses has no answer (Permanent), nor has
    one whose program is not there (Missing)."""
    if check is None:
        return None
    output = await looker.look(target, check, timeout=LOOK, sudo=True)
    found = Trouble.FAILED if output.ok else _trouble(check[0], output, changing=True)[0]
    if found in (Trouble.REFUSED, Trouble.MISSING):
        detail = f"the check cannot be run: {complaint(output)}"
        raise _NOT_BEGUN[found](detail, target=str(target))
    return output.ok


def complaint(output: Output) -> str:
    """Return why a command failed, in one line for people."""
    if output.exit_code in _ENDED_BY_TIMEOUT:
        return "it was stopped at its time limit"
    return one_line(output.complaint)


async def run_once(shell: Shell, change: Change, ticket: Ticket) -> Output:
    """Run the planned `argv` under a receipt, as the ticket allows."""
    return await shell.change(
        change.target,
        change.intent["argv"],
        token=ticket.token,
        fence=ticket.fence,
        not_after=ticket.not_after,
        timeout=ticket.timeout,
    )


def sight_of(receipt: Receipt, program: str = "") -> Sight:
    """Return what a receipt says.

    An attempt that ended badly has left the world neither as it was nor as wanted, unless `program` said itself that
    it did not begin.
    """
    if receipt.state == "done" and receipt.output:
        if receipt.output.ok:
            return Sight(
                observation=Observation.APPLIED, detail="its receipt says that it ended well"
            )
        detail = f"its receipt says that it failed: {complaint(receipt.output)}"
        if program and is_not_begun(program, receipt.output):
            return Sight(observation=Observation.NOT_APPLIED, detail=detail)
        return Sight(observation=Observation.DIVERGED, detail=detail)
    observation, detail = _WORDS.get(receipt.state, _WORDS["broken"])
    return Sight(observation=observation, detail=detail)
