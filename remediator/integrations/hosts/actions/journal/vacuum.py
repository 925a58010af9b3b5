"""`journal.vacuum`: delete archived journal files above a size or an age.

Not convergent in its words (it deletes what is old *now*), so it runs under a receipt. Frozen in the plan: the exact
command, and the most it may free. Space is measured with df, because journalctl's own sums differ by version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.duration import format_duration, format_size, parse_size
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.hosts.actions.journal.place import Journal, journal_of
from remediator.integrations.hosts.knowledge.grammars import AGE, JOURNAL, PATH, SIZE
from remediator.integrations.hosts.rights import Word, root_rights
from remediator.integrations.shell.api import LOOKER, SHELL, Looker, Shell
from remediator.integrations.shell.filesystem import absolute_path, generous_bound
from remediator.integrations.shell.receipts import (
    HOST_TARGETS,
    LOOK,
    change_error,
    complaint,
    freed_since,
    freed_since_plan,
    read,
    run_once,
    sight_of,
)
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Duration, Parameters, Size

_MEBIBYTE = 1024 * 1024
_USAGE = re.compile(r"take up (\d+(?:\.\d+)?[BKMGTPE]?)")


class VacuumParameters(Parameters):
    """Delete archived journals until `keep_size` is left, and those older than `keep_time`; active ones are rotated.

    With `path`, only where the journal lies on the same file system.
    """

    keep_size: Annotated[Size, Field(ge=_MEBIBYTE)] | None = None
    keep_time: Annotated[Duration, Field(ge=timedelta(minutes=1))] | None = None
    path: Annotated[str, AfterValidator(absolute_path)] | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.keep_size is None and self.keep_time is None:
            raise ValueError("say keep_size, keep_time or both")
        return self


class VacuumProposer(Proposer):
    """Looks at the journal's size, age and disk."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = VacuumParameters.of(request.parameters)
        journal = await journal_of(self._looker, request.target, wanted.path)
        if isinstance(journal, str):
            return Nothing(reason=journal)
        sizes = await self._sizes(request.target, journal)
        usage, kept = sum(sizes), wanted.keep_size
        oversize = sum(max(0, size - kept) for size in sizes) if kept else 0
        expired = await self._expired(request.target, journal, wanted.keep_time)
        estimate = max(oversize, expired)
        if not estimate:
            return Nothing(
                reason=f"the journal takes {format_size(usage)}, all of which is to be kept"
            )
        return _change(request, journal, usage, estimate)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """See ports.action.Proposer."""
        receipt = await self._looker.receipt(change.target, ticket.token)
        sight = sight_of(receipt, "journalctl")
        if sight.observation is not Observation.APPLIED:
            return sight
        measure = await freed_since_plan(self._looker, change.target, change.before)
        return replace(sight, measure=measure)

    async def _sizes(self, target: Target, journal: Journal) -> list[int]:
        """Return the size of each directory: a vacuum holds each of them to its limit."""
        if journal.counted:
            files = ["-type", "f", "-name", "*.journal*"]
            return [await self._listed(target, each, files) for each in journal.counted]
        text = await read(self._looker, target, ["journalctl", "--disk-usage"], sudo=True)
        usage = parse_usage(text)
        if usage is None:
            raise Permanent("journalctl did not say how much the journal takes", target=str(target))
        return [usage]

    async def _expired(self, target: Target, journal: Journal, age: timedelta | None) -> int:
        """Return the size of the archived files that were last written to before the age."""
        if age is None:
            return 0
        minutes = f"+{int(age.total_seconds() // 60)}"
        archived = ["-type", "f", "-name", "*@*", "-mmin", minutes]
        places = journal.counted or (journal.directory,)
        return sum([await self._listed(target, each, archived) for each in places])

    async def _listed(self, target: Target, directory: str, tests: Sequence[str]) -> int:
        words = ["find", "-H", directory, *tests, "-exec", "ls", "-ln", "{}", "+"]
        output = await self._looker.look(target, words, timeout=LOOK)
        return listed_bytes(output.stdout)


class VacuumApplier:
    """Runs the vacuum."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Run it; a failed one is Partial, with what it freed until then in the detail.

        Transient where it could not even rotate, which it does first.
        """
        journal = await journal_of(self._shell, change.target, change.before.get("path"))
        if isinstance(journal, str) or journal.version != change.version:
            raise Stale("the journal moved or the host was booted", target=str(change.target))
        output = await run_once(self._shell, change, ticket)
        before, seconds = journal.filesystem, output.seconds
        measure = await freed_since(self._shell, change.target, before, seconds=seconds)
        if not output.ok:
            detail = f"journalctl: {complaint(output)}; {measure.summary}"
            raise change_error(change.target, "journalctl", output, detail)
        return measure


def parse_usage(text: str) -> int | None:
    """Read `Archived and active journals take up 3.9G in the file system.`; letters are powers of 1024."""
    found = _USAGE.search(text)
    return parse_size(found.group(1)) if found else None


def listed_bytes(text: str) -> int:
    """Add up the sizes in the output of `ls -ln`."""
    columns = (line.split() for line in text.splitlines())
    return sum(int(row[4]) for row in columns if len(row) > 5 and row[4].isdigit())


def _limits(wanted: VacuumParameters) -> list[str]:
    bytes_kept = f"--vacuum-size={wanted.keep_size}" if wanted.keep_size else ""
    age = int(wanted.keep_time.total_seconds()) if wanted.keep_time else 0
    time_kept = f"--vacuum-time={age}s" if age else ""
    return [word for word in (bytes_kept, time_kept) if word]


def _change(request: Request, journal: Journal, usage: int, estimate: int) -> Change:
    wanted = VacuumParameters.of(request.parameters)
    only = [f"--directory={journal.directory}"] if journal.is_one_of_two else []
    most = usage if wanted.keep_time else estimate
    return Change(
        step=request.step,
        action="journal.vacuum",
        target=request.target,
        intent={"argv": ["journalctl", "--rotate", *only, *_limits(wanted)]},
        version=journal.version,
        summary=f"delete archived journals of {request.target} {_limit_words(wanted)}",
        effect=ActionEffect.IRREVERSIBLE,
        bound=generous_bound(most),
        estimate=estimate,
        unit="bytes",
        before={**journal.filesystem.as_facts(), "journal_bytes": usage, "path": wanted.path},
        after={"journal_bytes": max(0, usage - estimate)},
    )


def _limit_words(wanted: VacuumParameters) -> str:
    """Say what goes: each limit counts for itself, so that a young file goes too where the others are too large."""
    words = [f"above {format_size(wanted.keep_size)} in all"] if wanted.keep_size else []
    words += [f"older than {format_duration(wanted.keep_time)}"] if wanted.keep_time else []
    return " and those ".join(words)


def _proposer(reads: Reads) -> VacuumProposer:
    return VacuumProposer(reads[LOOKER])


def _as_root(wanted: VacuumParameters) -> Iterable[Sequence[Word]]:
    yield ["journalctl", "--disk-usage"]
    yield ["journalctl", "--rotate", *_limits(wanted)]
    if wanted.path is not None:
        yield ["journalctl", "--rotate", JOURNAL.word("--directory="), *_limits(wanted)]


def _applier(reads: Reads, writes: Writes) -> VacuumApplier:
    return VacuumApplier(writes[SHELL])


ACTIONS = (
    Action(
        name="journal.vacuum",
        doc="Delete archived systemd journals above a size or an age, and measure what became free.",
        parameters=VacuumParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
        targets=HOST_TARGETS,
        example="journal.vacuum: {keep_size: 500M, keep_time: 2d, path: /var}",
        proposer=_proposer,
        applier=_applier,
        rights=root_rights(VacuumParameters, _as_root, keep_size=SIZE, keep_time=AGE, path=PATH),
    ),
)
