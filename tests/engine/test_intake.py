"""Intake: one alert or notification that goes wrong takes no other with it, and none can stop every start."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.alert import Alert, AlertGroup, Oddity, RefusedAlert
from remediator.core.errors import InvalidAlert, Overloaded
from remediator.core.matcher import parse_matcher
from remediator.core.order import Order
from remediator.core.selection import Reach, Selection
from remediator.engine.admission import Rules
from remediator.engine.intake import Intake
from remediator.engine.leftovers import MOST_STARTS
from remediator.engine.remainder import Remainder
from remediator.ports.store import DecisionRecord, Listing, Notification
from tests.engine.house import House, a_house, a_playbook, an_alert, render

SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """What ends a process: no `except Exception` sees it."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        yield house


PICKY = a_playbook("picky", match=((parse_matcher('alertname="Sick"'), parse_matcher('team="x"')),))
"""Does not answer our alerts, and says so: a decision for each of them."""


async def drained(intake: Intake) -> None:
    while await intake.drain():
        pass


async def decisions(house: House, **filters: str) -> list[DecisionRecord]:
    page = await house.store.read(lambda r: r.decisions(Listing(limit=500, filters=filters)))
    return list(page.items)


async def state(house: House, notification_id: str) -> tuple[str, str]:
    found = await house.store.read(lambda reader: reader.notification(notification_id))
    assert found is not None
    return found.state, found.error


def reading(house: House, deadly: str = "") -> Intake:
    """Intake in a new life of the process, which dies when it reads one notification."""

    async def read(notification: Notification) -> AlertGroup:
        if notification.id == deadly:
            raise Killed
        return house.groups[notification.id]

    return house.intake(read)


async def test_an_alert_that_is_there_twice_in_one_notification_does_no_harm(house: House) -> None:
    house.use(a_playbook(), PICKY)
    posted = await house.post(an_alert("f1"), an_alert("f1"), an_alert("f2"))

    await drained(house.intake())

    assert await state(house, posted) == ("done", "")
    assert {run.order.alert.fingerprint for run in await house.runs()} == {"f1", "f2"}
    assert await decisions(house, decision="refused") == []
    assert len(await decisions(house, playbook="picky")) == 2
    assert house.listener.problems == []


async def test_a_group_that_was_half_taken_in_when_the_process_died_is_finished(
    house: House,
) -> None:
    house.use(PICKY)
    posted = await house.post(*(an_alert(f"f{n}") for n in range(250)))
    dying = house.intake()
    piece = [an_alert(f"f{n}") for n in range(100)]
    notification = await house.store.read(lambda reader: reader.notification(posted))
    assert notification is not None
    await house.store.submit(lambda tx: dying._admit(tx, notification, piece, set()))

    await drained(house.intake())

    assert await state(house, posted) == ("done", "")
    last = await house.store.read(lambda r: r.open_episode("prod", "f249"))
    assert last is not None
    assert await decisions(house, decision="refused") == []
    assert house.listener.problems == []


@pytest.mark.parametrize("count", [99, 100, 101, 200, 201])
async def test_a_group_of_any_size_is_taken_in_once_and_whole(house: House, count: int) -> None:
    posted = await house.post(*(an_alert(f"f{n}", alertname="Other") for n in range(count)))

    await drained(house.intake())

    assert await state(house, posted) == ("done", "")
    last = await house.store.read(lambda r: r.open_episode("prod", f"f{count - 1}"))
    assert last is not None


async def test_an_alert_that_cannot_be_admitted_is_refused_and_the_others_are_answered(
    house: House,
) -> None:
    def odd(selection: Selection, alert: Alert, source: str) -> Order:
        if alert.fingerprint == "f2":
            raise ZeroDivisionError("a bug that one alert sets off")
        return render(selection, alert, source)

    class OddHouse(House):
        def rules(self) -> Rules:
            return replace(super().rules(), render=odd)

    house.__class__ = OddHouse
    alone = await house.post(an_alert("f9", instance="web9"))
    mixed = await house.post(*(an_alert(f"f{n}", instance=f"web{n}") for n in (1, 2, 3)))

    await drained(house.intake())

    answered = {run.order.alert.fingerprint for run in await house.runs()}
    assert answered == {"f1", "f3", "f9"}
    assert (await state(house, alone), await state(house, mixed)) == (("done", ""),) * 2
    (refused,) = await decisions(house, decision="refused")
    assert (refused.fingerprint, refused.notification) == ("f2", mixed)
    assert "ZeroDivisionError" in refused.reason


async def test_what_was_refused_is_found_by_its_fingerprint_and_by_its_notification(
    house: House,
) -> None:
    posted = await house.post(an_alert("f1"))
    odd = RefusedAlert(number=1, oddity=Oddity.URL, reason="alerts[1]: too long", fingerprint="f2")
    house.groups[posted] = replace(house.groups[posted], refused=(odd,))

    await drained(house.intake())

    (by_fingerprint,) = await decisions(house, fingerprint="f2")
    assert (by_fingerprint.decision, by_fingerprint.reason) == ("refused", "alerts[1]: too long")
    assert by_fingerprint in await decisions(house, notification=posted)
    assert len(await house.runs()) == 1


async def test_a_sender_of_thousands_of_odd_alerts_fills_no_table(house: House) -> None:
    posted = await house.post(an_alert("f1", alertname="Other"))
    odd = tuple(
        RefusedAlert(number=n, oddity=Oddity.SHAPE, reason=f"alerts[{n}]: odd")
        for n in range(5_000)
    )
    house.groups[posted] = replace(house.groups[posted], refused=odd)

    await drained(house.intake())

    kept = await decisions(house, decision="refused")
    assert len(kept) == 100
    assert any("and 4900 more" in record.reason for record in kept)


async def test_a_notification_that_stops_every_start_is_set_aside_after_three(
    house: House,
) -> None:
    others = [await house.post(an_alert(f"o{n}", instance=f"web{n}")) for n in range(3)]
    house.clock.advance(SECOND)
    poison = await house.post(an_alert("f1"))
    house.clock.advance(SECOND)
    for _ in range(MOST_STARTS):
        with pytest.raises(Killed):
            await drained(reading(house, poison))

    await drained(reading(house, poison))

    said, error = await state(house, poison)
    assert said == "bad"
    assert "stopped 3 times" in error
    assert [await state(house, other) for other in others] == [("done", "")] * 3
    assert len(await house.runs()) == 3


async def test_no_other_is_set_aside_for_the_fault_of_one(house: House) -> None:
    poison = await house.post(an_alert("f1"))
    house.clock.advance(SECOND)
    others = [await house.post(an_alert(f"o{n}", instance=f"web{n}")) for n in range(3)]
    house.clock.advance(SECOND)

    for _ in range(MOST_STARTS + 4):
        try:
            await drained(reading(house, poison))
        except Killed:
            continue

    assert (await state(house, poison))[0] == "bad"
    assert [await state(house, other) for other in others] == [("done", "")] * 3


async def test_a_leftover_that_harms_nobody_is_taken_in_after_any_number_of_restarts(
    house: House,
) -> None:
    posted = await house.post(an_alert("f1"))
    house.clock.advance(SECOND)
    for _ in range(MOST_STARTS + 2):
        reading(house)  # a life that ends before it came to anything

    await drained(reading(house))

    assert await state(house, posted) == ("done", "")


async def test_what_cannot_be_read_now_waits_and_is_set_aside_when_it_never_can(
    house: House,
) -> None:
    posted = await house.post(an_alert("f1"))

    async def crowded(notification: Notification) -> AlertGroup:
        raise Overloaded("no process can be started")

    intake = house.intake(crowded)
    assert await intake.drain() == 0
    assert await state(house, posted) == ("new", "")
    assert await intake.drain() == 0

    await drained(intake)

    said, error = await state(house, posted)
    assert (said, "no process can be started" in error) == ("bad", True)


async def test_a_body_that_is_bad_after_all_is_kept_with_its_reason(house: House) -> None:
    posted = await house.post(an_alert("f1"))

    async def refusing(notification: Notification) -> AlertGroup:
        raise InvalidAlert("not JSON")

    intake = house.intake(refusing)
    await drained(intake)

    assert await state(house, posted) == ("bad", "not JSON")


async def test_alerts_that_were_cut_off_come_by_a_notification_of_their_own(house: House) -> None:
    posted = await house.post(an_alert("f1"))
    house.groups[posted] = replace(house.groups[posted], truncated=1)
    asked: list[AlertGroup] = []

    async def fetch(_: Notification, group: AlertGroup) -> bytes:
        asked.append(group)
        house.groups["rest"] = replace(
            group, alerts=(an_alert("f2", instance="web2"),), truncated=0
        )
        return b"rest"

    async def read(notification: Notification) -> AlertGroup:
        return house.groups[notification.body.decode()]

    ambient = house.clock.ambient()
    remainder = Remainder(store=house.store, ambient=ambient, fetch=fetch, listener=house.listener)
    intake = house.intake(read, remainder)
    await drained(intake)
    assert remainder._fetching is not None
    await remainder._fetching
    await drained(intake)

    assert len(asked) == 1
    runs = await house.runs()
    assert {(r.order.alert.fingerprint, r.order.source) for r in runs} == {
        ("f1", "prod"),
        ("f2", "prod"),
    }


async def test_a_source_that_may_set_off_nothing_on_a_target_is_told_so_by_why_and_starts_no_run(
    house: House,
) -> None:
    house.reach = {"lab": Reach(targets=("host/db*",))}
    await house.take_in(an_alert(), source="lab")

    (decision,) = await decisions(house)
    assert (decision.decision, decision.reason) == (
        "skipped",
        "source lab may set off nothing on host/web1",
    )
    assert await house.runs() == []
    assert await house.messages() == []

    await house.take_in(an_alert(), source="prod")
    assert len(await house.runs()) == 1
