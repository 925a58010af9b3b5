"""At the end of an engine's life: what the tables say against what the law has seen happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from remediator.core.alert import AlertGroup
from remediator.core.announce import messages_for
from remediator.core.events import Outcome
from remediator.core.evolution import admit, evolve
from remediator.core.run import Run
from tests.simulation.engine_law import EngineLaw
from tests.simulation.inline_store import InlineStore


def check_books(store: InlineStore, law: EngineLaw, groups: Mapping[str, AlertGroup]) -> None:
    """Raise AssertionError where a table does not tell what happened."""
    for run_id, run in law.runs.items():
        stored = store.look(lambda reader, i=run_id: reader.run(i))
        assert replace(stored, fence=0, version=0) == run, "a stored run is what its journal tells"
    _claims_are_over(store)
    _holds_are_let_go(store, law)
    _budgets_are_right(store, law)
    _attempts_are_right(store, law)
    _messages_are_right(store, law)
    _inbox_is_done(store, groups)


def _rows(store: InlineStore, query: str) -> list[tuple[Any, ...]]:
    return store.look(lambda reader: [tuple(r) for r in reader._all(text(query), {})])  # type: ignore[no-any-return]


def _claims_are_over(store: InlineStore) -> None:
    left = _rows(store, "SELECT id, due_at FROM run WHERE due_at IS NOT NULL")
    assert left == [], f"a closed run is due no more: {left}"


def _holds_are_let_go(store: InlineStore, law: EngineLaw) -> None:
    for holder, kind in _rows(store, "SELECT holder, name FROM target WHERE holder IS NOT NULL"):
        outcome = law.runs[holder].outcome
        assert outcome is Outcome.OUTCOME_UNKNOWN, f"{kind} is held by {holder}, {outcome}"


def _budgets_are_right(store: InlineStore, law: EngineLaw) -> None:
    counted = Counter(
        (kind, run) for kind, run in _rows(store, "SELECT counted, run_id FROM budget")
    )
    for run in law.runs.values():
        changed = len(
            law.intended.get(run.id, ())
        )  # a plan that was given up afterwards counts too
        acted = int(run.has_acted)
        failed = run.outcome in (Outcome.FAILED, Outcome.OUTCOME_UNKNOWN)
        wanted = {
            "admitted": 1,
            "acted": acted,
            "changed": changed,
            "failed": int(failed and acted),
        }
        for kind, number in wanted.items():
            found = counted[kind, run.id]
            assert found == number, f"{run.id}: {kind} is counted {found} times, not {number}"


def _attempts_are_right(store: InlineStore, law: EngineLaw) -> None:
    rows = Counter(run for (run,) in _rows(store, "SELECT run_id FROM attempt"))
    made = Counter(attempt.run_id for attempt in law.attempts.values())
    assert rows == made, "every attempt has its row"


def _messages_are_right(store: InlineStore, law: EngineLaw) -> None:
    rows = _rows(store, "SELECT DISTINCT deduplication FROM outbox")
    queued = {key for (key,) in rows}
    for run_id, dossier in law.dossiers.items():
        run: Run | None = None
        for at, event in dossier.journal:
            run = evolve(run, event, at) if run else admit(run_id, event, at)  # type: ignore[arg-type]
            for message in messages_for(run, event, at):
                assert message.deduplication in queued, f"{message.title} is told"


def _inbox_is_done(store: InlineStore, groups: Mapping[str, AlertGroup]) -> None:
    states = dict(_rows(store, "SELECT id, state FROM inbox"))
    assert set(states) == set(groups), "every notification is kept"
    assert set(states.values()) <= {"done"}, f"every notification is read: {states}"
