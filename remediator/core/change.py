"""Changes and plans: exactly what a run intends to do, in the form that people approve and the journal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from remediator.core.canonical import digest
from remediator.core.target import Target


class ActionEffect(StrEnum):
    """What an action can do to the world."""

    READ = "read"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Safety(StrEnum):
    """How a doubtful change is made certain (durability.md, "What makes each action safe to doubt")."""

    READ = "read"
    CONVERGENT = "convergent"
    RECEIPT = "receipt"
    DETECTABLE = "detectable"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one step intends to do to one target.

    `intent` is the exact end state wanted and `version` what it was computed from: both are under the digest, as is
    `bound`, the most it may come to (bytes, pods, …; None where the intent is exact). `before`, `after`, `estimate`
    and `summary` are for people. JSON-like values only; no secrets.
    """

    step: str
    action: str
    target: Target
    intent: Mapping[str, Any]
    version: str
    summary: str
    effect: ActionEffect
    bound: int | None = None
    estimate: int | None = None
    unit: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    undo_hint: str = ""

    @property
    def reversible(self) -> bool:
        """Whether this change can be taken back."""
        return self.effect is not ActionEffect.IRREVERSIBLE

    def signed(self) -> Mapping[str, object]:
        """Return what an approval of this change signs."""
        return {
            "step": self.step,
            "action": self.action,
            "target": str(self.target),
            "intent": self.intent,
            "version": self.version,
            "effect": self.effect.value,
            "bound": self.bound,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """What `propose` answers when the world is already as wanted, or the step does not apply; with the reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes of a run in order. The digest covers the playbook's version and every change's signed part."""

    changes: tuple[Change, ...]
    digest: str

    @property
    def irreversible(self) -> bool:
        """Whether anything in this plan cannot be taken back."""
        return any(not change.reversible for change in self.changes)


def make_plan(playbook_digest: str, changes: tuple[Change, ...]) -> Plan:
    """Return the plan of these changes with its digest."""
    signed = {"playbook": playbook_digest, "changes": [change.signed() for change in changes]}
    return Plan(changes=changes, digest=digest(signed))


def still_holds(planned: Change, proposed: Change | Nothing) -> str | None:
    """Return why a change planned earlier no longer fits the world, or None where it does.

    A fresh estimate may differ from the planned one as long as it stays within the bound that was approved. Of what was
    before, measures drift; a yes or no does not. One that was false is why people said yes, so it must not be true now.
    """
    if isinstance(proposed, Nothing):
        return f"step {planned.step}: {proposed.reason}"
    if proposed.target != planned.target or proposed.version != planned.version:
        return f"step {planned.step}: {planned.target} is not what it was when planned"
    if digest(proposed.signed()) != digest({**planned.signed(), "bound": proposed.bound}):
        return f"step {planned.step}: the same request now means another change"
    if turned := _turned_true(planned.before, proposed.before):
        return f"step {planned.step}: {turned} was false when it was planned and is true now"
    if planned.bound is not None and (proposed.estimate or 0) > planned.bound:
        return f"step {planned.step}: would now exceed the planned bound of {planned.bound} {planned.unit}".rstrip()
    return None


def _turned_true(planned: Mapping[str, object], proposed: Mapping[str, object]) -> str:
    """Name what was false before and is true now, such as a command's check; "" where nothing turned."""
    turned = (key for key, was in planned.items() if was is False and proposed.get(key) is True)
    return next(turned, "")
