"""Which playbooks come nearest to an alert that none matches: for whoever asks why nothing happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from remediator.core.matcher import Matcher
from remediator.core.playbook import Playbook

_ALIKE = 0.6
_MOST = 3


def nearest(playbooks: Iterable[Playbook], labels: Mapping[str, str]) -> tuple[Playbook, ...]:
    """Return up to three, the nearest first: of those that differ from an alert least, counted in matchers that fail.

    A matcher that fails by a value that looks alike counts less. Playbooks that have nothing in common with the alert
    are left out.
    """
    found = ((_distance(playbook, labels), playbook.name, playbook) for playbook in playbooks)
    near = sorted((away, name, playbook) for away, name, playbook in found if away is not None)
    return tuple(playbook for _, _, playbook in near[:_MOST])


def _distance(playbook: Playbook, labels: Mapping[str, str]) -> float | None:
    """Return how many matchers of the best alternative fail, None where nothing in it is like the alert."""
    found = (_of_alternative(alternative, labels) for alternative in playbook.match)
    return min((away for away in found if away is not None), default=None)


def _of_alternative(alternative: tuple[Matcher, ...], labels: Mapping[str, str]) -> float | None:
    likeness = [_likeness(matcher, labels) for matcher in alternative]
    is_like = any(
        like and matcher.literals() for like, matcher in zip(likeness, alternative, strict=True)
    )
    return len(likeness) - sum(likeness) if is_like else None


def _likeness(matcher: Matcher, labels: Mapping[str, str]) -> float:
    """Return 1 where a matcher holds, less where one of the values it wants looks like the label's, else 0."""
    if matcher.matches(labels):
        return 1.0
    actual = labels.get(matcher.label, "")
    compared = SequenceMatcher(b=actual.lower())
    best = 0.0
    for wanted in matcher.literals() if actual else ():
        compared.set_seq1(wanted.lower())
        if compared.quick_ratio() > max(best, _ALIKE):
            best = max(best, compared.ratio())
    return best if best >= _ALIKE else 0.0
