"""What must hold of the whole engine: the laws of the core over what is really committed, and laws of its own.

It reads the journal as it is written, keeps its own books (pauses, rests, fences, what was last said of an alert), and
never asks the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core.change import ActionEffect, Safety
from remediator.core.evolution import admit, evolve
from remediator.core.facts import Pause
from remediator.core.playbook import Mode
from remediator.core.run import Phase, Run
from remediator.core.target import Target
from remediator.core.verdict import NO_OBJECTION
from remediator.ports.action import Ticket
from remediator.ports.check import Question
from tests.simulation.dossier import Dossier
from tests.simulation.law import Law

GATE_TO_APPLY = 10.0
ENDED = (Phase.CLOSED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One committed intent: what was promised to whom, and at which honest second."""

    run_id: str
    step: str
    fence: int
    target_fence: int
    not_after: datetime
    timeout: timedelta
    at: float
    lies: int


class EngineLaw(Law):
    """The judge of one engine's life. `lies` counts how often a wall clock has jumped, `fence_of` asks the store."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, Run] = {}
        self.attempts: dict[str, Attempt] = {}
        self.intended: dict[str, set[Target]] = {}
        self.pauses: dict[str, Pause] = {}
        self.rested: dict[Target, datetime] = {}
        self.fences: dict[Target, int] = {}
        self.seen: dict[str, datetime] = {}
        self.lies = 0
        self.spoken_at = 0.0
        self.fence_of: Callable[[str], int] = lambda run_id: 0

    def journal(self, run_id: str, at: datetime, events: tuple[ev.Event, ...]) -> None:
        """Judge what was just committed."""
        for event in events:
            if isinstance(event, ev.Admitted):
                self.runs[run_id] = admit(run_id, event, at)
                self.admitted(self.runs[run_id], event, at)
                continue
            before = self.runs[run_id]
            after = self.runs[run_id] = evolve(before, event, at)
            self.happened(before, event, after, at)
            if isinstance(event, ev.Closed):
                self._rests(after, at)

    def applying_by(self, ticket: Ticket) -> None:
        """Judge a call of apply: at once after its gate, with the attempt's own fence and time."""
        attempt = self.attempts[ticket.token]
        late = asyncio.get_running_loop().time() - attempt.at
        self._must(late <= GATE_TO_APPLY, f"a change is made at once after its gate, not {late} s")
        self._must(
            (ticket.fence, ticket.not_after, ticket.timeout)
            == (attempt.target_fence, attempt.not_after, attempt.timeout),
            f"a ticket is the attempt's own: {ticket}",
        )
        current = self.fence_of(attempt.run_id) == attempt.fence
        self.applying(self.runs[attempt.run_id], attempt.step, current=current)

    def observing(self, ticket: Ticket, safety: Safety, *, flying: bool) -> None:
        """Judge a look: whoever cannot spend the token waits until the command is surely over."""
        attempt = self.attempts[ticket.token]
        honest = attempt.lies == self.lies
        early = flying and safety is not Safety.RECEIPT and honest
        self._must(not early, "a doubt is observed only when the command is surely over")
        self.observed(attempt.run_id, attempt.step)

    def spoken_of(self, fingerprint: str, at: datetime) -> None:
        """Remember the last word about an alert that was taken in."""
        self.seen[fingerprint] = max(at, self.seen.get(fingerprint, at))
        self.spoken_at = asyncio.get_running_loop().time()

    def asking(self, question: Question) -> None:
        """Judge what a check is told of the alert: the last word about it, while it fires."""
        told, seen = question.alert_seen_at, self.seen[question.alert.fingerprint]
        just_now = self.spoken_at == asyncio.get_running_loop().time()
        exact = question.alert_firing and not just_now
        right = told == seen if exact else told is not None and told <= seen
        self._must(right, f"the alert was last spoken of at {seen}, not {told}")

    def all_ended(self) -> bool:
        """Say whether every run that there was has ended."""
        return all(run.phase is Phase.CLOSED for run in self.runs.values())

    def _gate(self, run: Run, event: ev.IntentCommitted, dossier: Dossier, now: datetime) -> None:
        dossier.said = (
            NO_OBJECTION  # what the real guards said stands in no journal: it is judged here
        )
        super()._gate(run, event, dossier, now)
        step = run.at(event.step)
        assert step.change is not None
        order = run.order.step(event.step) if not step.is_undo else None
        targets = {run.order.target, *(s.change.target for s in run.progress if s.change)}
        self._not_paused(run, targets, now)
        if not run.has_acted:
            self._has_rested(run, targets, now)
        if order and step.change.effect is ActionEffect.IRREVERSIBLE:
            free = order.irreversible_allowed or _has_votes(run, dossier)
            self._must(free, "what cannot be taken back is asked for")
        fence = self.fences.get(step.change.target, 0)
        self._must(event.target_fence > fence, "a target's fence grows with every gate")
        self._must(event.fence == self.fence_of(run.id), "an intent is committed under the claim")
        timeout = (order or run.order.step(event.step.removeprefix("undo:"))).timeout
        self._must(event.not_after >= now + timeout, "a command has its whole time")
        self.fences[step.change.target] = event.target_fence
        self.intended.setdefault(run.id, set()).add(step.change.target)
        self.attempts[event.token] = Attempt(
            run_id=run.id,
            step=event.step,
            fence=event.fence,
            target_fence=event.target_fence,
            not_after=event.not_after,
            timeout=timeout,
            at=asyncio.get_running_loop().time(),
            lies=self.lies,
        )

    def _not_paused(self, run: Run, targets: set[Target], now: datetime) -> None:
        for pause in self.pauses.values():
            kind, _, name = pause.scope.partition("/")
            hit = {
                "all": True,
                "playbook": run.order.playbook == name,
                "target": name in {str(target) for target in targets},
                "namespace": any(target.name.startswith(f"{name}/") for target in targets),
            }[kind]
            in_force = pause.since <= now and (pause.until is None or now < pause.until)
            self._must(not (hit and in_force), f"nothing is changed under a pause: {pause}")

    def _has_rested(self, run: Run, targets: set[Target], now: datetime) -> None:
        rest = run.order.guards["cooldown"].rest
        for target in targets:
            changed = self.rested.get(target)
            self._must(not changed or changed + rest <= now, f"{target} rests until {changed}")

    def _rests(self, run: Run, at: datetime) -> None:
        for step in run.progress:
            if step.n and step.change:
                self.rested[step.change.target] = at

    def _closed(self, run: Run, now: datetime) -> None:
        super()._closed(run, now)
        if run.outcome is ev.Outcome.DRY_RUN:
            self._must(run.order.mode is Mode.DRY_RUN, "only a dry run ends as one")


def _has_votes(run: Run, dossier: Dossier) -> bool:
    return len({human for _, human in dossier.seen}) >= run.order.approval.count
