"""Which alerts a drill imagines: for every playbook, one for each target that was seen, is known, or was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, zip_longest

from remediator.core.alert import Alert, AlertStatus
from remediator.core.canonical import digest
from remediator.core.drill import DrillWanted, Unnamed
from remediator.core.imagined import imagined, kind_of
from remediator.core.playbook import Mode, Playbook
from remediator.core.target import Target, typed_target
from remediator.ports.store import Listing, Reader

SEEN = 200
"""How many of a playbook's newest runs are looked at for targets."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One playbook, and an alert that names one target to it."""

    playbook: Playbook
    target: Target
    alert: Alert


@dataclass(slots=True)
class Candidates:
    """What a drill could ask about, and why not about more."""

    found: list[Candidate] = field(default_factory=list)
    unnamed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def why_not(self) -> tuple[Unnamed, ...]:
        """Return the targets that no alert names, by playbook and reason."""
        return tuple(
            Unnamed(playbook=playbook, reason=reason, targets=count)
            for (playbook, reason), count in sorted(self.unnamed.items())
        )


def past_alerts(reader: Reader, playbook: str) -> Mapping[Target, Alert]:
    """Return the targets of a playbook's newest runs with the newest alert of each, the newest first."""
    runs = reader.runs(Listing(limit=SEEN, filters={"playbook": playbook})).items
    found: dict[Target, Alert] = {}
    for run in runs:
        found.setdefault(run.order.target, run.order.alert)
    return found


def drilled(playbooks: Iterable[Playbook], wanted: DrillWanted) -> tuple[Playbook, ...]:
    """Return the playbooks that are asked about: those that could change something."""
    return tuple(
        playbook
        for playbook in sorted(playbooks, key=lambda playbook: playbook.name)
        if playbook.steps and playbook.mode is not Mode.OFF
        if wanted.playbook in ("", playbook.name)
    )


def candidates(
    past: Iterable[tuple[Playbook, Mapping[Target, Alert]]],
    wanted: DrillWanted,
    known: Sequence[Target],
    now: datetime,
) -> Candidates:
    """Find them, the playbooks in turn, so that a cut leaves something of each."""
    found = Candidates()
    asked = tuple(map(typed_target, wanted.targets))
    lists = [
        list(_of(playbook, seen, asked or (*seen, *known), now, found.unnamed))
        for playbook, seen in past
    ]
    found.found = [each for each in chain.from_iterable(zip_longest(*lists)) if each]
    return found


def rotated(found: Sequence[Candidate], most: int, night: str) -> Sequence[Candidate]:
    """Return at most so many, others each night."""
    if len(found) <= most:
        return found
    ordinal = datetime.fromisoformat(night).toordinal() if night else 0
    start = ordinal * most % len(found)
    return [*found[start:], *found[:start]][:most]


def _of(
    playbook: Playbook,
    seen: Mapping[Target, Alert],
    places: Iterable[Target],
    now: datetime,
    unnamed: Counter[tuple[str, str]],
) -> Iterator[Candidate]:
    kind, newest = kind_of(playbook), next(iter(seen.values()), None)
    targets = tuple(dict.fromkeys(place for place in places if place.kind == kind))
    if not targets:
        reason = f"none of its alerts was seen, and nobody names a {kind}"
        unnamed[playbook.name, reason] = 0
    for target in targets:
        if target in seen:
            yield Candidate(playbook, target, _firing(seen[target], now))
            continue
        labels = imagined(playbook, target, newest.labels if newest else None)
        if isinstance(labels, str):
            unnamed[playbook.name, labels] += 1
        else:
            yield Candidate(playbook, target, _alert(labels, now))


def _firing(alert: Alert, now: datetime) -> Alert:
    return replace(alert, status=AlertStatus.FIRING, starts_at=now, ends_at=None)


def _alert(labels: Mapping[str, str], now: datetime) -> Alert:
    return Alert(
        fingerprint=digest(dict(labels))[:16],
        status=AlertStatus.FIRING,
        labels=labels,
        starts_at=now,
    )
