"""protected: targets that the settings put out of every playbook's reach, the daemon's own among them.

A protected machine is protected under all of its names. Where nobody can tell whether a target is the protected
machine, it counts as if it were. The machines that remediator itself stands on are protected where they are recognised,
without such doubts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from remediator.core.facts import Facts
from remediator.core.guards.guard import Guard, Subject
from remediator.core.identity import MACHINES, Identity, OwnMachine, look_alike, may_be_one
from remediator.core.spelling import typed_name
from remediator.core.target import Target
from remediator.core.verdict import Ruling, Verdict

_WILD = re.compile(r"[*?]|\[[^:\]]*\]")
_ADDRESS_PATTERN = re.compile(r"[0-9a-f.:*?\[\]!-]*[0-9:][0-9a-f.:*?\[\]!-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedSettings:
    """Nothing can be set in a playbook; the lists are `protected` and `unprotected` in the settings."""


def is_protected(target: Target, pattern: str) -> bool:
    """Say whether `host/db1`, `host/db*` or `namespace/kube-system` names this target, in whatever spelling.

    A pattern without `@CLUSTER` means the object in every cluster; a target without one is in the only cluster.
    """
    kind, name = _read(pattern)
    wanted, _, place = name.partition("@")
    path, _, here = target.name.partition("@")
    if place and here and not fnmatchcase(here.lower(), place.lower()):
        return False
    if kind == "namespace" and target.namespace is not None:
        return _names(wanted, target.namespace)
    return kind == target.kind and (_names(name, target.name) or _names(wanted, path))


def judge(settings: ProtectedSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where any target is protected, or may be."""
    del settings
    for target in subject.targets:
        identity = _identity(target, subject, facts)
        reasons = (_complaint(identity, pattern, facts) for pattern in facts.protected)
        if reason := next(filter(None, reasons), None):
            return Verdict(
                guard="protected",
                ruling=Ruling.DENY,
                reason=reason,
                clears="a change of the settings",
            )
    return None


def in_doubt(subject: Subject, facts: Facts) -> tuple[Target, ...]:
    """Return the protected machines that somebody who knows their other names could tell from the targets."""
    patterns = (pattern for pattern in facts.protected if isinstance(pattern, str))
    machines = (_machine(pattern) for pattern in patterns)
    doubtful = (
        machine
        for machine in machines
        if machine and machine not in facts.identities and _is_doubtful(machine, subject, facts)
    )
    return tuple(dict.fromkeys(doubtful))


def _is_doubtful(machine: Target, subject: Subject, facts: Facts) -> bool:
    sought = Identity(target=machine)
    own = (_identity(target, subject, facts) for target in subject.targets)
    return any(may_be_one(each, sought) for identity in own for each in _machines_of(identity))


def own_complaint(identity: Identity, own: OwnMachine) -> str:
    """Say why nothing is done to a machine that remediator stands on; "" where it is not known to be that one: nobody
    has asked for doubts about it."""
    sought = Identity(target=own.target)
    is_it = own.target in identity.touched
    if not is_it and not any(look_alike(each, sought) for each in _machines_of(identity)):
        return ""
    return (
        f"{identity.target} is {own.what} ({own.target}): remediator does not touch what it stands on, unless the "
        f"settings say `unprotected: [{own.target}]`"
    )


def _complaint(identity: Identity, pattern: str | OwnMachine, facts: Facts) -> str:
    """Say why a target is out of reach by this pattern; "" where it is not."""
    target = identity.target
    if isinstance(pattern, OwnMachine):
        return own_complaint(identity, pattern)
    if is_protected(target, pattern):
        return f"{target} is protected by the settings ({pattern})"
    machine = _machine(pattern)
    sought = _sought(machine, pattern, facts)
    names = set(sought.all_names) if sought and machine else set()
    for name in identity.touched:
        if name in names or is_protected(name, pattern):
            whose = "belongs to" if name not in identity.all_names else "is also called"
            return f"{target} {whose} {name}, which is protected by the settings ({pattern})"
    is_near = any(p in names or is_protected(p, pattern) for p in _perhaps(identity))
    if sought is None or not (is_near or _may_be(identity, sought)):
        return ""
    why = f" ({identity.unsure or sought.unsure})" if identity.unsure or sought.unsure else ""
    return (
        f"nobody can tell whether {target} is protected by the settings ({pattern}){why}: say which machine it is"
        f"{_by(identity.told_by)}"
    )


def _by(places: tuple[str, ...]) -> str:
    *most, last = places or ("",)
    return f", by {', '.join(most)}{' or ' if most else ''}{last}" if last else ""


def _may_be(identity: Identity, sought: Identity) -> bool:
    if identity.target.kind == "volume" and identity.machines is None:
        return True
    return any(may_be_one(machine, sought) for machine in _machines_of(identity))


def _perhaps(identity: Identity) -> frozenset[Target]:
    return identity.perhaps.union(*(machine.perhaps for machine in identity.machines or ()))


def _machines_of(identity: Identity) -> tuple[Identity, ...]:
    return (identity,) if identity.target.kind in MACHINES else identity.machines or ()


def _identity(target: Target, subject: Subject, facts: Facts) -> Identity:
    """Return what is known; a name that the run's own target bears was given to it by the operator."""
    known = facts.identities.get(target) or Identity(target=target)
    if known.machines is None or subject.order.target not in known.touched:
        return known
    own = subject.order.target
    machines = (
        replace(m, declared=m.declared | {own}) if own in m.all_names else m for m in known.machines
    )
    return replace(known, machines=tuple(machines))


def _machine(pattern: str) -> Target | None:
    """Return the one machine that a pattern names."""
    kind, name = _read(pattern)
    return Target(kind, name) if kind in MACHINES and not _WILD.search(name) else None


def _sought(machine: Target | None, pattern: str, facts: Facts) -> Identity | None:
    """Return what is known of the machines that a pattern protects; None where it protects none."""
    if machine is not None:
        return facts.identities.get(machine) or Identity(target=machine)
    kind, name = _read(pattern)
    if kind not in MACHINES:
        return None
    is_by_address = kind == "host" and _ADDRESS_PATTERN.fullmatch(name)
    return Identity(target=Target(kind, "0.0.0.0" if is_by_address else "*"))  # noqa: S104 - one of its kind of name


def _read(pattern: str) -> tuple[str, str]:
    kind, _, name = pattern.partition("/")
    return kind, name.lower().rstrip(".") if _is_wild_host(kind, name) else typed_name(kind, name)


def _is_wild_host(kind: str, name: str) -> bool:
    return kind == "host" and _WILD.search(name) is not None


def _names(pattern: str, name: str) -> bool:
    """A name always stands for itself, also where its brackets (`[::1]`) would read as a pattern."""
    return pattern == name or fnmatchcase(name, pattern)


GUARD = Guard(name="protected", settings=ProtectedSettings, judge=judge, about_changes=False)
