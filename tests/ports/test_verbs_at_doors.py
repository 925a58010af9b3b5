"""Every verb, and one that only this test adds, asked for at every door of a real daemon: who may, what they hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from remediator.cli import main
from remediator.cli.interventions import steering
from remediator.core.role import Role
from remediator.core.run import Run
from remediator.engine.control import Control
from remediator.http.auth import Authenticator
from remediator.http.credentials import UserKeys
from remediator.integrations.slack.cards.buttons import action_of
from remediator.integrations.slack.door.http_route import events_route
from remediator.ports.verb import About, Kind, Need, Verb
from remediator.ports.verbs import REJECT, VERBS
from tests.cli.command import FORGET
from tests.http.daemon import Daemon, running
from tests.integrations.slack.door.desk import BEN, OPS, Desk, a_desk, answer_to
from tests.ports.sleeping import LET_SLEEP, DrowsyControl, StubbornControl

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

ADDED = (*VERBS, LET_SLEEP)
BELOW = {Role.APPROVER: Role.VIEWER, Role.OPERATOR: Role.APPROVER}
KEYS = [UserKeys(name=r.name.lower(), role=r, tokens=[f"the-token-of-{r.name}"]) for r in Role]
PROGRAM = click.Group(
    commands={**main.commands, "runs": click.Group("runs", commands=list(steering(ADDED)))}
)


@dataclass(slots=True)
class Doors:
    """The three doors over one store, and a plan that waits."""

    daemon: Daemon
    desk: Desk
    run: Run
    folder: Path

    async def api(self, verb: Verb, role: Role) -> str:
        """Ask the API; return what is refused."""
        headers = {"Authorization": f"Bearer the-token-of-{role.name}"}
        path = f"/api/v1{verb.path_of(self.subject(verb))}"
        more = {} if verb.ends else {"json": {n.key: self.given(n) for n in verb.needs}}
        answer = await self.daemon.ask(
            "DELETE" if verb.ends else "POST", path, headers=headers, **more
        )
        return "" if answer.status < 400 else " ".join(answer.error.values())

    async def command(self, verb: Verb, role: Role) -> str:
        """Type it into a shell; return what is refused."""
        token = self.folder / "token"
        token.write_text(f"the-token-of-{role.name}")
        words = [*self.words(verb), "--url", self.daemon.url, "--token-file", str(token)]
        result = await asyncio.to_thread(CliRunner().invoke, PROGRAM, words, env=FORGET)
        assert result.exit_code in (0, 1), result.output
        return result.stderr

    async def slack(self, verb: Verb, user: str) -> str:
        """Press its button in Slack, or type it where it has none; return what is answered."""
        if verb.about is About.RUN and verb is not REJECT:  # whose button only opens a window
            choice = verb.choice.choices[0] if verb.choice else None
            return await answer_to(self.desk, self.run, action_of(verb, choice), user)
        words = f"{verb.command} {self.subject(verb)} because"
        delivery = await self.desk.slack.command(f"/remediator {words}", user)
        (answer,) = await delivery.answered()
        return answer.text

    def subject(self, verb: Verb) -> str:
        return self.run.id if verb.about is About.RUN else "all"

    def given(self, need: Need) -> Any:
        digest = self.run.approval.digest if self.run.approval else ""
        word = need.choices[0].word if need.choices else "because"
        return {Kind.DIGEST: digest, Kind.SCOPE: "all", Kind.LENGTH: "2h"}.get(need.kind, word)

    def words(self, verb: Verb) -> list[str]:
        if verb.about is About.SCOPE:
            return [verb.command, "all"]
        if verb.decides:
            return [verb.command, self.run.id, "--reason", "because", "--yes"]
        choice = [f"--{verb.choice.choices[0].word}"] if verb.choice else []
        return ["runs", verb.command, self.run.id, *choice]


@asynccontextmanager
async def doors_with(folder: Path, kind: type[Control]) -> AsyncIterator[tuple[Doors, Control]]:
    async with a_desk(folder, verbs=ADDED) as (desk,):
        house = desk.house
        ambient = house.clock.ambient()
        control = kind(
            store=house.store, recorder=house.recorder, ambient=ambient, listener=house.listener
        )
        object.__setattr__(desk.desk.context, "control", control)
        more = {"store": house.store, "ambient": ambient, "control": control, "verbs": ADDED}
        door = events_route(lambda: desk.desk)
        housekeeping = Authenticator(users=KEYS, on_loopback=True)
        async with running(
            folder, doors=(door,), authenticator=lambda: housekeeping, **more
        ) as daemon:
            desk.slack.send_to(f"{daemon.url}/slack/events")
            yield Doors(daemon, desk, await desk.ask_for(), folder), control


async def test_whoever_lacks_the_right_is_refused_at_every_door(tmp_path: Path) -> None:
    async with doors_with(tmp_path, StubbornControl) as (doors, _):
        for verb in ADDED:
            role = BELOW[verb.role]
            needs = f"{role.name.lower()} is {role.name.lower()} and this needs {verb.role.name.lower()}"
            assert needs in await doors.api(verb, role), verb.name
            assert needs in await doors.command(verb, role), verb.name
            said = await doors.slack(verb, BEN)
            assert "so nothing happened" in said and " can" in said, (verb.name, said)


async def test_what_control_refuses_is_said_in_its_words_at_every_door(tmp_path: Path) -> None:
    async with doors_with(tmp_path, StubbornControl) as (doors, _):
        for verb in ADDED:
            for said in (
                await doors.api(verb, verb.role),
                await doors.command(verb, verb.role),
                await doors.slack(verb, OPS),
            ):
                assert "obody does anything today" in said, (verb.name, said)
                assert "omorrow is another day" in said, (verb.name, said)


async def test_a_verb_that_only_this_test_adds_is_done_at_every_door(tmp_path: Path) -> None:
    async with doors_with(tmp_path, DrowsyControl) as (doors, control):
        assert isinstance(control, DrowsyControl)

        assert await doors.api(LET_SLEEP, Role.OPERATOR) == ""
        assert await doors.command(LET_SLEEP, Role.OPERATOR) == ""
        pressed = await doors.slack(LET_SLEEP, OPS)
        typed = await doors.desk.slack.command(f"/remediator let-sleep {doors.run.id} 2h soon", OPS)
        (answer,) = await typed.answered()

        assert "may sleep." in pressed and "may sleep." in answer.text
        two_hours = timedelta(hours=2)
        assert [told[1:] for told in control.slept] == [
            ("api", two_hours, "because"),
            ("cli", None, ""),
            ("slack", None, ""),
            ("slack", two_hours, "soon"),
        ]
