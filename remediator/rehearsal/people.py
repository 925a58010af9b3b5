"""What people do in a life: through the same control that every door uses, and it may say no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from remediator.config.case_shape import PersonShape
from remediator.core.errors import Refused
from remediator.core.events import Settlement
from remediator.core.person import Person
from remediator.core.run import Phase, Run
from remediator.ports.store import Listing, Page
from remediator.rehearsal.cast import Cast

_SETTLED = {
    "applied": Settlement.APPLIED,
    "not_applied": Settlement.NOT_APPLIED,
    "abandon": Settlement.ABANDON,
}


class Crowd:
    """The people of one life. `problems` are those who got another answer than the test expects, by their number."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self.problems: list[tuple[int, str]] = []
        self._verbs: dict[str, Callable[[PersonShape, Person], Awaitable[object]]] = {
            "approve": self._approve,
            "reject": self._reject,
            "cancel": self._cancel,
            "take_over": self._take_over,
            "settle": self._settle,
            "pause": self._pause,
            "resume": self._resume,
        }

    async def do(self, number: int, shape: PersonShape) -> None:
        """Do what one person wants to."""
        person = Person(name=shape.name, door="api", groups=shape.groups)
        try:
            await self._verbs[shape.verb](shape, person)
        except Refused as refusal:
            if shape.refused != refusal.code:
                text = f"{shape.name} could not {shape.verb}: {refusal} ({refusal.code})"
                self.problems.append((number, text))
            return
        if shape.refused:
            text = f"{shape.name} was to be refused ({shape.refused}), and was not"
            self.problems.append((number, text))

    async def _approve(self, shape: PersonShape, person: Person) -> None:
        run = self._run(shape, Phase.AWAITING_APPROVAL)
        shown = run.approval.digest if run.approval else ""
        await self._cast.control.approve(run.id, digest=shown, person=person, reason=shape.reason)

    async def _reject(self, shape: PersonShape, person: Person) -> None:
        run, reason = self._run(shape, Phase.AWAITING_APPROVAL), shape.reason or "no"
        await self._cast.control.reject(run.id, digest=None, person=person, reason=reason)

    async def _cancel(self, shape: PersonShape, person: Person) -> None:
        run = self._run(shape)
        await self._cast.control.cancel(run.id, person=person, reason=shape.reason)

    async def _take_over(self, shape: PersonShape, person: Person) -> None:
        run = self._run(shape)
        await self._cast.control.take_over(run.id, person=person, reason=shape.reason)

    async def _settle(self, shape: PersonShape, person: Person) -> None:
        run, said = self._run(shape), _SETTLED[shape.as_]
        await self._cast.control.settle(run.id, settlement=said, person=person, reason=shape.reason)

    async def _pause(self, shape: PersonShape, person: Person) -> None:
        reason = shape.reason or "the test says so"
        await self._cast.control.pause(
            shape.scope, duration=shape.for_, reason=reason, person=person
        )

    async def _resume(self, shape: PersonShape, person: Person) -> None:
        await self._cast.control.resume(shape.scope, person=person)

    def _run(self, shape: PersonShape, phase: Phase | None = None) -> Run:
        """Return the run that a person means: the newest that is in this phase, else the newest open one."""
        page: Page[Run] = self._cast.store.look(lambda reader: reader.runs(Listing(limit=1000)))
        runs = [run for run in page.items if shape.target in (None, str(run.order.target))]
        if not runs:
            raise Refused("not_found", "there is no run that this could be about")
        right = [run for run in runs if run.phase is phase]
        still = [run for run in runs if run.is_open]
        return (right or still or runs)[0]
