"""Where a life takes place, and the parts of the protocol that a control switches off."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from remediator.core import effects as do
from remediator.core.events import Stage
from remediator.core.playbook import Mode
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import NO_OBJECTION, Judgement, Ruling, Verdict
from tests.simulation.law import Law
from tests.simulation.recorder import Recorder, Row
from tests.simulation.world import World

Turn = Generator[None, None, do.Effect]

RULINGS = (Ruling.ALLOW, Ruling.ASK, Ruling.DEFER, Ruling.DENY)
CALM = (97, 1, 1, 1)
# how guards speak to a run before it has begun, and after: the last three turn stubborn then
TEMPERS = (
    (CALM, CALM),
    (CALM, (50, 20, 10, 20)),
    ((30, 60, 8, 2), (60, 30, 8, 2)),
    ((50, 10, 39, 1), (50, 10, 39, 1)),
    (CALM, (20, 80, 0, 0)),
    (CALM, (20, 0, 80, 0)),
    (CALM, (20, 0, 0, 80)),
)
Temper = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Parts of the protocol that a control switches off, to show that the law would notice."""

    looks_first: bool = True
    heeds_guards: bool = True
    compares_digest: bool = True
    takes_holds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a life takes place."""

    dice: Random
    world: World
    recorder: Recorder
    law: Law
    rules: Rules
    tempers: Mapping[str, Temper]


@dataclass(slots=True)
class Worker:
    """One claim of one run. `gate` is the honest time at which it committed its last intent."""

    row: Row
    fence: int
    gate: int = 0
    turn: Turn | None = None


def judge(site: Site, run: Run, stage: Stage, target: Target | None) -> Judgement:
    """Let the guards speak at random, as moody as this run's temper; the rule of one run per target is real."""
    ruling = site.dice.choices(RULINGS, site.tempers[run.id][run.has_acted])[0]
    if run.order.mode is Mode.APPROVE and run.plan:
        ruling = max(ruling, Ruling.ASK)
    others = target and site.recorder.holders.get(target, run.id) != run.id
    if others and site.rules.takes_holds:
        ruling = max(ruling, Ruling.DEFER)
    judgement = NO_OBJECTION
    if ruling is not Ruling.ALLOW:
        later = timedelta(seconds=site.dice.choice((0, 5, 600, 7200)))
        until = site.world.now + later if ruling is Ruling.DEFER and later else None
        verdict = Verdict(guard="moody", ruling=ruling, reason="says so", until=until)
        judgement = Judgement(verdicts=(verdict,))
    if stage is Stage.GATE:
        site.law.asked(run.id, judgement)
    return judgement
