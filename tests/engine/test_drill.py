"""A drill over the engine's small world: what is asked about, what is found, and that nothing happens."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.drill import DrillLimits, DrillReport, DrillWanted, Help
from remediator.core.errors import Missing, Permanent, Refused
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import AfterFailure, Mode
from remediator.core.target import Target
from remediator.engine.drill import Drill
from remediator.engine.drill_candidates import rotated
from tests.engine.house import House, a_house, a_playbook, a_step, an_alert

ALL = DrillWanted()
LIMITS = DrillLimits()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        house.use(answering())
        yield house


def answering(name: str = "fix", **more: Any) -> Any:
    return a_playbook(name, **({"target": "host/{{ labels.instance }}"} | more))


async def drilled(
    house: House,
    *hosts: str,
    wanted: DrillWanted = ALL,
    limits: DrillLimits = LIMITS,
    night: str = "",
) -> DrillReport:
    drill = Drill(
        store=house.store,
        ambient=house.clock.ambient(),
        observer=house.runner(executor=False)._observer,
        rules=house.rules,
        protected=lambda: house.protected,
        known=lambda: [Target("host", name) for name in hosts],
    )
    return await drill.run(wanted, limits, night)


def helps(report: DrillReport) -> dict[str, Help]:
    return {each.target: each.help for each in report.results}


async def test_every_known_target_is_asked_about_and_nothing_is_changed(house: House) -> None:
    report = await drilled(house, "web1", "web2")

    assert helps(report) == {"host/web1": Help.FULL, "host/web2": Help.FULL}
    assert report.results[0].steps[0].text == "set 0 to 1"
    assert house.world.effects == []
    assert (await house.runs()) == []


async def test_a_target_that_is_well_could_be_helped_too(house: House) -> None:
    house.world.values[Target("host", "web1")] = 1

    report = await drilled(house, "web1")

    assert helps(report) == {"host/web1": Help.FULL}
    assert report.results[0].steps[0].text == "is 1 already"


async def test_a_step_that_cannot_be_planned_says_why_and_those_behind_it_are_not_asked(
    house: House,
) -> None:
    house.use(answering(steps=(a_step("one"), a_step("two"))))
    house.world.refusals["one"] = deque([Permanent("no sudo")])

    (result,) = (await drilled(house, "web1")).results

    assert (result.help, result.reason) == (Help.NONE, "one: no sudo")
    assert [step.step for step in result.steps] == ["one"]


async def test_steps_behind_one_that_may_fail_are_asked_about(house: House) -> None:
    goes_on = a_step("one", after_failure=AfterFailure.CONTINUE)
    house.use(answering(steps=(goes_on, a_step("two"))))
    house.world.refusals["one"] = deque([Permanent("no sudo")])

    (result,) = (await drilled(house, "web1")).results

    assert (result.help, len(result.steps)) == (Help.PART, 2)


@pytest.mark.parametrize(("required", "help"), [(False, Help.PART), (True, Help.NONE)])
async def test_a_missing_tool_counts_as_much_as_the_playbook_says(
    house: House, required: bool, help: Help
) -> None:
    house.use(answering(steps=(a_step("one", required=required), a_step("two"))))
    house.world.refusals["one"] = deque([Missing("docker is not there")])

    (result,) = (await drilled(house, "web1")).results

    assert (result.help, result.reason) == (help, "one: docker is not there")


async def test_a_protected_target_is_left_alone_and_nobody_looks(house: House) -> None:
    house.protected = ("host/web1",)
    house.world.broken = True

    (result,) = (await drilled(house, "web1")).results

    assert result.help is Help.KEPT_OUT
    assert "host/web1" in result.reason


async def test_targets_of_earlier_alerts_are_asked_about_with_their_own_labels(
    house: House,
) -> None:
    await house.take_in(an_alert("f1", instance="db1:9100", volume="a"))

    report = await drilled(house, "web1")

    assert helps(report) == {"host/db1": Help.FULL, "host/web1": Help.FULL}


async def test_a_target_that_somebody_names_is_the_only_one(house: House) -> None:
    report = await drilled(house, "web1", "web2", wanted=DrillWanted(targets=("host/WEB7",)))

    assert helps(report) == {"host/web7": Help.FULL}


async def test_what_has_no_steps_or_is_off_is_not_drilled(house: House) -> None:
    house.use(answering("off", mode=Mode.OFF), answering("look", steps=()))

    assert (await drilled(house, "web1")).results == ()


async def test_a_playbook_without_any_known_target_says_so(house: House) -> None:
    (unnamed,) = (await drilled(house)).unnamed

    assert (unnamed.playbook, unnamed.targets) == ("fix", 0)
    assert unnamed.reason == "none of its alerts was seen, and nobody names a host"


async def test_a_playbook_whose_matchers_do_not_hold_is_kept_out_with_the_reason(
    house: House,
) -> None:
    house.use(answering(match=((parse_matcher("alertname=Sick"), parse_matcher('env=~"p.+"')),)))

    (result,) = (await drilled(house, "web1")).results

    assert (result.help, result.reason) == (
        Help.KEPT_OUT,
        'env=~"p.+": the label is absent',
    )


async def test_an_alert_that_turns_out_to_name_another_target_asks_about_none(
    house: House,
) -> None:
    elsewhere = (parse_matcher("alertname=Sick"), parse_matcher("instance=web9"))
    house.use(answering(match=(elsewhere,), target="host/{{ labels.host }}"))
    house.world.broken = True

    (result,) = (await drilled(house, "web1")).results

    assert (result.target, result.help) == ("host/web1", Help.KEPT_OUT)
    assert result.reason == "the alert that was imagined names host/web9"


async def test_only_one_playbook_where_it_is_named_and_a_typo_is_refused(house: House) -> None:
    house.use(answering("a"), answering("b"))

    report = await drilled(house, "web1", wanted=DrillWanted(playbook="b"))

    assert [each.playbook for each in report.results] == ["b"]
    with pytest.raises(Refused, match="there is no playbook c"):
        await drilled(house, "web1", wanted=DrillWanted(playbook="c"))


async def test_no_more_targets_than_the_limit_says_of_every_playbook_some(house: House) -> None:
    house.use(answering("a"), answering("b"))

    report = await drilled(house, "web1", "web2", "web3", limits=DrillLimits(targets=4))

    assert [each.playbook for each in report.results] == ["a", "a", "b", "b"]
    assert report.left == 2


def test_what_had_no_room_one_night_has_it_another() -> None:
    everything: Any = list(range(10))

    nights = [rotated(everything, 4, f"2026-03-{day}") for day in (14, 15, 16, 17, 18)]

    assert set().union(*map(set, nights)) == set(everything)
    assert all(len(set(night)) == 4 for night in nights)
    assert rotated(everything, 10, "2026-03-14") == everything


async def test_what_has_no_answer_in_time_is_not_helped_and_what_was_not_reached_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(self: Drill, run: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Drill, "_steps", hangs)
    slow = DrillLimits(each=timedelta(milliseconds=50))
    hurried = DrillLimits(within=timedelta(milliseconds=50), at_once=1)

    late = await drilled(house, "web1", limits=slow)
    broken_off = await drilled(house, "web1", "web2", limits=hurried)

    assert "no answer within" in late.results[0].reason
    assert (broken_off.results, broken_off.left) == ((), 2)


async def test_a_bug_in_one_action_does_not_end_the_drill(house: House) -> None:
    house.world.refusals["one"] = deque([ZeroDivisionError("oops")])  # type: ignore[list-item]

    report = await drilled(house, "web1", "web2", limits=DrillLimits(at_once=1))

    assert sorted(helps(report).values()) == [Help.FULL, Help.NONE]
    assert "ZeroDivisionError" in " ".join(each.reason for each in report.results)


async def test_a_drill_is_compared_with_the_last_that_was_kept(house: House) -> None:
    first = await drilled(house, "web1", night="2026-03-14")
    await house.store.submit(lambda tx: tx.begin_drill(first.night, first.began_at))
    await house.store.submit(lambda tx: tx.end_drill(first))
    house.world.broken = True

    second = await drilled(house, "web1", night="2026-03-15")

    assert (first.is_first, first.worse) == (True, ())
    assert second.is_first is False
    assert [each.target for each in second.worse] == ["host/web1"]
