"""An alert that a playbook matches and that gets no run: people are told, once an hour for all of a kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from remediator.core.alert import Alert
from remediator.core.errors import InputError, InvalidTarget
from remediator.core.matcher import parse_matcher
from remediator.core.messages import MessageKind
from remediator.core.order import Order
from remediator.core.playbook import Escalation, FailurePolicy, Mode, OnBlocked
from remediator.core.selection import Selection
from remediator.engine.explanation import Explanation
from remediator.ports.store import Listing
from tests.engine import house as houses
from tests.engine.house import House, a_house, a_playbook, an_alert

NOTICE, ESCALATION = MessageKind.NOTICE, MessageKind.ESCALATION
HOUR = timedelta(hours=1)


@pytest.fixture
async def house(tmp_path, monkeypatch):
    def render(selection: Selection, alert: Alert, source: str) -> Order:
        host = alert.labels["instance"]
        if host.startswith("stranger"):
            raise InvalidTarget(f"{host!r} is not allowed by `hosts.allow`")
        if host.startswith("odd"):
            raise InputError("step one: to: Input should be a valid integer")
        return plain(selection, alert, source)

    plain = houses.render
    monkeypatch.setattr(houses, "render", render)
    async with a_house(tmp_path) as house:
        yield house


def a_stranger(number: int = 1, **labels: str) -> Alert:
    return an_alert(f"f{number}", instance=f"stranger{number}", **labels)


def answering(severity: str, **more: Any) -> Any:
    failure = FailurePolicy(
        escalations=(Escalation(to="oncall", after=timedelta(minutes=5)),),
        on_blocked=more.pop("on_blocked", None),
    )
    return a_playbook(severity=severity, failure=failure, **more)


def by_label(playbook: Any, alert: Alert) -> str:
    return alert.labels["severity"]


async def told(house: House) -> list[MessageKind]:
    return [message.kind for message in await house.messages()]


async def test_a_host_outside_allow_is_told_with_what_to_do(house: House):
    await house.take_in(a_stranger(mountpoint="/var"))

    (message,) = await house.messages()
    assert message.title == "No run for Sick"
    assert message.text == (
        "Sick got no run, though playbook fix matches: "
        "'stranger1' is not allowed by `hosts.allow`. Nothing was changed."
    )
    assert "mountpoint=/var" in message.lines
    assert message.facts["ask"] == "remediator why f1"
    assert message.facts["alerts in the last hour"] == "1"
    assert await house.runs() == []


async def test_fifty_are_one_message_and_an_hour_later_there_is_one_more(house: House):
    alerts = [a_stranger(number) for number in range(50)]
    for _ in range(2):
        await house.take_in(*alerts)
        (message,) = await house.messages()
        assert message.facts["alerts in the last hour"] == "50"
        house.clock.advance(HOUR)


async def test_those_of_other_notifications_are_counted_by_the_next_message(house: House):
    house.clock.advance(HOUR / 2)
    for number in (0, 1, 1, 2, 3):
        await house.take_in(a_stranger(number))
    assert await told(house) == [NOTICE]
    house.clock.advance(HOUR / 2)
    await house.take_in(a_stranger(4))

    (message,) = await house.messages()
    assert message.facts["alerts in the last hour"] == "5"


@pytest.mark.parametrize(
    ("playbook", "kinds"),
    [
        (answering("SEV-1"), [NOTICE, ESCALATION]),
        (answering("SEV-2"), [NOTICE, ESCALATION]),
        (answering("SEV-3"), [NOTICE]),
        (answering(""), [NOTICE]),
        (answering("SEV-4"), []),
        (answering("SEV-4", on_blocked=OnBlocked.TELL), [NOTICE]),
        (answering("SEV-1", on_blocked=OnBlocked.SILENT), []),
        (answering("SEV-4", on_blocked=OnBlocked.ESCALATE), [NOTICE, ESCALATION]),
        (answering("SEV-1", mode=Mode.DRY_RUN), [NOTICE]),
        (answering("SEV-1", mode=Mode.OFF), []),
    ],
)
async def test_who_hears_of_it_is_the_playbooks_word_and_else_the_severity(
    house: House, playbook, kinds
):
    house.use(playbook)

    await house.take_in(a_stranger())

    assert await told(house) == kinds


async def test_a_playbook_that_does_not_match_tells_nobody(house: House):
    await house.take_in(a_stranger(alertname="Other"))

    assert await told(house) == []


async def test_every_kind_of_refusal_is_told_by_itself_and_stands_in_its_decision(house: House):
    house.use(a_playbook(requires=("volume",), target_labels=("instance",)))
    await house.take_in(
        an_alert("label"),
        an_alert("scraper", volume="v", exported_instance="db1"),
        an_alert("target", volume="v", instance="stranger"),
        an_alert("order", volume="v", instance="odd"),
    )

    assert sorted(m.body["refusal"] for m in await house.messages()) == [
        "label",
        "order",
        "scraper",
        "target",
    ]
    page = await house.store.read(lambda reader: reader.decisions(Listing(limit=9)))
    assert all(item.by == item.fingerprint for item in page.items)


async def test_a_worse_alert_of_the_same_hour_calls_people_all_the_same(house: House):
    house.use(a_playbook())
    plain = house.rules
    house.rules = lambda: replace(plain(), severity=by_label)  # type: ignore[method-assign]
    await house.take_in(a_stranger(1, severity="SEV-3"))
    await house.take_in(a_stranger(2, severity="SEV-1"))
    await house.take_in(a_stranger(3, severity="SEV-1"))

    assert await told(house) == [NOTICE, ESCALATION]


async def test_a_daemon_that_died_in_a_large_group_tells_nothing_twice(house: House):
    alerts = [a_stranger(number) for number in range(3)]
    await house.post(*alerts)
    intake = house.intake()
    (waiting,) = await house.store.read(lambda r: r.waiting_notifications(5, 1 << 20))
    item = await intake._read(waiting)
    assert item is not None
    await house.store.submit(lambda tx: intake._admit_part(item, alerts[:2], tx))  # … and it died
    house.clock.advance(timedelta(hours=1))

    await house.intake().drain()

    messages = await house.messages()
    assert [m.facts["ask"] for m in messages] == ["remediator why f0", "remediator why f2"]


async def test_a_secret_in_a_label_is_masked(house: House):
    await house.take_in(a_stranger(token="ghp_0123456789abcdefghij0123456789abcdef"))

    (message,) = await house.messages()
    assert "ghp_" not in repr(message)
    assert "token=***" in message.lines


async def test_the_playbooks_own_channel_gets_it(house: House):
    house.use(a_playbook(notify=({"webhook": {"url": "http://team"}},)))
    await house.take_in(a_stranger())

    due = await house.store.submit(
        lambda tx: tx.claim_deliveries(
            owner="c", lease=houses.LEASE, limit=9, now=house.clock.now()
        )
    )
    assert [delivery.channel for delivery in due] == ['{"webhook":{"url":"http://team"}}']


async def test_an_alert_that_no_playbook_matches_has_a_decision_and_why_names_the_nearest(
    house: House,
) -> None:
    house.use(
        a_playbook("sick-host", match=((parse_matcher("alertname=Sick"), parse_matcher("env=x")),)),
        a_playbook("disk", match=((parse_matcher("alertname=Disk"),),)),
    )
    await house.take_in(an_alert("f1"))
    await house.take_in(an_alert("f2", alertname="Nothing"))
    explanation = Explanation(store=house.store, rules=house.rules)

    near, far = await explanation.why("f1"), await explanation.why("f2")

    assert {d["decision"] for d in near["decisions"]} == {"no_playbook", "not_matched"}
    assert [d["decision"] for d in far["decisions"]] == ["no_playbook"]
    assert near["others"] == [
        {
            "playbook": "sick-host",
            "decision": "not_matched",
            "reason": 'env="x": the label is absent',
        }
    ]
    assert far["others"] == []
    assert await told(house) == []


async def test_a_source_that_may_not_set_a_playbook_off_is_not_told_that_none_matches(
    house: House,
) -> None:
    house.use(a_playbook(mode=Mode.OFF))
    await house.take_in(an_alert("f1"))
    decisions = await house.store.read(lambda reader: reader.decisions(Listing(limit=9)))
    assert [d.decision for d in decisions.items] == ["off"]
