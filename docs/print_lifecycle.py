"""Print docs/lifecycle.md from the tables in remediator/core: `python docs/print_lifecycle.py > docs/lifecycle.md`.

tests/docs/test_lifecycle.py fails where the page and the tables differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields

from remediator.core.events import EVENTS, Admitted, Outcome
from remediator.core.run import Phase
from remediator.core.transitions import TRANSITIONS

OPEN = tuple(phase for phase in Phase if phase is not Phase.CLOSED)
HEAD = """\
# The life of a run

<!-- Printed from remediator/core/transitions.py by `python docs/print_lifecycle.py > docs/lifecycle.md`. -->

A run is the fold of its events. An event that does not fit the run's phase is refused and changes nothing: that is a
bug, or a click that came too late. Deferral and retry are not phases but a moment at which the run is due again.

## Phases

Events that leave a phase; all others are in the table below.
"""
TABLE = """\
## Events

For each phase: where the event may lead. An empty cell means that the event is refused there. A closed run takes
none.
"""
OUTCOMES = """\
## Outcomes

| outcome | what it says |
| --- | --- |
"""
ENDS = {
    Outcome.RESOLVED: "The remedy worked, and the checks have proved it.",
    Outcome.UNRESOLVED: "The checks did not hold in time or had no answer, or there was nothing to do. Escalates.",
    Outcome.FAILED: "A step failed. Escalates.",
    Outcome.OUTCOME_UNKNOWN: "Nobody knows whether a change was made; the target stays held. Escalates.",
    Outcome.BLOCKED: "A guard said no, or did not say yes while there was time.",
    Outcome.REJECTED: "A person said no to the plan.",
    Outcome.EXPIRED: "Nobody approved the plan in time. Escalates unless the playbook says otherwise.",
    Outcome.WITHDRAWN: "The alert resolved before anything was changed.",
    Outcome.CANCELLED: "A person stopped the run or took it over.",
    Outcome.HANDED_OVER: "A playbook without steps has looked; the rest is for people. Escalates.",
    Outcome.DRY_RUN: "It was a rehearsal: nothing was changed.",
}


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, *_diagram(), "", TABLE, *_table(), "", OUTCOMES + _outcomes()]
    return "\n".join(parts) + "\n"


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {Phase.PLANNING.value}: admitted"
    for before in OPEN:
        for after in Phase:
            kinds = [_kind(event) for event in EVENTS if _leads(event, before, after)]
            if kinds and before is not after:
                yield f"    {before.value} --> {after.value}: {', '.join(kinds)}"
    yield f"    {Phase.CLOSED.value} --> [*]"
    yield "```"


def _table() -> Iterator[str]:
    names = [_words(phase.value) for phase in OPEN]
    yield f"| event | what it says | {' | '.join(names)} |"
    yield "| --- " * (len(names) + 2) + "|"
    for event in EVENTS:
        if event is not Admitted:
            cells = [_cell(event, phase) for phase in OPEN]
            yield f"| {_kind(event)} | {_meaning(event)} | {' | '.join(cells)} |"


def _cell(event: type, before: Phase) -> str:
    leads = TRANSITIONS[event].get(before, ())
    return " or ".join("stays" if p is before else f"→ {_words(p.value)}" for p in leads)


def _leads(event: type, before: Phase, after: Phase) -> bool:
    return after in TRANSITIONS.get(event, {}).get(before, ())


def _kind(event: type) -> str:
    return _words(str(next(each.default for each in fields(event) if each.name == "kind")))


def _meaning(event: type) -> str:
    return (event.__doc__ or "").splitlines()[0].replace("|", "\\|")


def _outcomes() -> str:
    return "\n".join(f"| {_words(outcome.value)} | {ENDS[outcome]} |" for outcome in Outcome)


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    sys.stdout.write(page())
