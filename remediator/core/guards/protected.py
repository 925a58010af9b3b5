"""protected: targets that the settings put out of every playbook's reach, the daemon's own among them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.target import Target
from remediator.core.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedSettings:
    """Nothing can be set in a playbook; the list is `protected` in the settings."""


def is_protected(target: Target, pattern: str) -> bool:
    """Say whether `host/db1`, `host/db*` or `namespace/kube-system` names this target.

    A pattern without `@CLUSTER` means the object in every cluster.
    """
    kind, _, name = pattern.partition("/")
    if kind == "namespace" and target.namespace is not None:
        return _names(name, target.namespace)
    anywhere, _, _ = target.name.partition("@")
    return kind == target.kind and (_names(name, target.name) or _names(name, anywhere))


def _names(pattern: str, name: str) -> bool:
    """A name always stands for itself, also where its brackets (`[::1]`) would read as a pattern."""
    return pattern == name or fnmatchcase(name, pattern)


def judge(settings: ProtectedSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where any target is protected."""
    del settings
    hits = ((t, p) for t in subject.targets for p in facts.protected if is_protected(t, p))
    hit = next(hits, None)
    if hit is None:
        return None
    return Verdict(
        guard="protected",
        ruling=Ruling.DENY,
        reason=f"{hit[0]} is protected by the settings ({hit[1]})",
        clears="a change of the settings",
    )


GUARD = Guard(name="protected", settings=ProtectedSettings, judge=judge)
