"""A verb that no part of the program knows: its row, and its method of control."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from remediator.core.errors import Refused
from remediator.core.person import Person
from remediator.core.role import Role
from remediator.core.run import Run
from remediator.engine.control import Control
from remediator.ports.verb import Kind, Need, Verb
from remediator.ports.verbs import REASON

LET_SLEEP = Verb(
    name="let_sleep",
    role=Role.OPERATOR,
    doc="Let a run wait for a while.",
    needs=(Need(name="length", key="for", kind=Kind.LENGTH, doc="how long"), REASON),
    button="Let it sleep",
    answered="{target} may sleep.",
)


class DrowsyControl(Control):
    """Control with one method more; it keeps what it was asked."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.slept: list[tuple[str, str, timedelta | None, str]] = []

    async def let_sleep(
        self, run_id: str, *, length: timedelta | None = None, person: Person, reason: str = ""
    ) -> Run:
        run = await self._get(run_id)
        self.slept.append((person.name, person.door, length, reason))
        return run


class StubbornControl(Control):
    """Control that refuses whatever a person wants, with the same words."""

    def __getattribute__(self, name: str) -> Any:
        return _no if name in VERB_NAMES else super().__getattribute__(name)


async def _no(subject: str, **given: Any) -> None:
    raise Refused("conflict", "nobody does anything today", hint="tomorrow is another day")


VERB_NAMES = ("approve", "reject", "cancel", "take_over", "settle", "pause", "resume", "let_sleep")
