"""One life: alerts come, people do things, time passes; what is expected is looked at when its moment has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from remediator.config.case_reader import Case, expectations
from remediator.config.case_shape import AlertShape, PersonShape
from remediator.config.expect_shape import LATE, ExpectShape
from remediator.core.alert import Alert, AlertStatus
from remediator.core.canonical import digest
from remediator.core.run import Phase, Run
from remediator.core.selection import Index
from remediator.ports.store import DecisionRecord, Listing
from remediator.rehearsal.cast import Cast, Stage
from remediator.rehearsal.people import Crowd
from remediator.rehearsal.seen import Lived, Seen
from remediator.rehearsal.site import Site
from remediator.rehearsal.virtual_time import run_virtually

LONGEST = timedelta(days=32)
_TICK = timedelta(milliseconds=1)
_MOST = 1000
_PLANNED = (Phase.AWAITING_APPROVAL, Phase.ACTING, Phase.VERIFYING, Phase.CLOSED)


def live(site: Site, index: Index, case: Case, *, hears: bool = False) -> Lived:
    """Live a test's life to the end of what it expects. People are told where that is asked about, or with `hears`."""
    asks = any(expect.messages is not None for _, expect in expectations(case))

    async def begin() -> Lived:
        return await _Life(Stage(site, index, case.given, hears=hears or asks), case).live()

    return run_virtually(begin())


@dataclass(frozen=True, slots=True)
class _Scene:
    """One thing that happens at its time: first alerts, then people, then looks."""

    at: timedelta
    play: Callable[[], Awaitable[None]]


class _Life:
    def __init__(self, stage: Stage, case: Case) -> None:
        self._stage = stage
        self._case = case
        self._cast = Cast(stage)
        self._crowd = Crowd(self._cast)
        self._alerts: list[Alert] = []
        self._seen: dict[int, Seen] = {}
        self._expected = [expect for _, expect in expectations(case)]
        self._is_whole = any(map(_is_late, self._expected))

    async def live(self) -> Lived:
        """Play every scene, then go on until all has ended that is asked about."""
        self._cast.begin()
        try:
            for scene in sorted(self._scenes(), key=lambda each: each.at):
                await self._pass_until(scene.at)
                await scene.play()
            if any(expect.at is None for expect in self._expected):
                await self._to_the_end()
            return self._lived()
        finally:
            await self._cast.end()

    def _lived(self) -> Lived:
        last = self._look()
        moments = tuple(self._seen.get(n, last) for n in range(len(self._expected)))
        return Lived(
            moments=moments,
            problems=tuple(self._crowd.problems),
            simulated=frozenset(self._cast.steps.simulated),
            broken=tuple(self._cast.broken()),
            moves=tuple(self._stage.ear.moves),
            is_whole=self._is_whole,
            last=last,
            answered=frozenset(self._cast.told.answered),
        )

    # scenes

    def _scenes(self) -> Iterator[_Scene]:
        shape = self._case.shape
        for at, alerts in self._words().items():
            yield _Scene(at, self._posting(alerts))
        for number, person in enumerate(shape.people):
            yield _Scene(person.at + _TICK, self._doing(number, person))
        for number, expect in enumerate(self._expected):
            if expect.at is not None:
                yield _Scene(expect.at + 2 * _TICK, self._looking(number))

    def _words(self) -> Mapping[timedelta, list[Alert]]:
        """Return what sources send by its time: what comes at one moment comes together."""
        words: dict[timedelta, list[Alert]] = {}
        for shape in self._case.shape.alerts:
            for number in range(shape.times):
                at = shape.at + number * shape.every
                alert = self._alert(shape, number + 1, at)
                self._alerts.append(alert)
                words.setdefault(at, []).append(alert)
                if shape.resolves is not None:
                    resolved = replace(alert, status=AlertStatus.RESOLVED)
                    words.setdefault(shape.resolves + number * shape.every, []).append(resolved)
        return words

    def _alert(self, shape: AlertShape, number: int, at: timedelta) -> Alert:
        labels = {name: text.replace("{n}", str(number)) for name, text in shape.labels.items()}
        return Alert(
            fingerprint=digest(labels)[:16],
            status=AlertStatus.FIRING,
            labels=labels,
            annotations=shape.annotations,
            starts_at=self._stage.start + at - shape.fires_for,
        )

    def _posting(self, alerts: Sequence[Alert]) -> Callable[[], Awaitable[None]]:
        async def post() -> None:
            self._cast.post(alerts)

        return post

    def _doing(self, number: int, person: PersonShape) -> Callable[[], Awaitable[None]]:
        return lambda: self._crowd.do(number, person)

    def _looking(self, number: int) -> Callable[[], Awaitable[None]]:
        async def look() -> None:
            self._seen[number] = self._look()

        return look

    # time

    async def _pass_until(self, at: timedelta) -> None:
        left = at.total_seconds() - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    async def _to_the_end(self) -> None:
        """Let time pass until nothing is due any more, or until all that is asked about is known."""
        await asyncio.sleep(_TICK.total_seconds())
        while self._cast.told.elapsed < LONGEST and not self._cast.broken():
            if not self._is_whole and all(map(self._is_planned, self._stage.ear.runs)):
                return
            if tasks := self._cast.worker.under_way():
                await asyncio.wait(tasks, timeout=3600)
                continue
            due = self._cast.next_due()
            if due is None:
                return
            left = due - self._stage.now().timestamp()
            await asyncio.sleep(max(left, 0) + _TICK.total_seconds())

    def _is_planned(self, run: Run) -> bool:
        return run.phase in _PLANNED or bool(run.not_before and run.not_before > self._stage.now())

    # looking

    def _look(self) -> Seen:
        return Seen(
            at=self._cast.told.elapsed,
            start=self._stage.start,
            alerts=tuple(self._alerts),
            decisions=self._decisions(),
            runs=self._stage.ear.runs,
            heard=tuple(self._stage.heard),
        )

    def _decisions(self) -> tuple[DecisionRecord, ...]:
        page = self._cast.store.look(lambda reader: reader.decisions(Listing(limit=_MOST)))
        return tuple(reversed(page.items))


def _is_late(expect: ExpectShape) -> bool:
    return any(getattr(expect, key) is not None for key in LATE)
