"""The check `disk`: is enough of a file system free, or too little, as the target itself measures it now?

Used before a cleanup, which an old metric may call for, and to verify it where Prometheus lags, or is down. A host that
cannot be reached is no answer: unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from remediator.core.duration import format_size
from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.shell.api import LOOKER, Looker, shell_rights
from remediator.integrations.shell.filesystem import FileSystem, absolute_path, df_words, parse_df
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters, Size

_LOOK = timedelta(seconds=20)


class DiskParameters(Parameters):
    """The file system that holds `path` has at least `free_percent` of its whole size, and `free_bytes`, available; or
    less than `below_percent`."""

    path: Annotated[str, AfterValidator(absolute_path)]
    free_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    free_bytes: Annotated[Size, Field(gt=0)] | None = None
    below_percent: Annotated[float, Field(gt=0, le=100)] | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        asks_for_enough = self.free_percent is not None or self.free_bytes is not None
        if asks_for_enough is (self.below_percent is not None):
            raise ValueError("say free_percent, free_bytes or both; or below_percent alone")
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
            return unknown(one_line(error.detail))
        filesystem = parse_df(output.stdout) if output.ok else None
        if filesystem is None:
            return unknown(f"df: {one_line(output.complaint)}")
        return _answer(question, filesystem)


def _answer(question: Question, filesystem: FileSystem) -> Answer:
    wanted = DiskParameters.of(question.parameters)
    free = f"{filesystem.free_percent:.1f} % ({format_size(filesystem.available)})"
    return Answer(
        known=Known.HOLDS if _holds(wanted, filesystem) else Known.FAILS,
        detail=f"{free} of {filesystem.mountpoint} is free, wanted is {_wanted_words(wanted)}",
        value=filesystem.free_percent,
        at=question.now,
    )


def _holds(wanted: DiskParameters, filesystem: FileSystem) -> bool:
    if filesystem.size <= 0:
        return False
    if wanted.below_percent is not None:
        return filesystem.free_percent < wanted.below_percent
    return filesystem.free_percent >= (wanted.free_percent or 0) and filesystem.available >= (
        wanted.free_bytes or 0
    )


def _wanted_words(wanted: DiskParameters) -> str:
    if wanted.below_percent is not None:
        return f"less than {wanted.below_percent:g} %"
    words = [f"{wanted.free_percent:g} %"] if wanted.free_percent else []
    words += [format_size(wanted.free_bytes)] if wanted.free_bytes else []
    return " and ".join(words)


def _checker(reads: Reads) -> DiskChecker:
    return DiskChecker(reads[LOOKER])


CHECKS = (
    Check(
        name="disk",
        doc="Enough (or too little) of a file system is free, measured on the target host.",
        parameters=DiskParameters,
        shorthand="path",
        example='disk: {path: "/var", free_percent: 20}',
        checker=_checker,
        rights=shell_rights,
    ),
)
