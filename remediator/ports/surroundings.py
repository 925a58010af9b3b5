"""What the engine asks the store about everything else that goes on, before one run may act; part of `ports.store`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remediator.core.facts import Elsewhere, Tallied, Tally
from remediator.core.target import Named, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What has to be known of the past and of other runs before one run is judged.

    `target` are the names of the run's own target, `called` all names of all that it may touch. With `together`, the
    alerts that fire together are counted: those since then, up to one more than so many. Where the run is let act by
    the answer (`counts`), others that judge so wait for this commit.
    """

    run_id: str
    playbook: str
    tallies: Sequence[Tally]
    target: Sequence[Target]
    called: Sequence[Target]
    now: datetime
    together: tuple[datetime, int] | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The answers: what was counted, who holds which of the targets, when each was changed last, and how many other
    runs of the playbook act now."""

    tallies: Mapping[Tally, Tallied]
    holders: Mapping[Target, str]
    last_changed: Mapping[Target, datetime]
    acting: int
    firing_together: int | None = None


class Surroundings(Protocol):
    """Questions about more than one run; each reads no more than its answer needs."""

    def tallies(
        self,
        wanted: Sequence[Tally],
        *,
        playbook: str,
        target: Named,
        now: datetime,
        besides: Sequence[Target] = (),
    ) -> Mapping[Tally, Tallied]:
        """Count several windows that end now, each by its own scope: over this playbook, this target, or all.

        Where different targets are counted, those in `besides` are left out.
        """
        ...

    def history(self, asked: Asked) -> History:
        """Answer all that one judgement asks, at once."""
        ...

    def firing_together(self, *, playbook: str, since: datetime, most: int) -> int:
        """Count the targets of a playbook's runs since then whose alerts still fire, up to one more than `most`."""
        ...

    def elsewhere(self, *, domain: str, besides: str, since: datetime) -> Elsewhere | None:
        """Return a run other than `besides` that acts in another failure domain, or has acted there since; None where
        there is none. "" is the unknown domain, which is another than every domain, itself too."""
        ...

    def pause_ended(self, pause_id: str) -> bool | None:
        """Say whether the pause with this id was ended; None where there never was one."""
        ...
