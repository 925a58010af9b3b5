"""Promises of the engine that one line each keeps: every test here has been seen to fail without that line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from remediator.core import events as ev
from remediator.core.change import Safety
from remediator.core.effects import Judge
from remediator.core.errors import LeaseLost, Refused
from remediator.core.events import Outcome, Stage
from remediator.core.facts import Known
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.lifecycle import next_effect
from remediator.core.person import Person
from remediator.core.playbook import ApprovalPolicy, Mode, VerifyOrder
from remediator.engine.attempts import AFTER_TIMEOUT
from remediator.engine.batch import CHUNK
from remediator.engine.run_writer import Draft, RunWriter
from remediator.engine.runner import GATE_TO_APPLY
from remediator.ports.store import Listing, Store
from tests.engine.house import LEASE, VERIFY, House, a_house, a_playbook, a_step, an_alert

ANA = Person(name="ana", door="api")
HOUR = timedelta(hours=1)


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


async def journal(house: House) -> list[Any]:
    run = await house.run()
    return list(await house.store.read(lambda reader: reader.events(run.id)))


async def test_a_group_of_any_size_is_taken_in_once_and_finished(house: House):
    house.use()
    sizes = (1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK)
    for size in sizes:
        await house.post(*(an_alert(f"f{size}-{n}") for n in range(size)))
    intake = house.intake()
    taken = [await intake.drain() for _ in range(len(sizes) + 2)]

    assert sum(taken) == len(sizes)
    assert taken[-1] == 0
    statistics = await house.store.read(lambda reader: reader.statistics(house.clock.now()))
    assert statistics.inbox_new == 0
    for size in sizes:
        last = f"f{size}-{size - 1}"
        seen = await house.store.read(lambda reader, f=last: reader.open_episode("prod", f))
        assert seen is not None


async def test_a_command_has_its_steps_time_and_is_looked_after_only_then(house: House):
    house.safety = Safety.CONVERGENT
    timeout = timedelta(seconds=97)
    house.use(a_playbook(steps=(a_step(safety=Safety.CONVERGENT, timeout=timeout),)))
    house.world.mishaps.append("lost")
    await house.take_in(an_alert())
    await house.work()

    (intent,) = [e for e in await journal(house) if isinstance(e.event, ev.IntentCommitted)]
    assert intent.event.not_after == intent.at + timeout + AFTER_TIMEOUT
    house.clock.advance(timeout + AFTER_TIMEOUT)
    await house.work()
    assert "observed" not in house.listener.kinds
    house.clock.advance(timedelta(seconds=5))
    await house.work()
    assert "observed" in house.listener.kinds


async def test_an_alert_that_fires_for_days_is_not_told_as_resolved(house: House):
    house.use(a_playbook(mode=Mode.APPROVE, approval=ApprovalPolicy(expires=timedelta(days=3))))
    for _ in range(13):
        await house.take_in(an_alert())
        await house.work()
        house.clock.advance(5 * HOUR)
        await house.housekeeping().keep()
    episode = await house.store.read(lambda reader: reader.open_episode("prod", "f1"))

    assert episode is not None
    assert episode.seen_at - episode.opened_at == 60 * HOUR
    assert "alert_resolved" not in house.listener.kinds
    house.clock.advance(25 * HOUR)
    await house.housekeeping().keep()
    assert await house.store.read(lambda reader: reader.open_episode("prod", "f1")) is None


async def test_what_a_run_no_longer_wants_is_not_decided(house: House):
    house.world.broken = True
    await house.take_in(an_alert())
    (run,) = await house.claim()
    ambient = house.clock.ambient()
    run_writer = RunWriter(
        store=house.store, recorder=house.recorder, ambient=ambient, listener=house.listener
    )
    due = next_effect(run, house.clock.now())
    draft = Draft(run)

    wrong = Judge(Stage.PLANNED)
    assert due != wrong
    await run_writer.save(draft, lambda tx, run, now: (ev.Noted(text="late"),), expected=wrong)
    assert "noted" not in [e.event.kind for e in await journal(house)]
    await run_writer.save(draft, lambda tx, run, now: (ev.Noted(text="due"),), expected=due)
    assert "noted" in [e.event.kind for e in await journal(house)]


async def test_a_claim_that_was_lost_writes_nothing_and_gives_nothing_back(house: House):
    await house.take_in(an_alert())
    (ours,) = await house.claim()
    house.clock.advance(LEASE + timedelta(seconds=1))
    (theirs,) = await house.claim()
    assert theirs.fence > ours.fence
    run_writer = RunWriter(
        store=house.store,
        recorder=house.recorder,
        ambient=house.clock.ambient(),
        listener=house.listener,
    )

    for attempt in (run_writer.save(Draft(ours)), run_writer.give_back(Draft(ours))):
        with pytest.raises(LeaseLost):
            await attempt
    assert await house.claim() == ()
    saved = Draft(ours, is_saved=True)
    await run_writer.give_back(saved)
    assert await house.claim() == (), "a release needs the claim's own fence"


@pytest.mark.parametrize("digest", ["", "0" * 64, "a", "current"])
async def test_a_yes_names_the_whole_plan(house: House, digest: str):
    house.use(a_playbook(mode=Mode.APPROVE))
    await house.take_in(an_alert())
    await house.work()
    run = await house.run()
    assert run.plan
    sent = run.plan.digest[:7] if digest == "current" else digest

    for verb in (house.control.approve, house.control.reject):
        with pytest.raises(Refused):
            await verb(run.id, digest=sent, person=ANA, reason="x")
    assert (await house.run()).phase is run.phase


class SlowCommits:
    """The store, but time passes between a commit and its answer."""

    def __init__(self, house: House, length: timedelta) -> None:
        self._store, self._clock, self._length = house.store, house.clock, length
        self.slow = True

    async def submit(self, closure: Any) -> Any:
        result = await self._store.submit(closure)
        if self.slow:
            self._clock.advance(self._length)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.mark.parametrize(("seconds", "effects"), [(-1, 1), (0, 1), (1, 0)])
async def test_a_gate_that_was_passed_too_long_ago_lets_nothing_through(
    house: House, seconds: int, effects: int
):
    await house.take_in(an_alert())
    (run,) = await house.claim()
    slow = SlowCommits(house, GATE_TO_APPLY + timedelta(seconds=seconds))
    store: Store = slow  # type: ignore[assignment]
    runner = house.runner_over(store)

    await runner.drive(run)

    assert len(house.world.effects) == effects
    reasons = [e.event.reason for e in await journal(house) if e.event.kind == "not_applied"]
    assert bool(reasons) is not bool(effects)
    assert all("too much time" in reason for reason in reasons)


async def test_a_rest_is_counted_from_the_end_and_for_every_target_that_was_changed(house: House):
    house.use(a_playbook(guards={"cooldown": CooldownSettings(rest=HOUR)}))
    await house.take_in(an_alert())
    await house.live()
    run = await house.run()
    assert run.closed_at

    target = run.order.target
    (hold,) = await house.store.read(lambda reader: reader.holds((target,)))
    assert (hold.holder, hold.last_changed_at) == (None, run.closed_at)
    assert run.closed_at > run.created_at


async def test_what_the_tables_say_of_an_attempt_is_what_the_run_says(house: House):
    house.world.mishaps.append("transient")
    await house.take_in(an_alert())
    await house.live()
    run = await house.run()

    assert run.outcome is Outcome.RESOLVED
    step = run.progress[0]
    assert (step.n, step.measure.summary) == (2, "set to 1")
    kinds = [e.event.kind for e in await journal(house)]
    assert kinds.count("intent_committed") == 2
    intents = [e.event for e in await journal(house) if e.event.kind == "intent_committed"]
    assert intents[0].token != intents[1].token
    assert intents[0].target_fence < intents[1].target_fence
    assert [i.n for i in intents] == [1, 2]
    assert replace(intents[1], n=1) != intents[0]


async def test_what_waits_for_people_is_a_decision_of_the_moment_when_they_were_asked(house: House):
    house.use(a_playbook(mode=Mode.APPROVE))
    await house.take_in(an_alert())
    house.clock.advance(timedelta(minutes=3))
    await house.work()

    run = await house.run()
    assert run.approval is not None
    page = await house.store.read(lambda reader: reader.decisions(Listing()))
    assert {d.decision: d.at for d in page.items} == {
        "run": run.created_at,
        "waiting": run.created_at + timedelta(minutes=3),
    }


@pytest.mark.parametrize(("early", "runs"), [(timedelta(milliseconds=1), 1), (timedelta(0), 2)])
async def test_an_alert_that_still_fires_is_answered_again_when_its_target_has_rested(
    house: House, early: timedelta, runs: int
):
    house.world.default_look = Known.FAILS
    soon = VerifyOrder(checks=(VERIFY,), within=timedelta(seconds=1))
    house.use(a_playbook(verify=soon, guards={"cooldown": CooldownSettings(rest=HOUR)}))
    await house.take_in(an_alert())
    await house.live()
    closed_at = (await house.run()).closed_at
    assert closed_at is not None

    house.clock.advance(closed_at + HOUR - early - house.clock.now())
    await house.take_in(an_alert())

    assert len(await house.runs()) == runs
