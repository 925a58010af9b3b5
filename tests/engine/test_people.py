"""What people do to runs: approve, reject, cancel, take over, pause, settle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.errors import Refused
from remediator.core.events import Outcome, Settlement
from remediator.core.facts import Known
from remediator.core.person import Person
from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.core.run import Phase

from .house import WEB1, House, a_house, a_playbook, a_step, an_alert

ANA = Person(name="ana", door="api")


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


async def approving(house: House, **policy) -> None:
    house.use(a_playbook(mode=Mode.APPROVE, approval=ApprovalPolicy(**policy)))
    await house.take_in(an_alert())
    await house.work()


async def test_a_plan_waits_holds_nothing_and_runs_after_a_yes_to_its_digest(house: House):
    await approving(house)
    waiting = await house.run()
    assert waiting.phase is Phase.AWAITING_APPROVAL
    (hold,) = await house.store.read(lambda reader: reader.holds((WEB1,)))
    assert hold.holder is None
    assert house.world.effects == []

    await house.control.approve(waiting.id, digest=waiting.plan.digest, person=ANA)
    await house.live()

    assert (await house.run()).outcome is Outcome.RESOLVED
    assert len(house.world.effects) == 1


@pytest.mark.parametrize("digits", [0, 1, 7, 8, 12, 32, 63])
async def test_an_approval_binds_the_whole_digest_no_door_takes_a_short_form(
    house: House, digits: int
):
    await approving(house)
    run = await house.run()
    right, wrong = run.plan.digest[:digits], ("0" * 64)[:digits]

    said = set()
    for digest in (right, wrong, run.plan.digest[:digits].upper()):
        with pytest.raises(Refused, match="whole digest, 64 hex digits") as refused:
            await house.control.approve(run.id, digest=digest, person=ANA)
        said.add(str(refused.value))
        with pytest.raises(Refused, match="whole digest, 64 hex digits"):
            await house.control.reject(run.id, digest=digest, person=ANA, reason="no")

    assert len(said) == 1, "a refusal tells nobody how near they were"
    assert (await house.run()).phase is Phase.AWAITING_APPROVAL


async def test_a_refusal_does_not_say_which_digest_would_have_done(house: House):
    await approving(house)
    run = await house.run()

    with pytest.raises(Refused, match="the plan has changed") as refused:
        await house.control.approve(run.id, digest="0" * 64, person=ANA)

    assert run.plan.digest[:8] not in f"{refused.value} {refused.value.hint}"


async def test_a_yes_to_another_digest_is_refused(house: House):
    await approving(house)
    run = await house.run()

    with pytest.raises(Refused, match="the plan has changed"):
        await house.control.approve(run.id, digest="0" * 64, person=ANA)
    assert house.world.effects == []


async def test_a_changed_world_voids_the_approval_and_asks_again(house: House):
    await approving(house)
    run = await house.run()
    house.world.move(WEB1)
    await house.control.approve(run.id, digest=run.plan.digest, person=ANA)
    await house.work()

    asked_again = await house.run()
    assert house.listener.kinds.count("plan_voided") == 1
    assert "intent_committed" not in house.listener.kinds
    assert asked_again.phase is Phase.AWAITING_APPROVAL
    assert asked_again.plan.digest != run.plan.digest
    assert house.world.effects == []
    with pytest.raises(Refused):
        await house.control.approve(run.id, digest=run.plan.digest, person=ANA)


async def test_a_rejection_needs_a_reason_and_ends_the_run(house: House):
    await approving(house)
    run = await house.run()

    with pytest.raises(Refused, match="reason"):
        await house.control.reject(run.id, digest=None, person=ANA, reason=" ")
    await house.control.reject(run.id, digest=None, person=ANA, reason="deploy is mine")
    assert (await house.run()).outcome is Outcome.REJECTED
    with pytest.raises(Refused, match="too late"):
        await house.control.approve(run.id, digest=run.plan.digest, person=ANA)


async def test_an_approval_that_nobody_gives_expires_and_escalates(house: House):
    house.use(
        a_playbook(
            mode=Mode.APPROVE,
            approval=ApprovalPolicy(expires=seconds(600), remind=seconds(200)),
        )
    )
    await house.take_in(an_alert())
    for _ in range(140):
        await house.work()
        house.clock.advance(seconds(5))

    run = await house.run()
    assert run.outcome is Outcome.EXPIRED
    kinds = [message.kind.value for message in await house.messages()]
    assert kinds.count("reminder") == 2
    assert kinds.count("failure") == 1
    assert kinds.count("escalation") == 1


async def test_an_alert_that_resolves_withdraws_its_waiting_plan(house: House):
    await approving(house)
    house.clock.advance(seconds(5))
    await house.take_in(an_alert(firing=False))
    await house.work()

    assert (await house.run()).outcome is Outcome.WITHDRAWN
    assert house.world.effects == []


async def test_two_people_are_needed_where_two_are_asked_for(house: House):
    await approving(house, count=2)
    run = await house.run()
    await house.control.approve(run.id, digest=run.plan.digest, person=ANA)
    with pytest.raises(Refused, match="approved already"):
        await house.control.approve(run.id, digest=run.plan.digest, person=ANA)
    await house.work()
    assert house.world.effects == []

    await house.control.approve(
        run.id, digest=run.plan.digest, person=Person(name="ben", door="api")
    )
    await house.live()
    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_only_the_named_may_approve_and_the_refusal_says_who(house: House):
    await approving(house, users=("ben",))
    run = await house.run()

    with pytest.raises(Refused) as refusal:
        await house.control.approve(run.id, digest=run.plan.digest, person=ANA)
    assert refusal.value.code == "forbidden"
    assert "ben" in refusal.value.hint


async def test_a_step_that_asks_waits_in_an_automatic_run(house: House):
    house.world.looks.extend(
        (Known.FAILS, Known.FAILS)
    )  # when planned, and again before it is applied
    steps = (
        a_step("one"),
        a_step("two", parameters={"to": 2}, unless_verified=True, approval_required=True),
    )
    house.use(a_playbook(steps=steps))
    await house.take_in(an_alert())
    await house.live()
    waiting = await house.run()
    assert waiting.phase is Phase.AWAITING_APPROVAL
    assert [value for _, _, value in house.world.effects] == [1]
    (hold,) = await house.store.read(lambda reader: reader.holds((WEB1,)))
    assert hold.holder is None

    await house.control.approve(waiting.id, digest=waiting.plan.digest, person=ANA)
    await house.live()
    assert [value for _, _, value in house.world.effects] == [1, 2]
    assert (await house.run()).outcome is Outcome.RESOLVED


async def test_a_pause_stops_runs_until_it_is_ended(house: House):
    await house.control.pause("target/host/web1", duration=None, reason="mine", person=ANA)
    await house.take_in(an_alert())
    await house.live()
    run = await house.run()
    assert run.outcome is Outcome.BLOCKED
    assert "ana paused target/host/web1" in run.reason

    assert await house.control.resume("target/host/web1", person=ANA) == 1
    with pytest.raises(Refused):
        await house.control.resume("target/host/web1", person=ANA)


async def test_a_cancelled_run_does_nothing_more(house: House):
    await approving(house)
    run = await house.run()
    await house.control.cancel(run.id, person=ANA)

    assert (await house.run()).outcome is Outcome.CANCELLED
    assert house.world.effects == []


async def test_taking_over_keeps_automation_away_from_the_target(house: House):
    await approving(house)
    run = await house.run()
    await house.control.take_over(run.id, person=ANA)
    await house.take_in(an_alert("f2", job="other"))
    await house.live()

    runs = await house.runs()
    assert [r.outcome for r in runs] == [Outcome.CANCELLED, Outcome.BLOCKED]


async def test_an_outcome_that_nobody_can_observe_waits_for_people(house: House):
    house.world.mishaps.append("lost")
    house.world.blind = True
    await house.take_in(an_alert())
    await house.live(most=seconds(600))
    run = await house.run()
    assert run.open_attempt.state.value == "unknown"
    (hold,) = await house.store.read(lambda reader: reader.holds((WEB1,)))
    assert hold.holder == run.id

    await house.control.settle(run.id, settlement=Settlement.APPLIED, person=ANA)
    await house.live()
    assert (await house.run()).outcome is Outcome.RESOLVED
    assert len(house.world.effects) == 1


async def test_an_unknown_outcome_may_be_abandoned_and_lets_the_target_go(house: House):
    house.world.mishaps.append("lost")
    house.world.blind = True
    await house.take_in(an_alert())
    await house.live(most=seconds(600))
    run = await house.run()

    await house.control.settle(run.id, settlement=Settlement.ABANDON, person=ANA)
    (hold,) = await house.store.read(lambda reader: reader.holds((WEB1,)))
    assert (await house.run()).outcome is Outcome.OUTCOME_UNKNOWN
    assert hold.holder is None
    told = [(message.kind.value, message.to) for message in await house.messages()]
    assert [to for kind, to in told if kind == "unknown"] == ["", "oncall"]
    assert [to for kind, to in told if kind == "failure"] == [""]


async def test_an_outcome_that_stays_unknown_ends_the_run_and_keeps_the_target(house: House):
    house.world.mishaps.append("lost")
    house.world.blind = True
    await house.take_in(an_alert())
    await house.work()
    house.clock.advance(timedelta(hours=25))
    await house.work()

    (hold,) = await house.store.read(lambda reader: reader.holds((WEB1,)))
    run = await house.run()
    assert run.outcome is Outcome.OUTCOME_UNKNOWN
    assert hold.holder == run.id
    await house.control.settle(run.id, settlement=Settlement.NOT_APPLIED, person=ANA)
    (hold,) = await house.store.read(lambda reader: reader.holds((WEB1,)))
    assert hold.holder is None
    await house.messages()
    with pytest.raises(Refused, match="settled already"):
        await house.control.settle(run.id, settlement=Settlement.APPLIED, person=ANA)
    assert list(await house.messages()) == []


async def test_a_pause_and_its_end_are_told_to_everybody_and_a_take_over_only_once(house: House):
    pause = await house.control.pause("all", duration=seconds(60), reason="network", person=ANA)
    await house.control.resume("all", person=Person(name="bo", door="slack"))

    told = await house.messages()
    assert [message.title for message in told] == [
        "Paused: everything",
        "No longer paused: everything",
    ]
    assert told[0].text.startswith("ana paused everything until ")
    assert "network" in told[0].text
    assert told[1].text == "bo ended the pause of everything that ana had set."
    assert {message.thread for message in told} == {pause.id}

    await approving(house)
    run = await house.run()
    await house.control.take_over(run.id, person=ANA)
    assert not [m for m in await house.messages() if "aused" in m.title]


async def test_a_playbook_that_is_not_loaded_cannot_be_paused_by_any_door(house: House):
    house.control._playbooks = lambda: ("disk-space-low",)
    with pytest.raises(Refused, match="there is no playbook 'disk-spce-low'") as refused:
        await house.control.pause("playbook/disk-spce-low", duration=None, reason="x", person=ANA)
    assert refused.value.hint == "Did you mean `disk-space-low`?"
    with pytest.raises(Refused, match="nothing is paused as playbook/disk-spce-low"):
        await house.control.resume("playbook/disk-spce-low", person=ANA)
    await house.control.pause("playbook/disk-space-low", duration=None, reason="x", person=ANA)


async def test_a_clock_that_jumped_back_pauses_everything_until_a_person_has_looked(house: House):
    housekeeping = house.housekeeping()
    await housekeeping.keep()
    house.clock.advance(timedelta(hours=-2))
    await house.housekeeping().keep()
    await house.take_in(an_alert())
    await house.live()
    assert (await house.run()).outcome is Outcome.BLOCKED

    await house.control.resume("all", person=ANA)
    house.clock.advance(seconds(120))
    await house.housekeeping().keep()
    assert await house.store.read(lambda reader: reader.pauses(house.clock.now())) == ()


async def test_whoever_is_called_remediator_does_not_vouch_for_the_clock(house: House):
    twin = Person(name="remediator", door="slack", identities=("U0TWIN",))
    await house.housekeeping().keep()
    await house.control.pause("target/host/web9", duration=None, reason="mine", person=twin)
    house.clock.advance(timedelta(hours=-2))
    await house.control.resume("target/host/web9", person=twin)

    await house.housekeeping().keep()

    (pause,) = await house.store.read(lambda reader: reader.pauses(house.clock.now()))
    assert (pause.scope, pause.reason[:16]) == ("all", "the clock jumped")
