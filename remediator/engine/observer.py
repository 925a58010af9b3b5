"""Observer and executor: everything a run may look with, and everything it may act with. A dry run has no executor.

`Observer` builds proposers, checkers and probers from gateways that only look; `Executor` builds appliers, from those
that can change things.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from remediator.core.change import Change, Nothing
from remediator.core.errors import Permanent, RemediatorError, Uncertain
from remediator.core.events import Evidence, Measure
from remediator.core.facts import Answer, Known
from remediator.core.guards.approval import CONDITION
from remediator.core.guards.silenced import SILENCE
from remediator.core.identity import Identity
from remediator.core.languages import Conditions
from remediator.core.masking import Mask
from remediator.core.playbook import CheckOrder, ProbeOrder, StepOrder
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.engine.masked import (
    masked_change,
    masked_errors,
    masked_evidence,
    masked_proposal,
)
from remediator.engine.silences import strictest
from remediator.ports.action import Action, Applier, Proposer, Request, Sight, Ticket
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads, Writes
from remediator.ports.identity import Identities, OwnNames
from remediator.ports.integration import Silences
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe

PROBE_TIMEOUT = timedelta(seconds=60)
CHECK_TIMEOUT = timedelta(seconds=30)
_MARGIN = timedelta(seconds=10)
_ASIDE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="remediator-condition")


class Observer:
    """Everything a run may look with."""

    def __init__(  # noqa: PLR0913 - what a run may look with, each once
        self,
        *,
        actions: Mapping[str, Action],
        checks: Mapping[str, Check],
        probes: Mapping[str, Probe],
        reads: Reads,
        conditions: Conditions,
        identities: Identities | None = None,
        silences: Sequence[Callable[[Reads], Silences | None]] = (),
        mask: Callable[[], Mask] = Mask,
    ) -> None:
        self._actions = actions
        self._checks = checks
        self._probes = probes
        self._reads = reads
        self._conditions = conditions
        self._identities = identities or OwnNames()
        self._silences = tuple(silences)
        self._mask = mask

    async def holds(self, text: str, run: Run, now: datetime) -> bool:
        """Evaluate a condition of the playbook, an expensive one off the loop; raise InvalidExpression."""
        given = variables(run, now)
        if self._conditions.is_quick(text, given):
            return self._conditions.holds(text, given)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_ASIDE, self._conditions.holds, text, given)

    async def identity(self, target: Target) -> Identity:
        """Return what is known of a target's names."""
        return await self._identities.of(target)

    async def propose(
        self, step: StepOrder, target: Target, now: datetime, planned: Change | None = None
    ) -> Change | Nothing:
        """Ask the step's action for its change, or whether the `planned` one still fits; raise Transient or
        Permanent."""
        action = self._action(step.action)
        if target.kind not in action.targets:
            raise Permanent(f"{action.name} does not work on {target.kind}", target=str(target))
        request = Request(
            step=step.id,
            target=target,
            parameters=read_parameters(action, step.parameters),
            timeout=step.timeout,
            now=now,
            planned=planned,
        )
        with masked_errors(self._mask()):
            return masked_proposal(self._mask(), await self._proposer(step.action).propose(request))

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask what became of an attempt; raise Transient where nobody can look."""
        with masked_errors(self._mask()):
            return self._mask().told(await self._proposer(change.action).observe(change, ticket))

    async def undo(self, change: Change, measure: Measure) -> Change | None:
        """Ask how an applied change can be taken back."""
        with masked_errors(self._mask()):
            back = await self._proposer(change.action).undo(change, measure)
        return masked_change(self._mask(), back) if back else None

    async def evidence(self, orders: Iterable[ProbeOrder], target: Target) -> tuple[Evidence, ...]:
        """Make all probes, each within its time; a probe that cannot look says so."""
        found = await asyncio.gather(*(self._probe(order, target) for order in orders))
        return tuple(masked_evidence(self._mask(), one) for one in found)

    async def answers(self, orders: Iterable[CheckOrder], question: Question) -> dict[str, Answer]:
        """Make all checks, each within its time, filed under their keys."""
        asked = tuple(orders)
        answers = await asyncio.gather(*(self._ask(order, question) for order in asked))
        masked = (self._mask().told(answer) for answer in answers)
        return {order.key: answer for order, answer in zip(asked, masked, strict=True)}

    async def silences(self, ask: Callable[[], Awaitable[Question]]) -> dict[str, Answer]:
        """Find out whether people silenced the alert; nothing where alerts are silenced nowhere."""
        asked = tuple(filter(None, (each(self._reads) for each in self._silences)))
        if not asked:
            return {}
        return {SILENCE: self._mask().told(await strictest(asked, await ask()))}

    async def condition(self, run: Run, now: datetime) -> dict[str, Answer]:
        """Answer the run's `approval.when`; a condition that cannot be evaluated is unknown."""
        text = run.order.approval.when
        if text is None:
            return {}
        try:
            known = Known.HOLDS if await self.holds(text, run, now) else Known.FAILS
            return {CONDITION: Answer(known=known, detail=text)}
        except RemediatorError as error:
            return {CONDITION: Answer(known=Known.UNKNOWN, detail=str(error))}

    def _action(self, name: str) -> Action:
        if name not in self._actions:
            raise Permanent(f"there is no action {name} in this daemon")
        return self._actions[name]

    def _proposer(self, name: str) -> Proposer:
        return self._action(name).proposer(self._reads)

    async def _probe(self, order: ProbeOrder, target: Target) -> Evidence:
        probe = self._probes.get(order.kind)
        if probe is None or target.kind not in probe.targets:
            return Evidence(probe=order.kind, title=order.kind, problem=f"cannot look at {target}")
        try:
            parameters = probe.parameters.model_validate(dict(order.parameters))
            async with asyncio.timeout(PROBE_TIMEOUT.total_seconds()):
                return await probe.prober(self._reads).probe(target, parameters, PROBE_TIMEOUT)
        except TimeoutError:
            problem = "no answer in time"
        except ValidationError as error:
            problem = f"bad parameters: {error.errors()[0]['msg']}"
        except RemediatorError as error:
            problem = str(error)
        return Evidence(probe=order.kind, title=order.kind, problem=problem)

    async def _ask(self, order: CheckOrder, question: Question) -> Answer:
        check = self._checks.get(order.kind)
        if check is None:
            return Answer(known=Known.UNKNOWN, detail=f"there is no check {order.kind}")
        try:
            parameters = check.parameters.model_validate(dict(order.parameters))
            asked = _about(question, parameters)
            async with asyncio.timeout(CHECK_TIMEOUT.total_seconds()):
                return await check.checker(self._reads).ask(asked)
        except TimeoutError:
            detail = "no answer in time"
        except ValidationError as error:
            detail = f"bad parameters: {error.errors()[0]['msg']}"
        except RemediatorError as error:
            detail = str(error)
        return Answer(known=Known.UNKNOWN, detail=detail)


class Executor:
    """Everything a run may act with. Not built for dry runs."""

    def __init__(
        self,
        *,
        actions: Mapping[str, Action],
        reads: Reads,
        writes: Writes,
        mask: Callable[[], Mask] = Mask,
    ) -> None:
        self._actions = actions
        self._reads = reads
        self._writes = writes
        self._mask = mask

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Apply one change, once; raise one of the four action errors. No answer in time is Uncertain."""
        action = self._actions.get(change.action)
        if action is None:
            raise Permanent(f"there is no action {change.action} in this daemon")
        applier: Applier = action.applier(self._reads, self._writes)
        try:
            with masked_errors(self._mask()):
                async with asyncio.timeout((ticket.timeout + _MARGIN).total_seconds()):
                    return self._mask().told(await applier.apply(change, ticket))
        except TimeoutError as error:
            raise Uncertain("no answer in time", target=str(change.target)) from error


def read_parameters(action: Action, raw: Mapping[str, object]) -> Any:
    """Return a step's rendered parameters as the action's own type; raise Permanent with the first problem."""
    try:
        return action.parameters.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "parameters"
        raise Permanent(f"{action.name}: {where}: {first['msg']}") from error


def variables(run: Run, now: datetime) -> dict[str, object]:
    """Return what conditions may speak about."""
    alert, plan = run.order.alert, run.plan
    changes = [
        {
            "step": c.step,
            "action": c.action,
            "target": str(c.target),
            "irreversible": not c.reversible,
        }
        for c in (plan.changes if plan else ())
    ]
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "alert": {
            "name": alert.name,
            "fingerprint": alert.fingerprint,
            "status": alert.status.value,
        },
        "target": {"kind": run.order.target.kind, "name": run.order.target.name},
        "plan": {"changes": changes, "irreversible": bool(plan and plan.irreversible)},
        "facts": {"environment": run.order.environment, "severity": run.order.severity},
        "now": now,
    }


def _about(question: Question, parameters: Parameters) -> Question:
    return Question(
        parameters=parameters,
        alert=question.alert,
        target=question.target,
        now=question.now,
        alert_firing=question.alert_firing,
        alert_seen_at=question.alert_seen_at,
    )
