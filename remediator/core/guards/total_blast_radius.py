"""total_blast_radius: all playbooks together change at most so much within a window, as the settings' `blast_radius`
says. Five playbooks that may change one target each would else change five."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from remediator.core.facts import Facts, Scope, Tally
from remediator.core.guards.blast_radius import BlastRadiusSettings, radius, stricter
from remediator.core.guards.guard import Guard, Subject
from remediator.core.playbook import CheckOrder
from remediator.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalBlastRadiusSettings(BlastRadiusSettings):
    """As for one playbook; `is_on` where the settings say anything of it."""

    WRITTEN_AS: ClassVar[str] = "blast_radius"
    WHOSE: ClassVar[str] = " over all playbooks"
    is_on: bool = False

    @property
    def tally(self) -> Tally:
        """The question how many targets all playbooks have changed."""
        return self.targets_changed(Scope.ALL)


def over_all(own: BlastRadiusSettings) -> TotalBlastRadiusSettings:
    """Return what the settings say of a blast radius as a limit over all playbooks."""
    return TotalBlastRadiusSettings(
        of=own.of, max=own.max, max_percent=own.max_percent, per=own.per, is_on=True
    )


def judge(settings: TotalBlastRadiusSettings, subject: Subject, facts: Facts) -> Verdict | None:
    """Deny where this run would change more targets than all playbooks together may."""
    return radius("total_blast_radius", settings, subject, facts) if settings.is_on else None


def _questions(settings: TotalBlastRadiusSettings) -> tuple[CheckOrder, ...]:
    return (settings.of,) if settings.is_on and settings.of else ()


GUARD = Guard(
    name="total_blast_radius",
    settings=TotalBlastRadiusSettings,
    judge=judge,
    tallies=lambda settings: (settings.tally,) if settings.is_on else (),
    questions=_questions,
    stricter=stricter,
)
