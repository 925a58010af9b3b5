"""The store's contract: what else goes on while one run is judged; and gates that are passed at the same moment."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

from remediator.core.facts import Counted, Elsewhere, Scope, Tally
from remediator.core.guards.blast_radius import BlastRadiusSettings
from remediator.core.guards.failure_domain import FailureDomainSettings
from remediator.core.guards.mass_failure import MassFailureSettings
from remediator.core.guards.storm import StormSettings
from remediator.core.guards.total_blast_radius import over_all
from remediator.core.matcher import parse_matcher
from remediator.core.target import Target
from remediator.ports.store import Entry, Store
from remediator.stores.store import open_store
from remediator.testing.builders import MOMENT, a_run, an_episode
from remediator.testing.clock import ManualClock
from tests.engine.house import House, a_playbook, an_alert

MINUTE = timedelta(minutes=1)
WEB = [Target("host", f"web{n}") for n in range(6)]


def entry(counted: Counted, target: Target, run_id: str, *, ago: timedelta, source: str = ""):
    at = MOMENT - ago
    return Entry(
        counted=counted, at=at, run_id=run_id, playbook=run_id, target=target, source=source
    )


async def test_a_tally_says_how_many_targets_there_were_besides_ones_own(store: Store) -> None:
    """A target that another playbook changed a moment ago was not counted for this one, and let one more through."""
    wanted = Tally(counted=Counted.CHANGED, scope=Scope.ALL, per=60 * MINUTE, distinct=True)
    entries = [entry(Counted.CHANGED, t, "a", ago=MINUTE) for t in (*WEB[:3], WEB[0])]
    await store.submit(lambda tx: [tx.count(each) for each in entries])

    for own, others in (((), 3), (WEB[:1], 2), (WEB[3:5], 3), (WEB[:3], 0)):
        found = await store.read(
            lambda r, own=own: r.tallies(
                (wanted,), playbook="p", target=WEB[0], now=MOMENT, besides=own
            )
        )
        assert found[wanted].targets == others


async def test_targets_that_fire_together_are_counted_to_just_above_what_matters(
    store: Store,
) -> None:
    def fill(tx):
        for n, target in enumerate(WEB):
            episode = replace(an_episode(), id=f"eps_{n}", fingerprint=f"f{n}")
            closed = MOMENT if n == 5 else None
            tx.save_episode(replace(episode, closed_at=closed))
            run = a_run(id=f"run_{n}", episode=f"eps_{n}", created_at=MOMENT - n * MINUTE)
            run = replace(run, order=replace(run.order, target=target, playbook="p"))
            tx.insert_run(run, MOMENT)

    await store.submit(fill)

    async def count(since: timedelta, most: int, playbook: str = "p") -> int:
        return await store.read(
            lambda r: r.firing_together(playbook=playbook, since=MOMENT - since, most=most)
        )

    assert await count(60 * MINUTE, 100) == 5  # one has resolved
    assert await count(2 * MINUTE, 100) == 3
    assert await count(60 * MINUTE, 2) == 3
    assert await count(60 * MINUTE, 2, "other") == 0


async def test_who_acts_in_another_failure_domain_is_found_until_it_has_rested(
    store: Store,
) -> None:
    async def elsewhere(domain: str, besides: str = "me") -> Elsewhere | None:
        since = MOMENT - 10 * MINUTE
        return await store.read(lambda r: r.elsewhere(domain=domain, besides=besides, since=since))

    await store.submit(
        lambda tx: tx.count(entry(Counted.DOMAIN, WEB[0], "a", ago=60 * MINUTE, source="zone a"))
    )
    assert await elsewhere("zone b") is None  # long ago

    await store.submit(lambda tx: tx.hold(WEB[0], "a"))
    assert await elsewhere("zone b") == Elsewhere(domain="zone a", run_id="a", at=None, acts=True)
    assert await elsewhere("zone a") is None
    assert await elsewhere("") is not None
    assert await elsewhere("zone b", besides="a") is None

    await store.submit(lambda tx: tx.release_holds("a"))
    assert await elsewhere("zone b") is None
    await store.submit(
        lambda tx: tx.count(entry(Counted.DOMAIN, WEB[0], "a", ago=MINUTE, source="zone a"))
    )
    found = await elsewhere("zone b")
    assert found == Elsewhere(domain="zone a", run_id="a", at=MOMENT - MINUTE, acts=False)
    assert await elsewhere("zone a") is None


async def test_a_held_target_of_which_no_domain_is_known_is_in_an_unknown_one(
    store: Store,
) -> None:
    await store.submit(lambda tx: tx.hold(WEB[0], "older"))
    found = await store.read(
        lambda r: r.elsewhere(domain="zone a", besides="me", since=MOMENT - MINUTE)
    )
    assert found == Elsewhere(domain="", run_id="older", at=None, acts=True)


async def replicas(stack: AsyncExitStack, url: str, *playbooks) -> list[House]:
    """Two engines over one database, with one clock and one alert each for six playbooks."""
    clock = ManualClock()
    count = 1 if url.startswith("sqlite") else 2  # one process has a file of SQLite to itself
    stores = [await open_store(url) for _ in range(count)]
    for store in stores:
        stack.push_async_callback(store.close)
    houses = [House(store, clock) for store in (stores * 2)[:2]]
    for house in houses:
        house.use(*playbooks)
    return houses


def playbooks(**guards):
    return tuple(
        a_playbook(
            name=f"fix{n}",
            match=((parse_matcher(f'case="{n}"'),),),
            guards={"storm": StormSettings(runs=1000), **guards},
        )
        for n in range(6)
    )


async def act_at_once(houses: list[House]) -> list[str]:
    """Claim everything, half of it by each replica, and drive all of it at the same time."""
    for turn in range(6):
        house = houses[turn % 2]
        now = house.clock.now()
        claimed = await house.store.submit(
            lambda tx, now=now: tx.claim_due(
                owner="w", lease=timedelta(seconds=15), limit=1, now=now
            )
        )
        for run in claimed:
            house.hand = [*getattr(house, "hand", []), run]
    driven = [house.runner().drive(run) for house in houses for run in house.hand]
    assert len(driven) == 6
    assert set(await asyncio.gather(*driven)) == {None}
    return [effect for house in houses for effect in house.world.effects]


async def test_five_playbooks_that_may_change_one_target_each_change_no_more_than_all_may(
    url: str,
) -> None:
    """Five playbooks with `max: 1` changed five hosts."""
    guards = {
        "blast_radius": BlastRadiusSettings(max=1),
        "total_blast_radius": over_all(BlastRadiusSettings(max=2)),
    }
    async with AsyncExitStack() as stack:
        houses = await replicas(stack, url, *playbooks(**guards))
        await houses[0].take_in(
            *(an_alert(f"f{n}", instance=f"web{n}:9100", case=str(n)) for n in range(6))
        )
        assert len(await act_at_once(houses)) == 2
        reasons = [run.reason for run in await houses[0].runs() if not run.has_acted]

    assert len(reasons) == 4
    assert {reason.partition(":")[0] for reason in reasons} == {"total_blast_radius"}


async def test_two_replicas_do_not_act_in_two_zones_at_the_same_moment(url: str) -> None:
    zone = FailureDomainSettings(label="zone")
    async with AsyncExitStack() as stack:
        houses = await replicas(stack, url, *playbooks(failure_domain=zone))
        await houses[0].take_in(
            *(
                an_alert(f"f{n}", instance=f"web{n}:9100", case=str(n), zone="ab"[n % 2])
                for n in range(6)
            )
        )
        await act_at_once(houses)
        acted = [run for run in await houses[0].runs() if run.has_acted]

        assert 1 <= len(acted) <= 3
        zones = {run.order.alert.labels["zone"] for run in acted}
        assert len(zones) == 1

        for house in houses:  # the other zone has its turn once the first has rested
            await house.live()
        runs = await houses[0].runs()

    assert {run.outcome and run.outcome.value for run in runs} == {"resolved"}
    (first,) = zones
    ended = max(r.closed_at for r in runs if r.order.alert.labels["zone"] == first)
    began = min(r.closed_at for r in runs if r.order.alert.labels["zone"] != first)
    assert began - ended > timedelta(minutes=9)


async def test_a_run_without_a_zone_waits_for_everybody(url: str) -> None:
    zone = FailureDomainSettings(label="zone")
    async with AsyncExitStack() as stack:
        houses = await replicas(stack, url, *playbooks(failure_domain=zone))
        await houses[0].take_in(
            *(an_alert(f"f{n}", instance=f"web{n}:9100", case=str(n)) for n in range(6))
        )
        assert len(await act_at_once(houses)) == 1


async def test_many_targets_that_fire_together_are_touched_by_no_replica(url: str) -> None:
    mass = MassFailureSettings(max=5)
    one = a_playbook(guards={"storm": StormSettings(runs=1000), "mass_failure": mass})
    async with AsyncExitStack() as stack:
        houses = await replicas(stack, url, one)
        await houses[0].take_in(*(an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(6)))
        assert await act_at_once(houses) == []
        reasons = [run.reason for run in await houses[0].runs()]
        kinds = {m.kind.value for m in await houses[0].messages()}

    assert all(reason.startswith("mass_failure: more than 5 targets") for reason in reasons)
    assert "escalation" in kinds
