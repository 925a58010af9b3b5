"""What people decide that belongs to no run stands in the site's journal, by the transaction that made it so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from remediator.core.errors import Refused
from remediator.core.events import Outcome, Settlement
from remediator.core.masking import Mask
from remediator.core.person import Person
from remediator.core.site_events import SITE_EVENTS, SiteEvent
from remediator.engine.chain_watch import ChainWatch
from remediator.engine.masked_store import masked_store
from remediator.ports.chains import SITE
from remediator.ports.verb import About, Verb
from remediator.ports.verbs import VERBS
from tests.engine.house import House, a_house, an_alert
from tests.engine.test_chain_watch import DAY, Ears
from tests.parts.site_events import SITE_EVENTS as EXAMPLES

ANA = Person(name="ana", door="api")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as built:
        yield built


async def told(house: House) -> list[SiteEvent]:
    """Oldest first."""
    entries = await house.store.read(lambda reader: reader.site_events())
    return [entry.event for entry in reversed(entries)]


async def kinds(house: House) -> list[str]:
    return [event.kind for event in await told(house)]


async def test_closing_a_breaker_stands_there_with_who_did_it(house: House) -> None:
    await house.control.resume("playbook/disk-space-low", person=ANA)

    (event,) = await told(house)
    assert (event.kind, event.playbook, event.who) == ("breaker_closed", "disk-space-low", "ana")


async def test_a_clock_that_jumped_and_its_confirmation_stand_there(house: House) -> None:
    await house.housekeeping().keep()
    house.clock.advance(timedelta(hours=-2))
    await house.housekeeping().keep()
    await house.control.resume("all", person=ANA)

    paused, ended, confirmed = await told(house)
    assert (paused.kind, paused.who, paused.scope) == ("pause_set", "remediator", "all")
    assert "the clock jumped back" in paused.reason
    assert (ended.kind, ended.who, ended.pause_id) == ("pause_ended", "ana", paused.pause_id)
    assert (confirmed.kind, confirmed.who) == ("clock_confirmed", "ana")
    assert confirmed.was - confirmed.now == timedelta(hours=2)


async def test_a_clock_that_takes_itself_back_ends_its_pause_there(house: House) -> None:
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    house.clock.jump(timedelta(hours=1))
    await housekeeping.keep()
    house.clock.jump(timedelta(hours=-1))
    for _ in range(40):
        house.clock.advance(timedelta(seconds=30))
        await housekeeping.keep()

    events = await told(house)
    assert [(e.kind, e.who) for e in events] == [
        ("pause_set", "remediator"),
        ("pause_ended", "remediator"),
    ]


async def unknown(house: House) -> str:
    """A run that ended with a change that nobody could observe; returns its id."""
    house.world.mishaps.append("lost")
    house.world.blind = True
    await house.take_in(an_alert())
    await house.work()
    house.clock.advance(timedelta(hours=25))
    await house.work()
    run = await house.run()
    assert run.outcome is Outcome.OUTCOME_UNKNOWN
    return run.id


async def test_what_is_decided_about_a_run_that_has_ended_stands_there(house: House) -> None:
    run_id = await unknown(house)
    await house.control.settle(
        run_id, settlement=Settlement.NOT_APPLIED, person=ANA, reason="I have looked"
    )
    await house.control.take_over(run_id, person=ANA)

    settled, taken, paused = await told(house)
    assert (settled.kind, settled.run_id, settled.who) == ("said_afterwards", run_id, "ana")
    assert (settled.decision, settled.target) == ("settled", "host/web1")
    assert settled.reason.startswith("not applied: I have looked")
    assert (taken.decision, paused.kind) == ("taken over", "pause_set")


@pytest.mark.parametrize("verb", [v for v in VERBS if v.about is About.SCOPE], ids=lambda v: v.name)
async def test_no_decision_about_a_scope_goes_unwritten(house: House, verb: Verb) -> None:
    await house.control.pause("all", duration=None, reason="", person=ANA)
    before = len(await told(house))

    given = {} if verb.ends else {"duration": None, "reason": "network"}
    await verb.ask(house.control, "all", ANA, given)

    assert len(await told(house)) == before + 1


async def test_a_decision_that_is_refused_leaves_nothing(house: House) -> None:
    with pytest.raises(Refused):
        await house.control.resume("target/host/web1", person=ANA)

    assert await told(house) == []


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(event) for event in EXAMPLES} == set(SITE_EVENTS)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
async def test_masking_hides_no_name_digest_or_sentence_of_ours(
    house: House, event: SiteEvent
) -> None:
    store = masked_store(house.store, Mask)
    await store.submit(lambda tx: tx.append_site(house.clock.now(), event))

    assert await told(house) == [event]


async def test_a_secret_in_a_problem_is_masked(house: House) -> None:
    store, refused = masked_store(house.store, Mask), EXAMPLES[-1]
    leaky = replace(refused, problems=("password=hunter2secret is no key",))
    await store.submit(lambda tx: tx.append_site(house.clock.now(), leaky))

    (event,) = await told(house)
    assert "hunter2secret" not in event.problems[0]


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
async def watch(house: House, ears: Ears) -> ChainWatch:
    for name in ("one", "two", "three"):
        await house.control.resume(f"playbook/{name}", person=ANA)
    return ChainWatch(house.store, house.clock.ambient(), ears)


async def a_round(watch: ChainWatch, ears: Ears) -> None:
    rounds = len(ears.rounds)
    while len(ears.rounds) == rounds:
        await watch.look()


async def tamper(house: House, statement: str) -> None:
    await house.store.submit(lambda tx: tx._change(text(statement), {}))


async def test_the_daily_look_follows_the_site_and_tells_its_head(
    house: House, watch: ChainWatch, ears: Ears
) -> None:
    await a_round(watch, ears)

    assert ears.rounds == [(0, 3, 0)]
    assert ears.sites == [await house.store.read(lambda reader: reader.site_head())]


async def test_the_daily_look_names_the_site_where_its_journal_is_not_what_was_written(
    house: House, watch: ChainWatch, ears: Ears
) -> None:
    await tamper(house, "update site_event set document = document || ' ' where number = 2")
    await a_round(watch, ears)

    assert ears.broken == [(SITE, 1)]
    assert ears.rounds[0][2] == 1


@pytest.mark.parametrize("gone", ["number = 3", "number > 1", "true"])
async def test_an_end_that_was_cut_off_is_missed_the_next_day(
    house: House, watch: ChainWatch, ears: Ears, gone: str
) -> None:
    await a_round(watch, ears)
    await tamper(house, f"delete from site_event where {gone}")
    if gone == "true":
        await house.control.resume("playbook/another", person=ANA)
    house.clock.advance(DAY)
    await a_round(watch, ears)

    assert ears.broken == [(SITE, 1)]
