"""failure_domain: one zone, rack or cluster at a time, so that a remedy that hurts does not hurt everywhere at once.

While a run acts in one domain (until its verification has ended), and for `per` after that, runs in other domains wait;
runs in the same one go on. Whatever has no known domain waits for everybody, and everybody for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from remediator.core.facts import Elsewhere, Facts
from remediator.core.guards.guard import Domain, Guard, Subject
from remediator.core.order import Order
from remediator.core.target import Target
from remediator.core.verdict import Ruling, Verdict

_LOOK_AGAIN = timedelta(seconds=10)


class DomainBy(StrEnum):
    """Which part of a target names its domain."""

    CLUSTER = "cluster"
    NAMESPACE = "namespace"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureDomainSettings:
    """The `label` that names the domain, or the part of the target that does; without either it does not matter."""

    SETTINGS_ONLY: ClassVar[bool] = True
    label: str = ""
    by: DomainBy | None = None
    per: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        """Refuse two answers to one question."""
        if self.label and self.by:
            raise ValueError("a failure domain has one name: write `label` or `by`, not both")

    @property
    def is_on(self) -> bool:
        """Whether domains matter."""
        return bool(self.label or self.by)


def judge(settings: FailureDomainSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Defer while anybody acts in another domain; a run that has begun goes on."""
    own = _domain(settings, subject.order, subject.targets)
    if subject.acted or own is None:
        return None
    if not facts.elsewhere_known:
        return _deferral("it is not known where other runs act", facts, None)
    other = facts.elsewhere
    if other is None:
        return None
    here = own.name or "an unknown failure domain"
    there = other.domain or "an unknown one"
    word = "acts" if other.acts else "acted lately"
    until = other.at + settings.per if other.at and not other.acts else None
    reason = (
        f"this is in {here}, and {other.run_id} {word} in {there}: one failure domain at a time"
    )
    return _deferral(reason, facts, until, other)


def _deferral(
    reason: str, facts: Facts, until: datetime | None, other: Elsewhere | None = None
) -> Verdict:
    clears = f"{other.run_id} ends" if other and other.acts else "time"
    return Verdict(
        guard="failure_domain",
        ruling=Ruling.DEFER,
        reason=reason,
        until=max(until or facts.now, facts.now + _LOOK_AGAIN),
        clears=clears,
    )


def _domain(
    settings: FailureDomainSettings, order: Order, targets: tuple[Target, ...]
) -> Domain | None:
    """Return the domain in which all these targets are; several of them are as good as none."""
    if not settings.is_on:
        return None
    names = {_name(settings, order, target) for target in targets or (order.target,)}
    return Domain(name=names.pop() if len(names) == 1 else "", per=settings.per)


def _name(settings: FailureDomainSettings, order: Order, target: Target) -> str:
    match settings.by:
        case DomainBy.CLUSTER:
            key, value = "cluster", target.name.partition("@")[2]
        case DomainBy.NAMESPACE:
            key, value = "namespace", target.namespace or ""
        case None:
            key, value = settings.label, order.alert.labels.get(settings.label, "")
    return f"{key} {value}" if value else ""


def _stricter(own: FailureDomainSettings, floor: FailureDomainSettings) -> FailureDomainSettings:
    kept = floor if floor.is_on else own
    return FailureDomainSettings(label=kept.label, by=kept.by, per=max(own.per, floor.per))


GUARD = Guard(
    name="failure_domain",
    settings=FailureDomainSettings,
    judge=judge,
    domain=_domain,
    stricter=_stricter,
)
