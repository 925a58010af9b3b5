"""A silence is a hands-off: the run waits for its end, says so, and calls nobody meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from remediator.core.errors import Transient
from remediator.core.events import Outcome
from remediator.core.facts import Answer, Known
from remediator.core.guards.silenced import OnSilence, SilencedSettings
from remediator.core.playbook import Escalation, FailurePolicy, OnBlocked
from remediator.ports.check import Question

from .house import WEB1, House, a_house, a_playbook, a_step, an_alert

CALLS = FailurePolicy(
    on_blocked=OnBlocked.ESCALATE, escalations=(Escalation(to="oncall", after=timedelta(0)),)
)


class Silencer:
    """Says what it is told to say."""

    def __init__(self, house: House) -> None:
        self.asked = 0
        self.problem: Exception | None = None
        self.begins: Callable[[], bool] = lambda: False
        self._house = house
        house.silences = (lambda reads: self.ask,)
        self.end()

    def silence(self) -> None:
        self._answer = Answer(known=Known.HOLDS, detail="ann silenced the alert", value=1)

    def end(self, *, listed: float = 1) -> None:
        self._answer = Answer(known=Known.FAILS, detail="it is not listed", value=listed)

    async def ask(self, question: Question) -> Answer:
        self.asked += 1
        if self.begins():
            self.silence()
        if self.problem:
            raise self.problem
        return self._answer


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


@pytest.fixture
def silencer(house: House) -> Silencer:
    return Silencer(house)


async def wait(house: House, minutes: int) -> None:
    for _ in range(3):
        await house.work()
        house.clock.advance(timedelta(minutes=minutes / 3))
    await house.work()


async def test_a_run_waits_while_its_alert_is_silenced_and_goes_on_when_the_silence_ends(
    house: House, silencer: Silencer
) -> None:
    silencer.silence()
    await house.take_in(an_alert())
    await wait(house, 5)

    run = await house.run()
    assert run.is_open
    assert house.world.effects == []
    assert run.judgement
    assert run.judgement.strictest
    assert run.judgement.strictest.reason == "ann silenced the alert"

    silencer.end()
    await house.live()
    assert (await house.run()).outcome is Outcome.RESOLVED
    assert house.world.values == {WEB1: 1}


async def test_a_run_that_waits_for_a_silence_is_told_and_calls_nobody(
    house: House, silencer: Silencer
) -> None:
    house.use(a_playbook(failure=CALLS))
    silencer.silence()
    await house.take_in(an_alert())
    await wait(house, 45)

    assert [m.kind.value for m in await house.messages()] == ["notice"]


async def test_a_run_that_waits_because_nobody_can_say_calls_people(
    house: House, silencer: Silencer
) -> None:
    house.use(a_playbook(failure=CALLS))
    silencer.problem = Transient("no Alertmanager answers")
    await house.take_in(an_alert())
    await wait(house, 45)

    assert house.world.effects == []
    kinds = sorted(m.kind.value for m in await house.messages())
    assert kinds == ["escalation", "notice"]


async def test_a_silence_that_comes_between_two_changes_holds_the_second_back(
    house: House, silencer: Silencer
) -> None:
    house.use(a_playbook(steps=(a_step("one"), a_step("two", parameters={"to": 2}))))
    silencer.begins = lambda: bool(house.world.effects)
    await house.take_in(an_alert())
    await wait(house, 3)

    run = await house.run()
    assert run.is_open, run.reason
    assert len(house.world.effects) == 1


async def test_an_alert_that_ended_while_it_was_silenced_is_not_acted_on(
    house: House, silencer: Silencer
) -> None:
    silencer.silence()
    await house.take_in(an_alert())
    await wait(house, 2)
    silencer.end(listed=0)
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert "ended while it was silenced" in run.reason
    assert house.world.effects == []


async def test_an_alert_of_another_alertmanager_is_acted_on(
    house: House, silencer: Silencer
) -> None:
    silencer.end(listed=0)
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_a_playbook_that_acts_all_the_same_does_not_ask(
    house: House, silencer: Silencer
) -> None:
    house.use(a_playbook(guards={"silenced": SilencedSettings(on_silence=OnSilence.ACT)}))
    silencer.silence()
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED
    assert silencer.asked == 0
