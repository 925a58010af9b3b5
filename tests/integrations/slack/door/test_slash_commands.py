"""`/remediator …`, by either door: short answers, to the one who typed, and nothing that anybody may not do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.core.errors import Refused
from remediator.core.run import Phase
from remediator.integrations.slack.door.command_parser import read_length, read_scope, words_of
from tests.integrations.slack.door.desk import (
    ANA,
    BEN,
    GONE,
    GUEST,
    OPS,
    STRANGER,
    Desk,
    a_desk,
    doors,
)

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

BOOK = ("fix", "disk-space-low")


@pytest.fixture(params=["socket", "http"])
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path) as desks, doors(tmp_path, request.param, desks):
        yield desks[0]


async def typed(desk: Desk, text: str, user: str = OPS) -> str:
    """Type a command and return the answer."""
    delivery = await desk.slack.command(f"/remediator {text}".rstrip(), user)
    assert delivery.acknowledged, delivery.error
    (answer,) = await delivery.answered()
    assert len(answer.text.splitlines()) <= 20
    assert answer.mentions == ()
    return answer.plain.translate(str.maketrans("", "", "*`\u2060"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  status  ", ["status"]),
        ("reject abc A &amp; B &lt;now&gt;", ["reject", "abc", "A", "&", "B", "<now>"]),
        (
            "pause <http://web1.example.com|web1.example.com> 2h",
            ["pause", "web1.example.com", "2h"],
        ),
        ("why <mailto:a@b.c|a@b.c>", ["why", "a@b.c"]),
        ("why <http://x>", ["why", "http://x"]),
        (None, []),
    ],
)
def test_words_are_read_as_they_were_typed(text: str | None, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("all", "all"),
        ("fix", "playbook/fix"),
        ("playbook/fix", "playbook/fix"),
        ("web1", "target/host/web1"),
        ("host/web1", "target/host/web1"),
        ("target/host/web1", "target/host/web1"),
        ("deployment/payments/api", "target/deployment/payments/api"),
        ("namespace/payments", "namespace/payments"),
    ],
)
def test_scopes_are_read_as_people_say_them(text: str, scope: str) -> None:
    assert read_scope(text, BOOK) == scope


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("disk-spce-low", "did you mean disk-space-low"),
        ("playbook/disk-spce-low", "did you mean disk-space-low"),
        ("playbook/nothing-like-it", "a playbook's name"),
        ("--all", "web1"),
        ("../etc", "web1"),
        ("<!channel>", "web1"),
    ],
)
def test_what_is_no_scope_is_refused_with_what_would_be_one(text: str, hint: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_scope(text, BOOK)
    assert hint in refusal.value.hint


@pytest.mark.parametrize(
    ("words", "length", "rest"),
    [
        ((), None, ()),
        (("2h", "deploy"), timedelta(hours=2), ("deploy",)),
        (("deploy", "runs"), None, ("deploy", "runs")),
    ],
)
def test_a_length_is_read_where_one_is_said(
    words: tuple[str, ...], length: timedelta | None, rest: tuple[str, ...]
) -> None:
    assert read_length(words) == (length, rest)


def test_a_length_that_is_none_is_not_taken_for_a_reason() -> None:
    with pytest.raises(Refused, match="not a duration"):
        read_length(("2hours", "deploy"))


async def test_status_runs_and_why_are_for_every_member(desk: Desk) -> None:
    run = await desk.ask_for(groups=("@sre-oncall",))

    assert "Waiting for approval: 1" in await typed(desk, "status", BEN)
    assert run.id[-8:] in await typed(desk, "runs", BEN)
    assert run.id[-8:] in await typed(desk, "runs web1", BEN)
    assert "no run on" in await typed(desk, "runs db1", BEN)
    assert "awaiting" in await typed(desk, f"why {run.id}", BEN)
    assert "fix" in await typed(desk, "why f1", BEN)
    assert "approve RUN" in await typed(desk, "help", BEN)
    assert "approve RUN" in await typed(desk, "", BEN)


@pytest.mark.parametrize("user", [GUEST, STRANGER, GONE])
async def test_outsiders_get_no_answer_but_no(desk: Desk, user: str) -> None:
    texts = ("status", "runs", "why f1", "help", "pause all 1h", "resume all")
    for text in texts:
        assert "Only full members" in await typed(desk, text, user)
    assert [n for n, _ in desk.logged].count("slack_refused") == len(texts)
    assert await _pauses(desk) == ()


async def test_a_typing_error_is_met_with_a_suggestion(desk: Desk) -> None:
    said = (await typed(desk, "staus")).lower()
    assert said.endswith("did you mean /remediator status?")
    assert "/remediator help" in await typed(desk, "xyzzy")


async def test_approving_by_command_shows_the_plan_first(desk: Desk) -> None:
    run = await desk.ask_for(groups=("@sre-oncall",))

    command = await desk.slack.command(f"/remediator approve {run.id[-6:]}", ANA)
    async with asyncio.timeout(60):
        while not desk.slack.views:
            await asyncio.sleep(0.005)
    assert (await desk.house.run()).approval.approvers == ()
    (view,) = desk.slack.views
    await desk.slack.submit(view, {})

    assert "You approved" in (await command.answered())[0].text
    assert (await desk.house.run()).approval.approvers == ("ana",)


async def test_rejecting_by_command_needs_the_right_and_a_reason(desk: Desk) -> None:
    run = await desk.ask_for(groups=("@sre-oncall",))

    assert "reject RUN REASON" in await typed(desk, f"reject {run.id}", ANA)
    assert "so nothing happened" in await typed(desk, f"reject {run.id} no", BEN)
    assert len(await desk.refusals()) == 1
    assert (await desk.house.run()).phase is Phase.AWAITING_APPROVAL
    assert "You rejected" in await typed(desk, f"reject {run.id[-6:]} payload is mine", ANA)
    assert "payload is mine" in (await desk.house.run()).reason


async def test_a_run_that_is_not_there_is_not_found(desk: Desk) -> None:
    for text in ("1", "zzzzzz", "run_0", "'; drop", "x" * 500):
        assert "changed nothing" in await typed(desk, f"reject {text} no", ANA)


async def test_operators_pause_and_resume_and_nobody_else(desk: Desk) -> None:
    assert "role of an operator" in await typed(desk, "pause web1 2h", ANA)
    assert "Paused target/host/web1" in await typed(desk, "pause web1 2h <!channel> *deploy*", OPS)
    (pause,) = await _pauses(desk)
    assert (pause.scope, pause.who) == ("target/host/web1", "ops")
    assert pause.until - pause.since == timedelta(hours=2)
    assert "target/host/web1 by ops" in await typed(desk, "status", BEN)
    assert "role of an operator" in await typed(desk, "resume web1", ANA)
    assert "no longer paused" in await typed(desk, "resume web1", OPS)
    assert "nothing is paused" in (await typed(desk, "resume web1", OPS)).lower()
    assert await _pauses(desk) == ()


async def test_a_pause_lasts_an_hour_unless_said(desk: Desk) -> None:
    await typed(desk, "pause web1 deploy runs", OPS)

    (pause,) = await _pauses(desk)
    assert (pause.until - pause.since, pause.reason) == (timedelta(hours=1), "deploy runs")


async def test_a_person_steps_in_by_typing_as_by_the_buttons(desk: Desk) -> None:
    run = await desk.ask_for(groups=("@sre-oncall",))

    assert "settle RUN applied|not_applied|abandon" in await typed(desk, f"settle {run.id}", OPS)
    assert "is none of applied" in await typed(desk, f"settle {run.id} perhaps", OPS)
    assert "it takes no settled" in await typed(desk, f"settle {run.id} not-applied", OPS)
    assert "for those who may decide" in await typed(desk, f"take-over {run.id}", BEN)
    assert "is yours" in await typed(desk, f"take-over {run.id[-6:]} moving the data", OPS)
    (pause,) = await _pauses(desk)
    assert (pause.scope, pause.reason) == ("target/host/web1", "moving the data")
    assert (await desk.house.run()).taken_over


async def test_a_run_is_cancelled_by_typing(desk: Desk) -> None:
    run = await desk.ask_for(groups=("@sre-oncall",))

    assert "stops as soon as" in await typed(desk, f"cancel {run.id} by hand", ANA)
    cancelled_by = (await desk.house.run()).cancelled_by
    assert cancelled_by is not None and cancelled_by.name == "ana"


async def _pauses(desk: Desk) -> tuple:
    now = desk.house.clock.now()
    return await desk.house.store.read(lambda reader: reader.pauses(now))


async def test_a_failure_of_ours_is_told_and_logged_and_the_next_command_works(
    tmp_path: Path,
) -> None:
    async def why(subject: str) -> Mapping[str, Any]:
        raise RuntimeError(f"a bug about {subject}")

    async with a_desk(tmp_path, why=why) as (desk,), doors(tmp_path, "socket", [desk]):
        assert "Something went wrong" in await typed(desk, "why f1", BEN)
        assert [name for name, _ in desk.logged if name == "slack_failed"] == ["slack_failed"]
        assert "approve RUN" in await typed(desk, "help", BEN)


async def test_hostile_texts_come_back_as_nothing_but_texts(desk: Desk) -> None:
    for text in ("<!channel> &amp; *x*", "`<@U0ANA>`", "runs <!here>", "why _<https://evil>_"):
        delivery = await desk.slack.command(f"/remediator {text}", BEN)
        (answer,) = await delivery.answered()
        assert answer.mentions == ()
        assert "evil>" not in answer.text


async def test_what_bolt_mutes_is_never_our_own_log(tmp_path: Path) -> None:
    ours = logging.getLogger("remediator")
    before = (ours.level, ours.disabled, ours.propagate)

    async with a_desk(tmp_path) as (desk,):
        await desk.desk.app()

    assert (ours.level, ours.disabled, ours.propagate) == before
    assert ours.isEnabledFor(logging.WARNING)
