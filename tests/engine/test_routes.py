"""Where messages go when the name that they are for is nobody's."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from remediator.core.messages import Message, MessageKind
from remediator.engine.recorder import Routes

CHAT, OWN, PAGER = {"chat": {"to": "#all"}}, {"chat": {"to": "#own"}}, {"webhook": {"url": "x"}}


def call(to: str) -> Message:
    return Message(
        kind=MessageKind.ESCALATION,
        deduplication="d",
        run_id="run_1",
        thread="t",
        title="Help",
        text="Help",
        to=to,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("to", "told"), [("oncall", [PAGER]), ("nobody", [OWN, CHAT]), ("@nobody", [OWN, CHAT])]
)
def test_an_escalation_to_a_name_that_is_no_contact_reaches_those_who_are_told_of_the_run(
    to: str, told: list[object]
) -> None:
    routes = Routes(always=(CHAT,), contacts={"oncall": (PAGER,)})

    assert [json.loads(c) for c in routes.channels(call(to), (OWN,))] == told


def test_where_nobody_is_set_at_all_the_console_is_told() -> None:
    assert [json.loads(c) for c in Routes().channels(call("nobody"))] == [{"console": {}}]
