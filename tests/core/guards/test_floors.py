"""A floor and a playbook's own settings together: whatever either of them stops is stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise, product
from random import Random
from typing import Any

import pytest

from remediator.core.facts import Facts, Pause, Tallied, Tally
from remediator.core.guards import GUARDS
from remediator.core.guards.breaker import BreakerSettings
from remediator.core.guards.concurrency import ConcurrencySettings, OnBusy
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.limits import Limit, LimitsSettings
from remediator.core.guards.windows import DAYS, GUARD, Window, WindowsSettings
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import HOST, a_subject, ruling

HOUR = timedelta(hours=1)
OTHER = Target("deployment", "shop/api")
HOURS = ("00:00", "06:00", "09:30", "12:00", "17:00", "22:00", "24:00")
SETTINGS: dict[str, list[Any]] = {
    "cooldown": [CooldownSettings(rest=HOUR * n) for n in (0, 1, 3, 9)],
    "concurrency": [
        ConcurrencySettings(max=n, on_busy=busy) for n, busy in product((1, 2, 5), OnBusy)
    ],
    "breaker": [
        BreakerSettings(failures=f, ineffective=i, window=HOUR * w)
        for f, i, w in ((1, 3, 24), (3, 1, 24), (2, 2, 2), (2, 5, 48))
    ],
    "limits": [
        LimitsSettings(),
        *(
            LimitsSettings(limits=(Limit(max=n, per=HOUR * h),))
            for n, h in ((1, 1), (2, 24), (9, 1), (5, 5))
        ),
    ],
}


def counted(dice: Random, wanted: set[Tally]) -> dict[Tally, Tallied]:
    """Answer every question about one and the same history."""
    history = sorted(MOMENT - HOUR * dice.uniform(0, 60) for _ in range(dice.randrange(7)))
    found = {}
    for tally in wanted:
        inside = [at for at in history if MOMENT - at <= tally.per]
        ends = {"oldest": inside[0], "newest": inside[-1]} if inside else {}
        found[tally] = Tallied(count=len(inside), **ends)
    return found


@pytest.mark.parametrize("name", SETTINGS)
def test_what_either_of_two_settings_stops_their_stricter_stops(name: str) -> None:
    dice = Random(name)
    guard = next(guard for guard in GUARDS if guard.name == name)
    for own, floor in product(SETTINGS[name], repeat=2):
        strict = guard.stricter(own, floor)
        for _ in range(12):
            tallies = {t for s in (own, floor, strict) for t in guard.tallies(s)}
            known = Facts(
                now=MOMENT,
                tallies=counted(dice, tallies),
                acting=dice.randrange(7),
                last_changed={HOST: MOMENT - HOUR * dice.uniform(0, 12)},
            )
            said = [ruling(guard, s, a_subject(), known) for s in (own, floor, strict)]
            alone = [r for r in said[:2] if r is not None]
            if alone:
                assert said[2] is not None, (own, floor, strict, known)
                # whether it waits or gives up is no question of strictness: both change nothing
                assert said[2] >= min(max(alone), Ruling.DEFER), (own, floor, strict, known)


def a_window(dice: Random) -> Window:
    if dice.random() < 0.2:
        return Window(cron=f"0 {dice.randrange(24)} * * *", duration=HOUR * dice.randrange(1, 9))
    start, end = sorted(dice.sample(HOURS, 2))
    if dice.random() < 0.3:
        start, end = end.replace("24:00", "23:00"), start
    return Window(days=tuple(dice.sample(DAYS, dice.choice((0, 2, 5)))), from_=start, to=end)


def some_hours(dice: Random) -> WindowsSettings:
    allow = tuple(a_window(dice) for _ in range(dice.choice((0, 0, 1, 2))))
    return WindowsSettings(
        allow=allow, deny=tuple(a_window(dice) for _ in range(dice.choice((0, 1, 2))))
    )


def test_hours_are_open_exactly_where_the_playbook_and_every_floor_are_open() -> None:
    dice = Random("hours")
    for _ in range(150):
        own, floor, other = some_hours(dice), some_hours(dice), some_hours(dice)
        strict = GUARD.stricter(GUARD.stricter(own, floor), other)
        for _ in range(12):
            moment = MOMENT + timedelta(minutes=dice.randrange(7 * 24 * 60))
            open_to_all = all(each.is_open(moment) for each in (own, floor, other))
            assert strict.is_open(moment) is open_to_all, (own, floor, other, moment)


def test_a_deferral_by_hours_ends_at_the_very_minute_they_open() -> None:
    dice = Random("opening")
    for _ in range(60):
        hours, moment = some_hours(dice), MOMENT + timedelta(minutes=dice.randrange(7 * 24 * 60))
        verdict = GUARD.judge(hours, a_subject(), Facts(now=moment))
        assert (verdict is None) is hours.is_open(moment)
        if (
            verdict is None
            or verdict.until is None
            or verdict.until >= moment + timedelta(hours=24)
        ):
            continue
        assert hours.is_open(verdict.until)
        between = minutes_between(moment, verdict.until)
        assert not any(hours.is_open(minute) for minute in between)


def minutes_between(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(second=0, microsecond=0)
    count = int((end - first).total_seconds() // 60)
    return [first + timedelta(minutes=n) for n in range(1, count)]


def test_a_target_of_many_is_enough_for_a_pause_a_hold_a_rest_and_a_protection() -> None:
    """Whichever of a run's targets it is, and wherever it stands among them."""

    def a_pause(scope: str) -> Pause:
        return Pause(id="pau_1", scope=scope, who="ana", reason="", since=MOMENT, until=None)

    third = Target("volume", "vol-1")
    by_name = {guard.name: guard for guard in GUARDS}
    known = {
        "pause": [
            Facts(now=MOMENT, pauses=(a_pause(scope),))
            for scope in ("namespace/shop", "target/deployment/shop/api")
        ],
        "one_run_per_target": [Facts(now=MOMENT, holders={OTHER: "run_2"})],
        "cooldown": [Facts(now=MOMENT, last_changed={OTHER: MOMENT - timedelta(minutes=1)})],
        "protected": [Facts(now=MOMENT, protected=("deployment/shop/*",))],
    }
    for name, cases in known.items():
        for facts, (first, second) in product(cases, pairwise((HOST, OTHER, third))):
            guard = by_name[name]
            for targets in ((first, second), (second, first), (HOST, third, OTHER)):
                said = ruling(guard, guard.settings(), a_subject(targets=targets), facts)
                assert said is not None and said >= Ruling.DEFER, (name, targets)
