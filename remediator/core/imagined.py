"""Imagine the alert of a playbook that would name a target: from its own tests, one that was seen, its matchers.

Nothing is guessed: a label whose value nobody has ever said is missing, and then there is no such alert.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from remediator.core.playbook import Playbook
from remediator.core.target import Target

Labels = Mapping[str, str]
_PART = re.compile(r"\{\{\s*labels\.([A-Za-z_][A-Za-z0-9_]*)\s*(?:\|[^{}]*)?\}\}")


def kind_of(playbook: Playbook) -> str:
    """Return the kind of target that a playbook has."""
    return playbook.target.partition("/")[0]


def imagined(playbook: Playbook, target: Target, seen: Labels | None = None) -> Labels | str:
    """Return the labels of an alert of this playbook that names the target; or a sentence that says why there is none.

    `seen` are those of its newest alert; what its author wrote into a test comes first, as it does not change from
    night to night. Whether the playbook really takes the target from them, its rendering says.
    """
    named = _naming(playbook.target, target)
    if named is None:
        return f"its target is written as {playbook.target}, which labels cannot be read back from"
    labels = {**_by_matchers(playbook), **(seen or {}), **_by_tests(playbook.document), **named}
    missing = [name for name in playbook.requires if not labels.get(name)]
    if missing:
        return (
            f"no alert of it is known that has the label {missing[0]}: write one into its `tests`"
        )
    return labels


def _naming(written: str, target: Target) -> dict[str, str] | None:
    """Return the labels that make this target, where each of its parts is one label's value."""
    parts = written.split("/")
    values = [target.kind, *target.name.split("/")]
    if len(parts) != len(values) or parts[0] != target.kind:
        return None
    found: dict[str, str] = {}
    for part, value in zip(parts[1:], values[1:], strict=True):
        match = _PART.fullmatch(part)
        if match:
            found[match[1]] = value
        elif part != value:
            return None
    return found


def _by_matchers(playbook: Playbook) -> Labels:
    alternative = playbook.match[0] if playbook.match else ()
    return {m.label: m.literals()[0] for m in alternative if m.literals()}


@lru_cache(maxsize=64)
def _by_tests(document: str) -> Labels:
    """Return the labels of the first alert in the playbook's own tests; what is no such thing is none."""
    tests = json.loads(document).get("tests") if document else None
    return next(_labels_in(tests), {})


def _labels_in(tests: Any) -> Iterator[Labels]:
    for test in tests if isinstance(tests, list) else ():
        alerts = test.get("alerts") if isinstance(test, dict) else None
        for alert in alerts if isinstance(alerts, list) else ():
            labels = alert.get("labels") if isinstance(alert, dict) else None
            if isinstance(labels, dict):
                yield {str(name): str(value) for name, value in labels.items()}
