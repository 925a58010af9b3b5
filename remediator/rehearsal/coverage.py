"""Which branches of a playbook its tests live through: guards, steps, failures, people's answers, verification.

What counts is that a life went there, not that anybody asked about it; a life ends where its test has all its answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from remediator.core import events as ev
from remediator.core.change import ActionEffect
from remediator.core.events import Outcome
from remediator.core.facts import Known
from remediator.core.messages import MessageKind
from remediator.core.playbook import Mode, Playbook, StepOrder
from remediator.core.run import UNDO_PREFIX, Run, StepState
from remediator.core.selection import Decision, Refusal
from remediator.core.verdict import Ruling
from remediator.documents.yaml_source import KeyPath, YamlSource
from remediator.engine.recorder import Moved
from remediator.rehearsal.results import Fact, shown
from remediator.rehearsal.seen import Lived

_CHECKED = ("require", "forbid")


@dataclass(frozen=True, slots=True)
class Branch:
    """One way that a run of a playbook can go: where it is written, in words, and the fact that shows it was gone."""

    path: KeyPath
    words: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Covered:
    """What is known of one playbook."""

    playbook: Playbook
    source: YamlSource
    branches: tuple[Branch, ...]
    missing: tuple[Branch, ...]

    @property
    def percent(self) -> int:
        """How much was lived through; 100 only where nothing is missing."""
        return 100 * (len(self.branches) - len(self.missing)) // max(len(self.branches), 1)

    def lines(self) -> Iterator[str]:
        """Yield one line for the playbook, and one for each branch that nobody went."""
        file, gone = shown(self.source.file), len(self.branches) - len(self.missing)
        yield f"{file}: {gone} of {len(self.branches)} branches, {self.percent} %"
        for branch in self.missing:
            mark = self.source.mark(branch.path, of_key=isinstance(branch.path[-1], str))
            yield f"  {file}:{mark.line}:{mark.column}: {branch.words}"


class Coverage:
    """Collects what lives went through, by playbook."""

    def __init__(self) -> None:
        self._facts: dict[str, set[Fact]] = {}

    def note(self, facts: Mapping[str, frozenset[Fact]]) -> None:
        """Add one life."""
        for playbook, found in facts.items():
            self._facts.setdefault(playbook, set()).update(found)

    def of(self, playbook: Playbook, source: YamlSource) -> Covered:
        """Say what is known of one playbook."""
        branches = tuple(branches_of(playbook, source))
        gone = self._facts.get(playbook.name, set())
        missing = tuple(each for each in branches if each.fact not in gone)
        return Covered(playbook, source, branches, missing)


# ── the branches that there are ───────────────────────────────────────────────────────────────────────────


def branches_of(playbook: Playbook, source: YamlSource) -> Iterator[Branch]:
    """Yield every branch of a playbook."""
    yield Branch(("match",), "no alert that it answers", ("match", True))
    yield Branch(("match",), "no alert that it leaves alone", ("match", False))
    if playbook.requires:
        words = "no alert without a label that it requires"
        yield Branch(("requires",), words, ("requires",))
    yield from _of_guards(playbook, source)
    for number, step in enumerate(playbook.steps):
        yield from _of_step(("steps", number), step)
    if not playbook.steps:
        yield Branch(
            ("steps",), "nothing is handed over to people", ("closed", Outcome.HANDED_OVER)
        )
    yield from _of_verify(playbook)
    yield from _of_approval(playbook, source)
    yield from _of_failure(playbook, source)


def _of_guards(playbook: Playbook, source: YamlSource) -> Iterator[Branch]:
    written = source.value.get("guards") if isinstance(source.value, dict) else None
    for name in written if isinstance(written, dict) else ():
        path = ("guards", name)
        if name not in _CHECKED:
            yield Branch(path, f"`{name}` stops nothing", ("guard", name, "stops"))
            yield Branch(path, f"`{name}` lets nothing through", ("guard", name, "passes"))
            continue
        checks: tuple[Any, ...] = getattr(playbook.guards.get(name), "checks", ())
        for number, check in enumerate(checks):
            at = (*path, number)
            yield Branch(at, f"`{check.kind}` never holds", ("check", name, number, Known.HOLDS))
            yield Branch(at, f"`{check.kind}` never fails", ("check", name, number, Known.FAILS))
            yield Branch(
                at, f"`{check.kind}` is never unknown", ("check", name, number, Known.UNKNOWN)
            )


def _of_step(path: KeyPath, step: StepOrder) -> Iterator[Branch]:
    name = step.id
    yield Branch(path, f"`{name}` is never applied", ("step", name, "applied"))
    yield Branch(path, f"`{name}` never fails", ("step", name, "failed"))
    yield Branch(
        path, f"`{name}` is never in doubt, as after a time-out", ("step", name, "doubted")
    )
    if step.when:
        yield Branch((*path, "when"), f"`{name}`: `when` never holds", ("step", name, "when"))
        yield Branch((*path, "when"), f"`{name}`: `when` never fails", ("step", name, "not when"))
    if step.unless or step.unless_verified:
        at = (*path, "unless")
        yield Branch(at, f"`{name}` is always left out", ("step", name, "wanted"))
        yield Branch(at, f"`{name}` is never left out", ("step", name, "not wanted"))


def _of_verify(playbook: Playbook) -> Iterator[Branch]:
    if not playbook.verify.checks:
        return
    at: KeyPath = ("verify",)
    yield Branch(at, "the verification never holds", ("closed", Outcome.RESOLVED))
    yield Branch(at, "the verification never fails", ("verified", Known.FAILS))
    yield Branch(at, "the verification is never inconclusive", ("verified", Known.UNKNOWN))


def _of_approval(playbook: Playbook, source: YamlSource) -> Iterator[Branch]:
    policy = playbook.approval
    asks = playbook.mode is Mode.APPROVE or policy.when or any(map(_asks, playbook.steps))
    if not asks:
        return
    is_written = isinstance(source.value, dict) and "approval" in source.value
    at: KeyPath = ("approval",) if is_written else ("mode",)
    yield Branch(at, "nobody approves", ("approval", "granted"))
    yield Branch(at, "nobody rejects", ("approval", "rejected"))
    yield Branch(at, "no approval expires", ("approval", "expired"))
    if policy.remind:
        yield Branch((*at, "remind"), "nobody is reminded", ("approval", "reminded"))
    if policy.escalate_to:
        yield Branch((*at, "escalate"), "no second group is called", ("approval", "escalated"))


def _asks(step: StepOrder) -> bool:
    is_irreversible = step.effect is ActionEffect.IRREVERSIBLE
    return step.approval_required or (is_irreversible and not step.irreversible_allowed)


def _of_failure(playbook: Playbook, source: YamlSource) -> Iterator[Branch]:
    written = source.value.get("on_failure") if isinstance(source.value, dict) else None
    for number, item in enumerate(written if isinstance(written, list) else ()):
        at: KeyPath = ("on_failure", number)
        if item == "rollback":
            yield Branch(at, "nothing is rolled back", ("rollback",))
    for escalation in playbook.failure.escalations:
        words = f"`{escalation.to}` is never called"
        yield Branch(("on_failure",), words, ("called", escalation.to))
    if playbook.failure.on_blocked is not None:
        yield Branch(("on_blocked",), "no run is blocked", ("closed", Outcome.BLOCKED))


# ── what a life went through ──────────────────────────────────────────────────────────────────────────────


def facts_of(playbook: str, lived: Lived) -> dict[str, frozenset[Fact]]:
    """Return what a life went through, by playbook; `playbook` is the one that its test is about."""
    found: dict[str, set[Fact]] = {playbook: set(_of_alerts(playbook, lived))}
    for moved in lived.moves:
        if moved.after.has_acted and not lived.is_whole:
            continue  # nobody asks what came of the plan
        found.setdefault(moved.after.order.playbook, set()).update(_of_event(moved))
    for place, known in lived.answered:
        found.setdefault(place.playbook, set()).add(("check", place.where, place.number, known))
    runs = {run.id: run.order.playbook for run in lived.last.runs} if lived.last else {}
    for heard in lived.last.heard if lived.last else ():
        message = heard.message
        if message.kind is MessageKind.ESCALATION and message.run_id in runs:
            found.setdefault(runs[message.run_id], set()).add(("called", message.to))
    return {name: frozenset(facts) for name, facts in found.items()}


def _of_alerts(playbook: str, lived: Lived) -> Iterator[Fact]:
    decided = [d for d in (lived.last.decisions if lived.last else ()) if d.playbook == playbook]
    if not decided:
        yield ("match", False)
    for each in decided:
        yield ("match", each.decision != Decision.NOT_MATCHED.value)
        if each.by == Refusal.LABEL.value:
            yield ("requires",)


def _of_event(moved: Moved) -> Iterable[Fact]:
    event, run = moved.event, moved.after
    if isinstance(event, ev.Judged):
        return _of_judgement(event, run)
    if isinstance(event, ev.Closed):
        return _of_end(event, run)
    step = getattr(event, "step", None)
    if isinstance(step, str):
        return _of_progress(event, run, step)
    return _of_people(event, run)


def _of_judgement(event: ev.Judged, run: Run) -> Iterator[Fact]:
    stopped = {v.guard for v in event.judgement.verdicts if v.ruling > Ruling.ALLOW}
    yield from (("guard", name, "stops") for name in stopped)
    yield from (("guard", name, "passes") for name in run.order.guards.keys() - stopped)


def _of_end(event: ev.Closed, run: Run) -> Iterator[Fact]:
    yield ("closed", event.outcome)
    if event.outcome is Outcome.UNRESOLVED and run.verification:
        yield ("verified", run.verification.known)


def _of_progress(event: object, run: Run, step: str) -> Iterator[Fact]:
    if step.startswith(UNDO_PREFIX):
        return
    order = run.order.step(step)
    if run.at(step).state is StepState.FAILED:
        yield ("step", step, "failed")
    match event:
        case ev.Applied():
            yield ("step", step, "applied")
        case ev.Observed(observation=ev.Observation.APPLIED):
            yield ("step", step, "applied")
        case ev.Doubted():
            yield ("step", step, "doubted")
        case ev.StepWanted():
            yield ("step", step, "wanted")
        case ev.Proposed() if order.when:
            yield ("step", step, "when")
        case ev.StepSkipped(reason=reason):
            yield ("step", step, "not when" if reason.startswith("when:") else "not wanted")


def _of_people(event: object, run: Run) -> Iterator[Fact]:
    approval = run.approval
    match event:
        case ev.RollbackStarted():
            yield ("rollback",)
        case ev.ApprovalExpired():
            yield ("approval", "expired")
        case ev.ApprovalReminded():
            yield ("approval", "reminded")
        case ev.ApprovalEscalated():
            yield ("approval", "escalated")
        case ev.Voted():
            if approval and (approval.granted or approval.rejected_by):
                yield ("approval", "rejected" if approval.rejected_by else "granted")
