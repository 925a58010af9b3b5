"""One machine is held, rests and is counted under all of its names, and a protected one is not even looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.events import Outcome
from remediator.core.facts import Known, Scope
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.limits import Limit, LimitsSettings
from remediator.core.guards.require import RequireSettings
from remediator.core.playbook import Mode, ProbeOrder
from remediator.core.selection import Environment
from remediator.core.target import Target
from tests.engine.house import VERIFY, House, a_house, a_playbook, an_alert

WEB1, ADDRESS = Target("host", "web1"), Target("host", "10.0.0.7")
DB1 = Target("host", "db1.example.com")


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as built:
        yield built


async def hold(house: House, target: Target, run: str = "run_other") -> None:
    await house.store.submit(lambda tx: tx.hold(target, run))


async def kinds(house: House, run_id: str) -> list[str]:
    entries = await house.store.read(lambda reader: reader.events(run_id))
    return [entry.event.kind for entry in entries]


@pytest.mark.parametrize("instance", ["WEB1:9100", "web1.:9100", "Web1"])
async def test_web1_and_another_spelling_of_it_never_run_at_the_same_time(house: House, instance):
    await hold(house, WEB1)
    await house.take_in(an_alert(instance=instance))
    await house.work()

    run = await house.run()
    assert run.is_open
    assert run.judgement is not None
    assert "host/web1 is held by run_other" in run.judgement.strictest.reason


async def test_a_machine_that_is_held_under_another_name_is_waited_for(house: House):
    house.identities.groups = [(WEB1, ADDRESS, Target("instance", "i-0abcdef1"))]
    await hold(house, Target("instance", "i-0abcdef1"))
    await house.take_in(an_alert())
    await house.work()

    run = await house.run()
    assert run.is_open
    assert not house.world.effects

    await house.store.submit(lambda tx: tx.release_holds("run_other"))
    await house.live()
    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_a_run_holds_every_name_of_its_machine_while_it_acts_and_lets_all_go(house: House):
    house.identities.groups = [(WEB1, ADDRESS)]
    await house.take_in(an_alert())
    await house.work()

    run = await house.run()
    held = await house.store.read(lambda reader: reader.holds((WEB1, ADDRESS)))
    assert [hold.holder for hold in held] == [run.id, run.id]

    await house.live()
    held = await house.store.read(lambda reader: reader.holds((WEB1, ADDRESS)))
    assert [hold.holder for hold in held] == [None, None]
    assert held[0].last_changed_at == held[1].last_changed_at is not None


async def test_a_machine_rests_under_every_name(house: House):
    house.identities.groups = [(WEB1, ADDRESS)]
    house.use(a_playbook(guards={"cooldown": CooldownSettings(rest=timedelta(hours=1))}))
    changed_at = house.clock.now()
    await house.store.submit(lambda tx: tx.touch(ADDRESS, changed_at))
    await house.take_in(an_alert())
    await house.work()

    run = await house.run()
    assert run.judgement is not None
    assert run.judgement.strictest.guard == "cooldown"


async def test_a_limit_by_target_counts_the_machine_under_every_name(house: House):
    once = LimitsSettings(limits=(Limit(max=1, per=timedelta(hours=6), by=Scope.TARGET),))
    none = CooldownSettings(rest=timedelta(0))
    house.use(a_playbook(guards={"limits": once, "cooldown": none}))
    house.identities.groups = [(WEB1, ADDRESS)]
    await house.take_in(an_alert("f1", instance="10.0.0.7:9100"))
    await house.live()
    await house.take_in(an_alert("f2"))
    await house.live()

    first, second = await house.runs()
    assert first.outcome is Outcome.RESOLVED
    assert second.outcome is Outcome.BLOCKED
    assert second.reason.startswith("limits: ")


async def test_a_pause_of_one_name_holds_for_the_machine(house: House):
    house.identities.groups = [(WEB1, ADDRESS)]
    person = ev.Person(name="ana", door="api")
    await house.control.pause(
        "target/host/[::ffff:10.0.0.7]:9100", duration=None, reason="", person=person
    )
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).reason.startswith("pause: ana paused target/host/10.0.0.7")


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.APPROVE, Mode.DRY_RUN])
@pytest.mark.parametrize(
    "instance", ["DB1.example.com:9100", "db1.example.com.", "db1", "10.0.0.11:9100", "10.0.0.12"]
)
async def test_nobody_signs_in_at_a_protected_machine_be_it_only_to_look(
    house: House, mode: Mode, instance: str
):
    house.environments = (Environment(name="all", match=(), mode=mode),)
    house.identities.groups = [(DB1, Target("host", "10.0.0.11"))]
    house.protected = ("host/DB1.Example.com",)
    guards = {"require": RequireSettings(checks=(VERIFY,))}
    house.use(a_playbook(guards=guards, diagnose=(ProbeOrder(kind="x", parameters={}),)))
    house.world.looks.append(Known.HOLDS)
    await house.take_in(an_alert(instance=instance))
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert "protected by the settings (host/DB1.Example.com)" in run.reason
    assert await kinds(house, run.id) == ["admitted", "judged", "closed"]
    assert len(house.world.looks) == 1  # nobody asked


async def test_another_machine_beside_a_protected_one_is_answered(house: House):
    house.protected = ("host/db1.example.com", "instance/i-0abcdef1", "node/db1")
    house.identities.groups = [
        (DB1, Target("instance", "i-0abcdef1"), Target("node", "db1")),
    ]
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_a_machine_that_became_protected_while_people_were_asked_is_left_alone(house: House):
    house.environments = (Environment(name="all", match=(), mode=Mode.APPROVE),)
    house.use(a_playbook(mode=Mode.APPROVE))
    await house.take_in(an_alert())
    await house.live()
    waiting = await house.run()
    assert waiting.approval is not None
    house.protected = ("host/WEB1",)
    await house.control.approve(
        waiting.id, digest=waiting.approval.digest, person=ev.Person(name="ana", door="api")
    )
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert not house.world.effects
