"""A run that lives through events while telemetry watches; for the tests of this folder."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from remediator.core import events as ev
from remediator.core.events import Measure, Outcome, Stage
from remediator.core.evolution import admit, evolve
from remediator.core.playbook import CheckOrder, VerifyOrder
from remediator.core.run import Run
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.integrations.slack.integration import INTEGRATION as SLACK
from remediator.telemetry import Telemetry
from remediator.testing.builders import MOMENT, a_change, a_plan, an_order

SIGNS = {SLACK.name: SLACK.door_signs}
SECOND = timedelta(seconds=1)
SAMPLE = re.compile(r"^remediator_(\w+?)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LOOK = VerifyOrder(checks=(CheckOrder(kind="promql", parameters={}, text="up"),))


class Story:
    """A run that lives through events one second apart, with telemetry watching."""

    def __init__(self, *, heard: timedelta = timedelta(0), **order: Any) -> None:
        self.telemetry = Telemetry(SIGNS)
        self.at = MOMENT
        self.order = an_order(verify=LOOK, **order)
        first = ev.Admitted(
            order=self.order, episode="eps_1", ordinal=1, deadline=MOMENT + timedelta(hours=1)
        )
        self.run: Run = admit("run_1", first, MOMENT)
        self.telemetry.observe_event(self.run, first, None, MOMENT, MOMENT - heard)

    def tell(self, *events: ev.Event, after: timedelta = SECOND) -> "Story":
        for event in events:
            self.at += after
            before, self.run = self.run, evolve(self.run, event, self.at)
            self.telemetry.observe_event(self.run, event, before, self.at)
        return self

    def planned(self) -> "Story":
        change = a_change()
        digest = a_plan(change).digest
        return self.tell(
            judged(Ruling.ALLOW, Stage.BEFORE_PLANNING),
            ev.Proposed(step="vacuum", change=change),
            ev.Planned(digest=digest),
        )

    def acting(self) -> "Story":
        return self.planned().tell(judged(Ruling.ALLOW, Stage.PLANNED))

    def asking(self) -> "Story":
        digest = a_plan(a_change()).digest
        asked = ev.ApprovalRequested(approval="apr_1", digest=digest, reasons=("risk",))
        return self.planned().tell(judged(Ruling.ASK, Stage.PLANNED), asked)

    def intended(self, n: int = 1) -> "Story":
        return self.tell(
            ev.IntentCommitted(
                step="vacuum",
                n=n,
                token="t0ken-of-the-attempt",
                fence=1,
                target_fence=1,
                not_after=self.at + timedelta(minutes=5),
            )
        )

    def verifying(self) -> "Story":
        self.acting().intended().tell(applied(), ev.VerificationStarted())
        return self

    def shows(self, name: str, **labels: str) -> float:
        return shown(self.telemetry).get((name, tuple(sorted(labels.items()))), 0)


def judged(ruling: Ruling, stage: Stage) -> ev.Judged:
    verdict = Verdict(guard="cooldown", ruling=ruling, reason="web1 rests")
    return ev.Judged(stage=stage, judgement=Judgement(verdicts=(verdict,)))


def applied(step: str = "vacuum", **measure: Any) -> ev.Applied:
    return ev.Applied(step=step, measure=Measure(**measure))


def shown(telemetry: Telemetry) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = telemetry.render()[0].decode()
    found = {}
    for name, labels, value in SAMPLE.findall(text):
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)
        found[name, tuple(sorted(pairs))] = float(value)
    return found


def closed(outcome: Outcome) -> ev.Closed:
    return ev.Closed(outcome=outcome, reason="because")
