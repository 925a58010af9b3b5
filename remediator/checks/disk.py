"""The check `disk`: is enough of a file system free, as the target itself measures it now?

Used to verify a cleanup where Prometheus lags, or is down. A host that cannot be reached is no answer: unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from remediator.core.duration import format_size
from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known
from remediator.core.filesystem import FileSystem, absolute_path, df_words, parse_df
from remediator.core.plaintext import one_line
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters, Size
from remediator.ports.shell import LOOKER, Looker, shell_rights

_LOOK = timedelta(seconds=20)


class DiskParameters(Parameters):
    """The file system that holds `path` has at least `free_percent` of its whole size, and `free_bytes`, available."""

    path: Annotated[str, AfterValidator(absolute_path)]
    free_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    free_bytes: Annotated[Size, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.free_percent is None and self.free_bytes is None:
            raise ValueError("say free_percent, free_bytes or both")
        return self


@dataclass(frozen=True, slots=True)
class DiskChecker:
    """Asks df on the target."""

    looker: Looker

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        wanted = DiskParameters.of(question.parameters)
        try:
            output = await self.looker.look(question.target, df_words(wanted.path), timeout=_LOOK)
        except ActionError as error:
            return Answer(known=Known.UNKNOWN, detail=one_line(error.detail))
        filesystem = parse_df(output.stdout) if output.ok else None
        if filesystem is None:
            return Answer(known=Known.UNKNOWN, detail=f"df: {one_line(output.complaint)}")
        return _answer(question, filesystem)


def _answer(question: Question, filesystem: FileSystem) -> Answer:
    wanted = DiskParameters.of(question.parameters)
    enough = (
        filesystem.free_percent >= (wanted.free_percent or 0)
        and filesystem.available >= (wanted.free_bytes or 0)
        and filesystem.size > 0
    )
    free = f"{filesystem.free_percent:.1f} % ({format_size(filesystem.available)})"
    return Answer(
        known=Known.HOLDS if enough else Known.FAILS,
        detail=f"{free} of {filesystem.mountpoint} is free, wanted is {_wanted_words(wanted)}",
        value=filesystem.free_percent,
        at=question.now,
    )


def _wanted_words(wanted: DiskParameters) -> str:
    words = [f"{wanted.free_percent:g} %"] if wanted.free_percent else []
    words += [format_size(wanted.free_bytes)] if wanted.free_bytes else []
    return " and ".join(words)


def _checker(reads: Reads) -> DiskChecker:
    return DiskChecker(reads[LOOKER])


CHECKS = (
    Check(
        name="disk",
        doc="Enough of a file system is free, measured on the target host.",
        parameters=DiskParameters,
        shorthand="path",
        example='disk: {path: "/var", free_percent: 20}',
        checker=_checker,
        rights=shell_rights,
    ),
)
