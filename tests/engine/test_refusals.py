"""Every refusal is written down: in the journal of an open run, among the decisions about a closed one."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta

import pytest

from remediator.core import events as ev
from remediator.core.errors import Refused, StoreUnavailable
from remediator.core.events import Outcome, Settlement
from remediator.core.person import Person
from remediator.core.playbook import ApprovalPolicy, Mode
from remediator.core.run import Run
from remediator.ports.store import Listing

from .house import WEB1, House, a_house, a_playbook, an_alert

ANA = Person(name="Ana", door="slack", identities=("U1", "ana@example.com"))
ANA_ON_THE_WEB = Person(name="ana", door="web", identities=("ana@example.com",))
NAMESAKE = Person(name="Ana", door="slack", identities=("U9",))


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


async def asking(house: House, **policy) -> Run:
    house.use(a_playbook(mode=Mode.APPROVE, approval=ApprovalPolicy(**policy)))
    await house.take_in(an_alert())
    await house.work()
    return await house.run()


async def refusals(house: House, run: Run) -> list[tuple[str, str, str]]:
    entries = await house.store.read(lambda reader: reader.events(run.id))
    return [
        (e.event.person.name, e.event.verb, e.event.reason)
        for e in entries
        if isinstance(e.event, ev.AnswerRefused)
    ]


async def said(house: House, run: Run, decision: str) -> list[tuple[str, str]]:
    page = await house.store.read(lambda reader: reader.decisions(Listing(limit=50)))
    mine = (item for item in page.items if item.run_id == run.id and item.decision == decision)
    return [(item.by, item.reason) for item in mine]


async def test_a_no_stands_in_the_journal_and_changes_nothing(house: House):
    run = await asking(house, users=("U2",))

    with pytest.raises(Refused):
        await house.control.approve(run.id, digest=run.plan.digest, person=ANA)

    assert await refusals(house, run) == [
        ("Ana", "approve", "Ana may not decide about this plan"),
    ]
    now = await house.run()
    assert (now.phase, now.approval) == (run.phase, run.approval)
    assert "answer_refused" in house.listener.kinds


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("approve", lambda c, run: c.approve(run.id, digest="0" * 8, person=ANA)),
        ("reject", lambda c, run: c.reject(run.id, digest="0" * 8, person=ANA, reason="no")),
        (
            "settle",
            lambda c, run: c.settle(run.id, settlement=Settlement.APPLIED, person=ANA),
        ),
    ],
)
async def test_every_verb_writes_its_refusal_down(house: House, verb: str, answer):
    run = await asking(house)

    with pytest.raises(Refused):
        await answer(house.control, run)

    ((who, what, why),) = await refusals(house, run)
    assert (who, what) == ("Ana", verb)
    assert why


async def test_a_click_that_comes_too_late_stands_among_the_decisions(house: House):
    run = await asking(house)
    await house.control.reject(run.id, digest=None, person=ANA, reason="mine")

    with pytest.raises(Refused, match="too late"):
        await house.control.approve(run.id, digest=run.plan.digest, person=NAMESAKE)

    ((by, reason),) = await said(house, run, "refused")
    assert by == "Ana"
    assert reason.startswith("approve: too late")
    assert (await house.run()).outcome is Outcome.REJECTED


async def test_a_door_that_refuses_has_it_written_down(house: House):
    run = await asking(house)

    await house.control.refuse(run.id, verb="approve", person=ANA, reason="a guest")
    await house.control.refuse("run_none", verb="approve", person=ANA, reason="a guest")

    assert await refusals(house, run) == [("Ana", "approve", "a guest")]


async def test_a_refusal_that_cannot_be_stored_is_a_refusal_all_the_same(house: House):
    run = await asking(house, users=("U2",))
    submit, asked = house.store.submit, []

    async def away(closure):
        if asked:
            raise StoreUnavailable("the disk is full")
        asked.append(closure)
        return await submit(closure)

    house.store.submit = away  # type: ignore[method-assign]
    with pytest.raises(Refused, match="may not decide"):
        await house.control.approve(run.id, digest=run.plan.digest, person=ANA)

    assert (
        "control",
        "a refusal is not in the journal: the disk is full",
    ) in house.listener.problems


async def test_one_human_by_two_doors_is_one_of_two(house: House):
    run = await asking(house, count=2)
    digest = run.plan.digest
    await house.control.approve(run.id, digest=digest, person=ANA)

    with pytest.raises(Refused, match="approved already"):
        await house.control.approve(run.id, digest=digest, person=ANA_ON_THE_WEB)
    assert not (await house.run()).is_approved

    await house.control.approve(run.id, digest=digest, person=NAMESAKE)
    assert (await house.run()).is_approved


async def test_two_who_are_called_the_same_are_still_two(house: House):
    run = await asking(house, users=("U1", "U9"), count=2)

    for person in (ANA, NAMESAKE):
        await house.control.approve(run.id, digest=run.plan.digest, person=person)

    assert (await house.run()).approval.approvers == ("Ana", "Ana")


async def test_taking_over_a_run_that_has_ended_calls_nobody_any_more(house: House):
    run = await asking(house, expires=timedelta(minutes=1))
    house.clock.advance(timedelta(minutes=2))
    await house.work()
    assert (await house.run()).outcome is Outcome.EXPIRED

    await house.control.take_over(run.id, person=ANA)

    kinds = [message.kind.value for message in await house.messages()]
    assert "escalation" not in kinds
    assert kinds[-1] == "progress"
    assert await said(house, run, "taken over") == [("Ana", "until 05:02 UTC")]
    (pause,) = await house.store.read(lambda reader: reader.pauses(house.clock.now()))
    assert (pause.scope, pause.who) == (f"target/{WEB1}", "Ana")


async def test_the_second_group_may_answer_once_it_was_called(house: House):
    lead = Person(name="cy", door="slack", groups=("@leads",), identities=("U3",))
    run = await asking(
        house,
        groups=("@sre",),
        escalate_after=timedelta(minutes=10),
        escalate_to="@leads",
    )
    with pytest.raises(Refused) as refusal:
        await house.control.approve(run.id, digest=run.plan.digest, person=lead)
    assert refusal.value.hint == "@sre can"

    house.clock.advance(timedelta(minutes=11))
    await house.work()
    await house.control.approve(run.id, digest=run.plan.digest, person=lead)

    assert (await house.run()).is_approved


async def refusal_of(asked: Awaitable[object]) -> tuple[str, str, str]:
    with pytest.raises(Refused) as refused:
        await asked
    return refused.value.code, str(refused.value), refused.value.hint


async def test_every_refusal_says_which_kind_it_is_what_is_wrong_and_what_helps(house: House):
    run = await asking(house)
    control, again = house.control, "look at the plan again before you decide"
    short = "a plan is named by its whole digest, 64 hex digits"
    scopes = "all, playbook/NAME, target/KIND/NAME or namespace/NAME"

    def yes(run_id: str, digest: str) -> Awaitable[Run]:
        return control.approve(run_id, digest=digest, person=ANA)

    table = [
        (yes("run_x", "0" * 64), "not_found", "there is no run run_x", "remediator runs list"),
        (yes(run.id, "abc"), "conflict", short, again),
        (yes(run.id, "0" * 64), "conflict", "the plan has changed: this is not its digest", again),
        (
            control.resume("all", person=ANA),
            *("not_found", "nothing is paused as all", "remediator pause list"),
        ),
        (
            control.pause("some", duration=None, reason="", person=ANA),
            *("conflict", "'some' is not something to pause", scopes),
        ),
    ]
    for asked, *expected in table:
        assert list(await refusal_of(asked)) == expected

    await yes(run.id, run.plan.digest)
    late = await refusal_of(yes(run.id, run.plan.digest))
    assert late == ("conflict", "already approved by Ana", f"remediator runs show {run.id}")
