"""pause: people said stop, for everything, a playbook, a target or a namespace; with an expiry and a reason."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.facts import Facts, Pause
from remediator.core.guards.guard import Guard, Subject
from remediator.core.target import is_in_namespace, is_target, typed_target
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSettings:
    """Nothing can be set: people pause and resume."""


def canonical_scope(scope: str) -> str:
    """Return what a person wrote as a scope, its target or namespace in the one spelling; raise InvalidTarget."""
    kind, _, name = scope.partition("/")
    if kind == "target":
        return f"target/{typed_target(name)}"
    return f"namespace/{name.lower()}" if kind == "namespace" else scope


def covers(pause: Pause, subject: Subject) -> bool:
    """Say whether a pause stops this run."""
    kind, _, name = pause.scope.partition("/")
    if kind == "playbook":
        return subject.order.playbook == name
    if kind == "target":
        return any(is_target(target, name) for target in subject.called)
    if kind == "namespace":
        return any(is_in_namespace(target, name) for target in subject.targets)
    return kind == "all"


def judge(settings: PauseSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny while a pause covers the run, before every change."""
    del settings
    pause = next((p for p in facts.pauses if covers(p, subject)), None)
    if pause is None:
        return None
    until = f" until {pause.until:%Y-%m-%d %H:%M} UTC" if pause.until else ""
    return Verdict(
        guard="pause",
        ruling=Ruling.DENY,
        reason=f"{pause.who} paused {pause.scope}{until}: {pause.reason or 'no reason given'}",
        until=pause.until,
        clears=f"remediator resume {pause.scope}",
    )


GUARD = Guard(name="pause", settings=PauseSettings, judge=judge, about_changes=False)
