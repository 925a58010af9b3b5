"""What an integration says about its kinds of target: how they are written, and what the settings let us touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.core.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRemark:
    """What is wrong with the target of a playbook, or probably not meant."""

    code: str
    message: str
    hint: str = ""
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class UsualTarget:
    """A target that can be made from these labels, as a playbook writes it."""

    labels: tuple[str, ...]
    target: str


def fitting(usual: Iterable[UsualTarget], labels: KnownLabels) -> UsualTarget | None:
    """Return the target that says most of those whose labels are surely there; the first of several. None where the
    alerts name nothing that is a target."""
    found = [each for each in usual if all(labels.has(n) is Known.HOLDS for n in each.labels)]
    return max(found, key=lambda each: len(each.labels), default=None)


class TargetKinds(Protocol):
    """The kinds of target of one integration, under one reading of the settings.

    `written` is what the playbook says without its `{{ }}`: labels may fill in a part, and never add one.
    """

    @property
    def kinds(self) -> Collection[str]:
        """Which kinds they are."""
        ...

    def checked(self, target: Target, written: str) -> Target:
        """Return a target of these kinds in its one spelling; raise InvalidTarget."""
        ...

    def remark(self, target: str, written: str) -> TargetRemark | None:
        """Say what can be said of a playbook's target of these kinds before any alert has filled it in."""
        ...
