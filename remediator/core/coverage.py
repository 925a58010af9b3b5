"""Which alert rules have a playbook, which labels a playbook misses, and which playbooks no rule can set off. Pure.

Used by `remediator coverage`. What depends on an alert's labels is said to, and never counted as yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.core.matcher import Matcher
from remediator.core.playbook import Mode, Playbook


class Cover(StrEnum):
    """What becomes of a rule's alerts, the best first."""

    ANSWERED = "answered"  # a playbook matches, and has the labels that it needs
    DEPENDS = "depends"  # a playbook may match, or may have its labels: the rule does not say
    SKIPPED = "skipped"  # a playbook matches, and the rule does not send a label that it needs
    UNCOVERED = "uncovered"  # no playbook can match


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What one playbook is to a rule. `missing` are labels that it requires and the rule does not send, `unsure` those
    that the rule does not settle, `depends_on` the matchers that hold for some alerts only."""

    playbook: str
    cover: Cover
    missing: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    depends_on: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A rule's best cover, and all playbooks that match or may match, the best first."""

    cover: Cover
    matches: tuple[Match, ...] = ()


def cover(labels: KnownLabels, playbooks: Iterable[Playbook]) -> Covered:
    """Return what becomes of alerts with these labels; playbooks that are off answer nothing."""
    found = (match_of(labels, each) for each in playbooks if each.mode is not Mode.OFF)
    matches = sorted(filter(None, found), key=lambda m: (_ORDER.index(m.cover), m.playbook))
    best = matches[0].cover if matches else Cover.UNCOVERED
    return Covered(cover=best, matches=tuple(matches))


def match_of(labels: KnownLabels, playbook: Playbook) -> Match | None:
    """Return what a playbook is to alerts with these labels; None where it never matches."""
    depends = _depends_on(labels, playbook.match)
    if depends is None:
        return None
    known = {name: labels.has(name) for name in playbook.requires}
    missing = tuple(name for name, has in known.items() if has is Known.FAILS)
    unsure = tuple(name for name, has in known.items() if has is Known.UNKNOWN)
    is_sure = not (depends or unsure)
    best = Cover.SKIPPED if missing else Cover.ANSWERED if is_sure else Cover.DEPENDS
    return Match(
        playbook=playbook.name, cover=best, missing=missing, unsure=unsure, depends_on=depends
    )


def idle(playbooks: Iterable[Playbook], rules: Sequence[KnownLabels]) -> tuple[str, ...]:
    """Return the playbooks that none of the rules can set off, by name."""
    return tuple(
        sorted(
            each.name
            for each in playbooks
            if not any(_depends_on(labels, each.match) is not None for labels in rules)
        )
    )


_ORDER = tuple(Cover)


def _depends_on(
    labels: KnownLabels, match: Sequence[Sequence[Matcher]]
) -> tuple[Matcher, ...] | None:
    """Return the matchers that are not settled in the alternative that comes nearest; None where none can hold."""
    found = (_of_alternative(labels, alternative) for alternative in match)
    possible = [each for each in found if each is not None]
    return min(possible, key=len) if possible else None


def _of_alternative(
    labels: KnownLabels, alternative: Sequence[Matcher]
) -> tuple[Matcher, ...] | None:
    met = [(matcher, labels.meet(matcher)) for matcher in alternative]
    if any(known is Known.FAILS for _, known in met):
        return None
    return tuple(matcher for matcher, known in met if known is Known.UNKNOWN)
