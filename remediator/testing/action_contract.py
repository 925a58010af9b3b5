# ruff: noqa: S101
"""What every action promises: subclass `ActionContract` in a test module and give it a `case` fixture.

Anybody who writes an action runs this over a fake world first and over the real one after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from remediator.core.change import Change
from remediator.core.errors import Stale
from remediator.core.events import Measure, Observation
from remediator.ports.action import Action, Applier, Proposer, Request, Ticket
from remediator.ports.codec import adapter
from remediator.ports.gateways import Reads, Writes

_TOKENS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCase:
    """One action in one world in which it has something to do.

    `state` returns what a look must not change; `move` makes the plan stale as somebody else would (None where a test
    world cannot). `counts` says whether what was freed is measured.
    """

    action: Action
    request: Request
    reads: Reads
    writes: Writes
    state: Callable[[], object]
    move: Callable[[], None] | None = None
    counts: bool = False
    prefix: str = field(default_factory=lambda: f"contract_{datetime.now(UTC):%H%M%S%f}")

    def proposer(self) -> Proposer:
        """Return a fresh half that looks, without the means to change anything."""
        return self.action.proposer(self.reads)

    def applier(self) -> Applier:
        """Return a fresh half that changes."""
        return self.action.applier(self.reads, self.writes)

    def ticket(self, *, fence: int = 1, late: bool = False) -> Ticket:
        """Return the right to apply once."""
        ahead = timedelta(seconds=-5 if late else 120)
        return Ticket(
            token=f"{self.prefix}_{next(_TOKENS)}",
            fence=fence,
            not_after=datetime.now(UTC) + ahead,
            timeout=timedelta(seconds=60),
        )

    async def change(self) -> Change:
        """Propose, and read the change back from its stored form, as the runner does."""
        proposed = await self.proposer().propose(self.request)
        assert isinstance(proposed, Change), proposed
        return stored_form(proposed)


def stored_form(change: Change) -> Change:
    """Return a change as it is read back from where it is stored."""
    found: Change = adapter(Change).validate_json(adapter(Change).dump_json(change))
    return found


class ActionContract:
    """Collected by pytest in subclasses whose name begins with `Test`."""

    async def test_proposing_changes_nothing_and_twice_is_the_same(self, case: ActionCase) -> None:
        """A plan can be made again at the gate."""
        before = case.state()
        first = await case.proposer().propose(case.request)
        second = await case.proposer().propose(case.request)

        assert case.state() == before
        assert isinstance(first, Change), first
        assert isinstance(second, Change)
        assert first.signed() == second.signed()

    async def test_a_change_survives_being_stored(self, case: ActionCase) -> None:
        """What an approval signed is what is applied."""
        proposed = await case.proposer().propose(case.request)
        assert isinstance(proposed, Change)
        stored = stored_form(proposed)

        assert stored.signed() == proposed.signed()
        assert stored == proposed

    async def test_a_change_says_what_it_is_about(self, case: ActionCase) -> None:
        """People approve sentences; an estimate has a bound that it is within."""
        change = await case.change()

        assert str(change.target) in change.summary
        assert change.action == case.action.name
        assert change.version
        assert change.bound is None or (change.estimate or 0) <= change.bound

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """Asking spends the ticket."""
        change, ticket, before = await case.change(), case.ticket(), case.state()
        sight = await case.proposer().observe(change, ticket)

        assert sight.observation is Observation.NOT_APPLIED
        assert await _stale(case, change, ticket)
        assert case.state() == before

    async def test_a_ticket_that_is_over_applies_nothing(self, case: ActionCase) -> None:
        """A worker that slept too long wakes up harmless."""
        change, before = await case.change(), case.state()

        assert await _stale(case, change, case.ticket(late=True))
        assert case.state() == before

    async def test_a_change_of_an_older_world_is_refused(self, case: ActionCase) -> None:
        """The version of the plan is a condition."""
        change = await case.change()
        if case.move is None:
            return
        case.move()
        before = case.state()

        assert await _stale(case, change, case.ticket())
        assert case.state() == before

    async def test_an_applied_change_is_seen_by_anybody_and_cannot_be_repeated(
        self, case: ActionCase
    ) -> None:
        """Another replica's fresh instance sees it; the ticket is used up."""
        change, ticket, before = await case.change(), case.ticket(), case.state()
        measure = await case.applier().apply(change, ticket)
        after = case.state()
        sight = await case.proposer().observe(change, ticket)

        assert after != before
        assert sight.observation is Observation.APPLIED, sight
        assert _is_measured(case, measure), measure
        assert await _stale(case, change, ticket)
        assert case.state() == after


async def _stale(case: ActionCase, change: Change, ticket: Ticket) -> bool:
    try:
        await case.applier().apply(change, ticket)
    except Stale:
        return True
    return False


def _is_measured(case: ActionCase, measure: Measure) -> bool:
    if not case.counts:
        return bool(measure.summary)
    return measure.freed_bytes is not None and measure.freed_bytes > 0
