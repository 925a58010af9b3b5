"""Notifications that are admitted together leave the same rows as one after the other."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Mode
from remediator.engine.intake import TOGETHER
from tests.engine.house import House, a_house, a_playbook, an_alert

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TABLES = ("inbox", "episode", "decision", "run", "event", "budget", "playbook_version")
SICK = ((parse_matcher('alertname="Sick"'),),)
PLAYBOOKS = (
    a_playbook("cure"),
    a_playbook("rehearse", match=SICK, mode=Mode.DRY_RUN),
    a_playbook("picky", match=(tuple(parse_matcher(m) for m in ('alertname="Sick"', 'team="x"')),)),
    a_playbook("strict", match=SICK, requires=("team",)),
)


def an_odd_lot(random: Random) -> list[Any]:
    """Return what one notification says: few alerts, often the same, firing or not, known or not."""
    return [
        an_alert(
            f"f{random.randrange(6)}",
            firing=random.random() < 0.7,
            alertname=random.choice(("Sick", "Sick", "Other")),
            instance=f"web{random.randrange(3)}:9100",
            **({"team": random.choice("xy")} if random.random() < 0.5 else {}),
        )
        for _ in range(random.randrange(1, 5))
    ]


async def rows_of(folder: Path, seed: int, together: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return what is in the tables after a random life whose notifications were admitted so many at a time."""
    folder.mkdir()
    random = Random(seed)
    async with a_house(folder) as house:
        house.use(*PLAYBOOKS)
        for _ in range(4):
            for _ in range(random.randrange(1, 12)):
                await house.post(*an_odd_lot(random), source=random.choice(("prod", "lab")))
            await drained(house, together)
            house.clock.advance(random.choice((SECOND, HOUR)))
        assert house.listener.problems == []
    database = sqlite3.connect(folder / "remediator.db")
    found = {
        name: database.execute(f"select * from {name} order by 1, 2").fetchall() for name in TABLES
    }
    database.close()
    return found


async def drained(house: House, together: int) -> None:
    intake = house.intake()
    while await intake.drain(together):
        pass


@pytest.mark.parametrize("seed", range(4))
async def test_the_same_is_decided_however_many_are_admitted_together(tmp_path: Path, seed: int):
    alone = await rows_of(tmp_path / "alone", seed, 1)
    together = await rows_of(tmp_path / "together", seed, TOGETHER)

    assert alone["run"] and alone["decision"]
    assert together == alone
