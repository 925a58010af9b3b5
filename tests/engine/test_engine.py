"""The life of runs through the whole engine: intake, guards, gate, apply, verification, people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.change import Safety
from remediator.core.events import Outcome
from remediator.core.facts import Known
from remediator.core.guards.breaker import BreakerSettings
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.require import RequireSettings
from remediator.core.person import Person
from remediator.core.playbook import AfterFailure, FailurePolicy, Mode, VerifyOrder
from remediator.core.run import Phase
from remediator.core.selection import Environment

from .house import VERIFY, WEB1, House, a_house, a_playbook, a_step, an_alert

ANA = Person(name="ana", door="api")


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


async def test_a_firing_alert_is_answered_verified_and_told(house: House):
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert house.world.values == {WEB1: 1}
    kinds = [message.kind.value for message in await house.messages()]
    assert kinds == ["progress", "progress", "result"]


async def test_a_dry_run_plans_the_same_and_changes_nothing(house: House):
    house.environments = (Environment(name="all", match=(), mode=Mode.DRY_RUN),)
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.DRY_RUN
    assert run.plan and run.plan.changes[0].summary == "set 0 to 1"
    assert house.world.effects == []
    assert [m.kind.value for m in await house.messages()] == ["dry_run"]


async def test_an_alert_from_an_unknown_environment_is_a_dry_run(house: House):
    house.environments = ()
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.DRY_RUN


async def test_the_same_alert_many_times_is_one_run(house: House):
    for _ in range(20):
        await house.post(an_alert())
    while await house.intake().drain():
        pass
    await house.live()

    assert len(await house.runs()) == 1
    assert len(house.world.effects) == 1


async def test_a_group_of_one_firing_and_one_resolved_alert_acts_on_the_firing_one(house: House):
    await house.take_in(
        an_alert("f1", instance="web1:9100"), an_alert("f2", instance="web2:9100", firing=False)
    )
    await house.live()

    assert [str(target) for _, target, _ in house.world.effects] == ["host/web1"]


async def test_an_older_word_does_not_beat_a_newer_one(house: House):
    await house.post(an_alert())
    house.clock.advance(seconds(1))
    await house.post(an_alert(firing=False))
    while await house.intake().drain(limit=1):
        pass

    assert await house.runs() == []


async def test_an_intent_without_an_outcome_is_observed_never_repeated(house: House):
    house.world.mishaps.append("bug")
    await house.take_in(an_alert())
    await house.work()
    assert len(house.world.effects) == 1
    assert (await house.run()).open_attempt is not None

    house.clock.advance(LEASE_AND_MORE)
    await house.live()
    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert len(house.world.effects) == 1
    assert "observed" in house.listener.kinds


LEASE_AND_MORE = timedelta(seconds=60)


@pytest.mark.parametrize("safety", [Safety.RECEIPT, Safety.CONVERGENT])
@pytest.mark.parametrize(("mishap", "effects"), [("lost", 1), ("lost-before", 1)])
async def test_a_lost_answer_is_observed_before_anything_else(
    house: House, mishap, effects, safety
):
    house.safety = safety
    house.use(a_playbook(steps=(a_step(safety=safety),)))
    house.world.mishaps.append(mishap)
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED
    assert len(house.world.effects) == effects


async def test_a_busy_target_is_tried_again_with_patience(house: House):
    house.world.mishaps.extend(["transient", "transient"])
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert run.progress[0].n == 3


async def test_a_refused_change_fails_the_run_and_escalates_once(house: House):
    house.world.mishaps.append("permanent")
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.FAILED
    kinds = [message.kind.value for message in await house.messages()]
    assert kinds.count("failure") == kinds.count("escalation") == 1


@pytest.mark.parametrize(
    ("mishap", "words"),
    [
        ("permanent", "refused. Nothing was changed."),
        ("partial", "1 of 2. Begun, and not done: one."),
    ],
)
async def test_what_was_begun_and_failed_is_not_told_as_if_nothing_had_been_changed(
    house: House, mishap: str, words: str
):
    house.world.mishaps.append(mishap)
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).may_have_changed is (mishap == "partial")
    (failure,) = [m for m in await house.messages() if m.kind.value == "failure"]
    assert failure.text.endswith(words)


async def test_a_world_that_moved_at_the_last_moment_is_planned_again(house: House):
    house.world.mishaps.append("stale")
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.RESOLVED
    assert run.replans == 1


async def test_a_failed_verification_undoes_what_can_be_undone_and_escalates(house: House):
    house.use(a_playbook(failure=FailurePolicy(rollback=True)))
    house.world.default_look = Known.FAILS
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.UNRESOLVED
    assert [value for _, _, value in house.world.effects] == [1, 0]
    failure = next(m for m in await house.messages() if m.kind.value == "failure")
    assert "one: done" in " ".join(failure.lines)


async def test_a_verification_that_cannot_know_is_inconclusive_and_escalates(house: House):
    house.world.default_look = Known.UNKNOWN
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.UNRESOLVED
    assert "inconclusive" in run.reason


@pytest.mark.parametrize("known", [Known.FAILS, Known.UNKNOWN])
async def test_what_is_required_must_be_known_to_hold(house: House, known):
    house.use(a_playbook(guards={"require": RequireSettings(checks=(VERIFY,))}))
    house.world.default_look = known
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert "require" in run.reason
    assert house.world.effects == []


async def test_a_step_that_is_no_longer_needed_is_left_out(house: House):
    steps = (a_step("one"), a_step("two", parameters={"to": 2}, unless_verified=True))
    house.use(a_playbook(steps=steps))
    await house.take_in(an_alert())
    await house.live()

    assert [value for _, _, value in house.world.effects] == [1]
    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_a_failed_step_may_be_passed_over(house: House):
    house.world.mishaps.append("permanent")
    steps = (
        a_step("one", after_failure=AfterFailure.CONTINUE),
        a_step("two", parameters={"to": 2}),
    )
    house.use(a_playbook(steps=steps))
    await house.take_in(an_alert())
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED
    assert [value for _, _, value in house.world.effects] == [2]


async def test_two_alerts_on_one_target_act_one_after_the_other(house: House):
    slow = VerifyOrder(checks=(VERIFY,), after=seconds(60))
    house.use(
        a_playbook(verify=slow, guards={"cooldown": CooldownSettings(rest=seconds(0))}),
    )
    await house.take_in(an_alert("f1"), an_alert("f2", job="other"))
    await house.work()
    holders = {r.phase for r in await house.runs()}
    assert holders == {Phase.VERIFYING, Phase.PLANNING}

    house.world.values.clear()
    await house.live()
    assert {r.outcome for r in await house.runs()} <= {Outcome.RESOLVED, Outcome.UNRESOLVED}


async def test_the_target_rests_after_a_run_that_changed_it(house: House):
    await house.take_in(an_alert("f1"))
    await house.live()
    house.world.values.clear()
    await house.take_in(an_alert("f2", job="other"))
    await house.work()

    second = (await house.runs())[1]
    assert second.phase is Phase.PLANNING
    assert second.not_before is not None
    assert len(house.world.effects) == 1


async def test_the_third_fix_that_did_not_last_opens_the_breaker(house: House):
    free = {
        "cooldown": CooldownSettings(rest=seconds(0)),
        "breaker": BreakerSettings(ineffective=3),
    }
    house.use(a_playbook(guards=free, steps=(a_step(parameters={"to": 1}),)))
    outcomes = []
    for _ in range(4):
        house.world.values.clear()
        await house.take_in(an_alert())
        await house.live()
        outcomes.append((await house.runs())[-1].outcome)
        house.clock.advance(seconds(30))
        await house.take_in(an_alert(firing=False))
        house.clock.advance(seconds(30))

    assert outcomes == [Outcome.RESOLVED] * 3 + [Outcome.BLOCKED]
    assert "breaker" in (await house.runs())[-1].reason


async def test_an_unreachable_world_is_asked_again_and_then_given_up(house: House):
    house.world.broken = True
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.FAILED
    assert "could not be planned" in run.reason


async def test_nothing_changes_on_a_protected_target(house: House):
    house.protected = ("host/web*",)
    await house.take_in(an_alert())
    await house.live()

    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert "protected" in run.reason


async def test_a_storm_of_new_runs_is_not_answered(house: House):
    alerts = [an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(30)]
    await house.take_in(*alerts)
    await house.live()

    outcomes = [run.outcome for run in await house.runs()]
    assert outcomes.count(Outcome.BLOCKED) == 30
    assert [m.kind.value for m in await house.messages()] == ["notice"]


async def test_the_same_word_again_after_a_crash_is_not_answered_again(house: House):
    house.use(a_playbook(guards={"cooldown": CooldownSettings(rest=seconds(0))}))
    await house.take_in(an_alert())
    received = house.clock.now()
    await house.live()
    house.world.values.clear()
    await house.take_in(an_alert(), received_at=received)
    await house.live()
    assert len(await house.runs()) == 1

    house.clock.advance(seconds(1))
    await house.take_in(an_alert())
    await house.live()
    assert len(await house.runs()) == 2


async def test_a_run_that_could_not_even_be_planned_does_not_open_the_breaker(house: House):
    house.use(a_playbook(guards={"breaker": BreakerSettings(failures=1)}))
    house.world.broken = True
    await house.take_in(an_alert("f1"))
    await house.live()
    house.world.broken = False
    await house.take_in(an_alert("f2", job="other"))
    await house.live()

    assert [run.outcome for run in await house.runs()] == [Outcome.FAILED, Outcome.RESOLVED]


async def test_a_storm_of_rehearsals_is_one_notice_too(house: House):
    house.environments = ()
    await house.take_in(*(an_alert(f"f{n}", instance=f"web{n}:9100") for n in range(30)))
    await house.live()

    assert {run.outcome for run in await house.runs()} == {Outcome.BLOCKED}
    assert [m.kind.value for m in await house.messages()] == ["notice"]
