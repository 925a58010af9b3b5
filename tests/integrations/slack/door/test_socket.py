"""The socket stays open, or comes back: when Slack was away, asks to reconnect, goes deaf, or the settings changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.integrations.slack.door.app import SlackApp
from remediator.integrations.slack.door.socket import SocketDoor
from remediator.ports.ambient import system_ambient
from tests.integrations.slack.door.desk import BEN, OPS, Desk, a_desk

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

PING = timedelta(milliseconds=100)


@dataclass(slots=True)
class Socket:
    """A door that runs, and what it said of its state."""

    door: SocketDoor
    states: list[bool] = field(default_factory=list)


@asynccontextmanager
async def a_socket(
    desk: Callable[[], SlackApp | None], deaf_for: timedelta = timedelta(seconds=60)
) -> AsyncIterator[Socket]:
    states: list[bool] = []
    door = SocketDoor(
        app=desk, ambient=system_ambient(), connected=states.append, deaf_for=deaf_for, ping=PING
    )
    before = asyncio.all_tasks()
    running = asyncio.create_task(door.run())
    try:
        yield Socket(door, states)
    finally:
        door.stop()
        began = time.monotonic()
        await running
        assert time.monotonic() - began < 10
        assert not {task for task in asyncio.all_tasks() - before if not task.done()}
        assert states[-1] is False


async def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.02)


async def is_heard(desk: Desk) -> bool:
    """Say whether a command is taken and answered."""
    delivery = await desk.slack.command("/remediator help", BEN)
    return delivery.acknowledged and bool(await delivery.answered())


async def test_it_connects_says_so_and_is_gone_after_stop(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as (desk,):
        async with a_socket(lambda: desk.desk) as socket:
            await desk.slack.connected()
            await until(lambda: socket.states == [True])
            assert await is_heard(desk)
        await desk.slack.connected(0)


async def test_without_an_app_token_it_waits_and_connects_to_nothing(tmp_path: Path) -> None:
    async with a_desk(tmp_path, app_token="") as (desk,), a_socket(lambda: desk.desk) as socket:
        before = socket.door.heartbeat
        await until(lambda: socket.door.heartbeat > before)
        assert desk.slack.requests == ()


async def test_slack_that_is_away_at_the_start_is_found_when_it_is_back(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as (desk,):
        desk.slack.away()
        async with a_socket(lambda: desk.desk) as socket:
            await until(lambda: any(name == "slack_not_connected" for name, _ in desk.logged))
            desk.slack.back()
            await until(lambda: True in socket.states)
            assert await is_heard(desk)


async def test_a_wrong_token_is_said_without_the_token_and_ends_nothing(tmp_path: Path) -> None:
    async with a_desk(tmp_path, app_token="xapp-1-wrong-secret") as (desk,):
        async with a_socket(lambda: desk.desk):
            await until(lambda: bool(desk.logged))
        assert "invalid_auth" in str(desk.logged)
        assert "wrong-secret" not in str(desk.logged)
        assert "wrong-secret" not in repr(desk.context)


async def test_it_reconnects_when_slack_asks_for_it_or_drops_the_line(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as (desk,), a_socket(lambda: desk.desk):
        await desk.slack.connected()
        desk.slack.disconnect("refresh_requested")
        await desk.slack.connected()
        assert await is_heard(desk)

        desk.slack.away()
        desk.slack.back()
        await desk.slack.connected()
        assert await is_heard(desk)


async def test_a_deaf_line_is_replaced(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as (desk,), a_socket(lambda: desk.desk):
        await desk.slack.connected()
        (deaf,) = desk.slack.connections
        desk.slack.deafen()
        await until(lambda: any(c is not deaf for c in desk.slack.connections))
        await until(lambda: deaf not in desk.slack.connections)
        assert await is_heard(desk)


async def test_what_the_sdk_does_not_heal_is_built_anew(tmp_path: Path) -> None:
    async with (
        a_desk(tmp_path) as (desk,),
        a_socket(lambda: desk.desk, deaf_for=timedelta(seconds=1)) as socket,
    ):
        await desk.slack.connected()
        desk.slack.fail("apps.connections.open", status=503, times=None)
        desk.slack.away()
        desk.slack.back()
        await until(lambda: any(name == "slack_deaf" for name, _ in desk.logged))
        assert socket.states[-1] is False
        desk.slack.recover()
        await until(lambda: socket.states[-1])
        assert await is_heard(desk)


def another(desk: Desk | SlackApp, **changes: Any) -> SlackApp:
    """The desk that a reload puts in the place of this one."""
    return SlackApp(replace(desk.context, **changes))


async def test_a_reload_keeps_the_line_and_what_comes_by_it_gets_to_the_new_desk(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as (old,):
        logged: list[str] = []
        new = another(old, log=lambda event_name, **fields: logged.append(event_name), roles={})
        now = [old.desk]
        async with a_socket(lambda: now[0]) as socket:
            await old.slack.connected()
            (line,) = old.slack.connections
            now[0] = new
            heartbeat = socket.door.heartbeat
            while socket.door.heartbeat == heartbeat:  # every click of a second in which it looks
                delivery = await old.slack.command("/remediator pause", OPS)
                assert delivery.acknowledged, delivery.error
                (answer,) = await delivery.answered()
                assert "Nobody in Slack can" in answer.text
            assert old.slack.connections == (line,)
            assert set(logged) == {"slack_refused"}


async def test_other_settings_get_another_socket_and_none_get_none(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as (desk,):
        now: list[SlackApp | None] = [desk.desk]
        async with a_socket(lambda: now[0]) as socket:
            await desk.slack.connected()
            (first,) = desk.slack.connections
            desk.slack.app.app_token = "xapp-1-renewed"
            now[0] = renewed = another(desk, app_token="xapp-1-renewed")
            await until(lambda: [c is first for c in desk.slack.connections] == [False])
            (second,) = desk.slack.connections
            now[0] = another(renewed, api_url=f"{renewed.context.api_url}/")
            await until(lambda: [c is second for c in desk.slack.connections] == [False])
            now[0] = another(renewed, app_token="")
            await until(lambda: desk.slack.connections == () and socket.states[-1] is False)
            now[0] = renewed
            await desk.slack.connected()
            now[0] = None
            await until(lambda: desk.slack.connections == () and socket.states[-1] is False)


async def test_it_stops_at_once_while_slack_lets_it_wait(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as (desk,):
        desk.slack.hang("apps.connections.open")
        async with a_socket(lambda: desk.desk):
            await until(lambda: bool(desk.slack.requests_of("apps.connections.open")))
            assert desk.slack.connections == ()
