"""A secret in every text that comes from outside: none is stored but where docs/operations.md says so, none is told."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from remediator.app.telemetry_listener import TelemetryListener
from remediator.core.alert import Alert, AlertGroup, Oddity, RefusedAlert
from remediator.core.change import Change, Nothing, Safety
from remediator.core.errors import (
    ActionError,
    DeliveryError,
    InputError,
    InvalidAlert,
    InvalidExpression,
    Partial,
    Permanent,
    Stale,
    Transient,
    Uncertain,
)
from remediator.core.events import Evidence, Measure, Observation
from remediator.core.facts import Answer, Known
from remediator.core.guards.require import RequireSettings
from remediator.core.guards.storm import StormSettings
from remediator.core.masking import Mask
from remediator.core.messages import Message
from remediator.core.order import Order
from remediator.core.person import Person
from remediator.core.playbook import ApprovalPolicy, CheckOrder, Mode, ProbeOrder, VerifyOrder
from remediator.core.scrubber import Scrubber
from remediator.core.selection import Selection
from remediator.engine.courier import Courier
from remediator.engine.explanation import Explanation
from remediator.engine.masked_store import masked_store
from remediator.engine.observer import Executor, Observer
from remediator.engine.run_writer import RunWriter
from remediator.engine.runner import Runner
from remediator.ports.action import Action, Request, Sight, Ticket
from remediator.ports.channel import Channel
from remediator.ports.check import Check
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe
from remediator.telemetry import Telemetry
from remediator.telemetry.log_format import LineFormatter
from remediator.testing.world import (
    SetProposer,
    World,
    WorldParameters,
    world_actions,
)
from tests.bound import reads_of, writes_of
from tests.engine import house as houses
from tests.engine.house import House, a_house, a_playbook, a_step, an_alert
from tests.http.daemon import running

MARK = "Tulip77"
OURS = Mask([r"badge-\w+"])
ANA = Person(name="ana", door="api")


def leak(way: str) -> str:
    """A stranger's words; one of the secrets only the site's own pattern knows."""
    return f"{way}: login failed user=ana password={MARK}-{way} or badge-{MARK}{way}"


class LeakyHost:
    """An action whose host repeats a secret wherever it says anything; the step's id says how it ends."""

    def __init__(self, world: World) -> None:
        self._honest = SetProposer(world)

    async def propose(self, request: Request) -> Change | Nothing:
        if request.step == "refused":
            raise Permanent(leak("propose"))
        if request.step == "nothing":
            return Nothing(reason=leak("nothing"))
        change = await self._honest.propose(request)
        assert isinstance(change, Change)
        return replace(
            change,
            summary=leak("summary"),
            before={"line": leak("before"), "env": [{"DB_PASSWORD": MARK}]},
            after={"argv": ["app", "--password", MARK]},
            undo_hint=leak("hint"),
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        if change.step == "blind":
            raise Transient(leak("observe"))
        measure = Measure(summary=leak("sight"), facts={"stderr": leak("facts")})
        return Sight(observation=Observation.APPLIED, detail=leak("detail"), measure=measure)

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        return None


class LeakyApplier:
    ENDINGS: Mapping[str, type[ActionError]] = {
        "permanent": Permanent,
        "partial": Partial,
        "stale": Stale,
        "doubt": Uncertain,
        "blind": Uncertain,
    }

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        if change.step == "bug":
            raise ZeroDivisionError(leak("bug"))
        if change.step in self.ENDINGS:
            raise self.ENDINGS[change.step](leak(change.step))
        return Measure(summary=leak("measure"), facts={"stdout": leak("stdout"), "token": MARK})


class LeakyLooks:
    """Every check and every probe in one."""

    async def ask(self, question: Any) -> Answer:
        return Answer(known=Known.FAILS, detail=leak("answer"))

    async def probe(self, target: Any, parameters: Any, timeout: Any) -> Evidence:
        key = ("-----BEGIN RSA PRIVATE KEY-----", MARK, "-----END RSA PRIVATE KEY-----")
        lines = (leak("line"), *key)
        return Evidence(probe="leaks", title=leak("title"), lines=lines, problem=leak("problem"))


class LeakyConditions:
    def holds(self, text: str, variables: Mapping[str, Any]) -> bool:
        raise InvalidExpression(leak("condition"))

    def is_quick(self, text: str, variables: Mapping[str, Any]) -> bool:
        return True


class LeakyChannel:
    """Takes what it is told, then says that it could not."""

    def __init__(self) -> None:
        self.told: list[Message] = []

    async def deliver(self, message: Message, receipt: str | None) -> str:
        self.told.append(message)
        raise DeliveryError(leak("delivery"), final=len(self.told) % 2 == 0)


CHECK = CheckOrder(kind="world", parameters={}, text="fine")
VERIFY = VerifyOrder(checks=(CHECK,), after=timedelta(0), within=timedelta(seconds=10))
OUTCOMES = {"failed", "unresolved", "blocked", "dry_run", "cancelled"}
ENDINGS = (*LeakyApplier.ENDINGS, "refused", "nothing", "bug", "done")


def leaky_playbooks() -> list[Any]:
    more: dict[str, Any] = {
        "verify": VERIFY,
        "diagnose": (ProbeOrder(kind="leaks", parameters={}),),
        "guards": {"storm": StormSettings(runs=100)},
    }
    asks = ApprovalPolicy(when="x")
    return [
        *(a_playbook(end, steps=(a_step(end, max_retries=0),), **more) for end in ENDINGS),
        a_playbook("when", steps=(a_step(when="x"),), **more),
        a_playbook("asked", mode=Mode.APPROVE, approval=asks, **more),
        a_playbook("denied", **{**more, "guards": {"require": RequireSettings(checks=(CHECK,))}}),
        a_playbook("rehearsed", mode=Mode.DRY_RUN, **more),
        a_playbook("untold", requires=("absent",)),
        a_playbook("unrendered"),
    ]


class Leaky:
    """A house in which everything leaks, its log and its channel."""

    def __init__(self, house: House) -> None:
        self.house, self.log, self.channel = house, StringIO(), LeakyChannel()
        house.store = masked_store(house.store, lambda: OURS)
        house.recorder = replace_mask(house.recorder)
        house.listener = TelemetryListener(Telemetry())  # type: ignore[assignment]
        house.control = type(house.control)(
            store=house.store,
            recorder=house.recorder,
            ambient=house.clock.ambient(),
            listener=house.listener,
        )
        plain = house.rules
        house.rules = lambda: replace(plain(), mask=OURS)  # type: ignore[method-assign]
        house.runner_over = self.runner  # type: ignore[method-assign]

    def runner(self, store: Any, *, executor: bool = True) -> Runner:
        house, looks = self.house, LeakyLooks()
        (known,) = world_actions(house.world, Safety.RECEIPT).values()
        action: Action = replace(
            known,
            proposer=lambda reads: LeakyHost(house.world),
            applier=lambda reads, writes: LeakyApplier(),
        )
        check = Check(
            name="world",
            doc="",
            shorthand="is",
            example="",
            parameters=WorldParameters,
            checker=lambda reads: looks,
        )
        probe = Probe(
            name="leaks",
            doc="",
            example="",
            targets=("host",),
            parameters=Parameters,
            prober=lambda reads: looks,
        )
        actions = {action.name: action}
        observer = Observer(
            actions=actions,
            checks={"world": check},
            probes={"leaks": probe},
            reads=reads_of(),
            conditions=LeakyConditions(),
            identities=house.identities,
            mask=lambda: OURS,
        )
        ambient = house.clock.ambient()
        run_writer = RunWriter(
            store=store, recorder=house.recorder, ambient=ambient, listener=house.listener
        )
        acting = (
            Executor(actions=actions, reads=reads_of(), writes=writes_of(), mask=lambda: OURS)
            if executor
            else None
        )
        return Runner(
            store=store, run_writer=run_writer, ambient=ambient, observer=observer, executor=acting
        )

    async def deliver(self) -> None:
        kind = Channel(
            name="webhook",
            doc="",
            settings=Anything,
            shorthand="url",
            deliverer=lambda reads, settings: self.channel,
        )
        courier = Courier(
            store=self.house.store,
            ambient=self.house.clock.ambient(),
            channels={"webhook": kind, "console": replace(kind, name="console")},
            reads=reads_of(),
            listener=self.house.listener,
            mask=lambda: OURS,
        )
        for _ in range(200):
            if not await courier.deliver_due():
                return


class Anything(Parameters):
    url: str = ""


def replace_mask(recorder: Any) -> Any:
    return type(recorder)(recorder._routes, lambda: OURS)


@pytest.fixture
async def leaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Leaky]:
    plain = houses.render

    def render(selection: Selection, alert: Alert, source: str) -> Order:
        if selection.playbook.name == "unrendered":
            raise InputError(leak("render"))
        return replace(plain(selection, alert, source), diagnose=selection.playbook.diagnose)

    monkeypatch.setattr(houses, "render", render)
    async with a_house(tmp_path) as house:
        leaky = Leaky(house)
        handler = logging.StreamHandler(leaky.log)
        handler.setFormatter(LineFormatter(Scrubber(()), as_json=True, mask=OURS))
        logger = logging.getLogger("remediator")
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        yield leaky
        logger.removeHandler(handler)
        logger.setLevel(level)


async def lives(leaky: Leaky) -> None:
    """Have each playbook answer an alert of its own; people say things; senders send odd ones."""
    house = leaky.house
    for number, playbook in enumerate(leaky_playbooks()):
        house.use(playbook)
        alert = an_alert(f"f{number}", instance=f"web{number}:9100", url=leak("label"), token=MARK)
        notes = {"summary": leak("annotation"), "token": MARK}
        await house.take_in(replace(alert, annotations=notes))
    for _ in range(8):
        await house.work()
        house.clock.advance(timedelta(minutes=2))
    for run in await house.runs():
        if run.is_open:
            await house.control.cancel(run.id, person=ANA, reason=leak("person"))
    await house.control.pause("all", duration=None, reason=leak("pause"), person=ANA)
    odd = RefusedAlert(
        number=0, oddity=next(iter(Oddity)), reason=leak("odd"), fingerprint="f", name=leak("name")
    )
    notification = await house.post(an_alert("fine"))
    house.groups[notification] = replace(house.groups[notification], refused=(odd,))
    bad = await house.post()

    async def read(notification: Any) -> AlertGroup:
        if notification.id == bad:
            raise InvalidAlert(leak("body"))
        return house.groups[notification.id]

    intake = house.intake(read)
    while await intake.drain():
        pass
    await house.work()
    house.clock.advance(timedelta(hours=25))
    await leaky.deliver()


async def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    engine = create_engine(f"sqlite:///{folder / 'remediator.db'}")
    with engine.connect() as connection:
        names = connection.execute(text("select name from sqlite_master where type = 'table'"))
        return {
            name: [dict(r) for r in connection.execute(text(f"select * from {name}")).mappings()]
            for name in names.scalars().all()
        }


def without_labels(column: str, value: Any) -> str:
    """A stored value as text, without the labels of alerts: they say which alert it is, and stay."""
    if column in ("document", "state", "alert", "message", "labels") and isinstance(value, str):
        with suppress(ValueError):
            value = _bare(json.loads(value))
    return str(value)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if k != "labels"}
    return [_bare(item) for item in value] if isinstance(value, list) else value


async def test_no_secret_of_a_stranger_is_stored_told_logged_or_shown(
    leaky: Leaky, tmp_path: Path
) -> None:
    house = leaky.house
    await lives(leaky)

    tables = await rows(tmp_path)
    assert len(tables["run"]) == len(leaky_playbooks()) - 2
    leaks = {
        f"{table}.{column}: {found[max(0, at - 80) : at + 20]}"
        for table, entries in tables.items()
        for row in entries
        for column, value in row.items()
        for found in [without_labels(column, value)]
        if (at := found.find(MARK)) >= 0
    }
    assert leaks == set()
    assert {run.outcome.value for run in await house.runs() if run.outcome} == OUTCOMES
    assert leaky.channel.told
    assert MARK not in "".join(map(repr, leaky.channel.told))
    assert "bug: login failed" in leaky.log.getvalue()
    assert MARK not in leaky.log.getvalue()

    why = Explanation(store=house.store, rules=house.rules).why
    changes: dict[str, Any] = {"store": house.store, "control": house.control, "why": why}
    async with running(tmp_path, mask=lambda: OURS, **changes) as daemon:
        paths = ["runs?limit=100", "decisions?limit=100", "approvals", "pauses"]
        for run in await house.runs():
            paths += [f"runs/{run.id}", f"runs/{run.id}/events", f"why/{run.id}"]
            paths.append(f"why/{run.order.alert.fingerprint}")
        for path in paths:
            answer = await daemon.get(f"/api/v1/{path}")
            assert answer.status == 200, path
            shown = json.dumps(answer.json)
            assert MARK not in shown, (path, shown[shown.find(MARK) - 200 :][:250])
