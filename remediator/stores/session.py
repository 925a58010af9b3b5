"""What one closure's transaction knows: its connection and the few points where the databases differ.

The nouns of this room (runs, inbox, outbox, …) are classes over a `Session`; `transaction.py` puts them together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Table

from remediator.core.errors import LeaseLost
from remediator.ports.store import Work
from remediator.stores.gathered import Gathered, Key, Later, Rows, together, values_of
from remediator.stores.leases import Leases
from remediator.stores.prepared import Parameters, Row, send

# Who wrote a message delivers it, and the others look every second: each replica has a courier. A commit that notifies
# waits for all others that do, until it is durable.
_RUNG = frozenset({Work.INBOX, Work.RUNS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Where the databases differ.

    `one_gate` lets closures that judge by counted things wait for each other; where there is only one writer, nobody
    has to. `ring` wakes other replicas. Where it `gathers`, writes that nobody waits for are sent together.
    """

    leases: Leases
    one_gate: Executable | None = None
    ring: ColumnElement[Any] | None = None
    gathers: bool = False


@dataclass(slots=True)
class Shared:
    """What the closures of one transaction have in common: the gate, what they have still to write, and the runs that
    were locked for them ahead."""

    has_gate: bool = False
    gathered: Gathered = field(default_factory=Gathered)
    ahead: dict[str, Any] = field(default_factory=dict)


class Session:
    """One closure's way to the database. `wakes` says what its commit makes due at once.

    `_tails` holds number and hash of the last journal entry of the runs that this closure has locked;
    `_is_unpaused` says that no pause was there when it did.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, shared: Shared, *, writes: bool
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._shared = shared
        self._needs_gate = writes and dialect.one_gate is not None
        self.wakes: set[Work] = set()
        self._tails: dict[str, tuple[int, str]] = {}
        self._is_unpaused = False

    def _all(
        self, statement: Executable, parameters: Parameters, about: Collection[Table] = ()
    ) -> Sequence[Row]:
        """Ask. Of what waits to be written, what changes the tables `about` is sent first; all, where none is named."""
        if self._shared.gathered.changes(*about):
            self.flush()
        prepared, cursor = send(self._connection, statement, parameters)
        return prepared.rows(cursor)

    def _one(
        self, statement: Executable, parameters: Parameters, about: Collection[Table] = ()
    ) -> Row | None:
        rows = self._all(statement, parameters, about)
        return rows[0] if rows else None

    def _value(
        self, statement: Executable, parameters: Parameters, about: Collection[Table] = ()
    ) -> Any:
        row = self._one(statement, parameters, about)
        return None if row is None else row[0]

    def _change(self, statement: Executable, parameters: Parameters | Sequence[Parameters]) -> int:
        """Run a statement that changes rows; return how many."""
        if self._shared.gathered.changes():
            self.flush()
        _, cursor = send(self._connection, statement, parameters)
        return cursor.rowcount

    def _later(
        self, write: Later, rows: Sequence[Parameters], keys: Collection[Key], *of: Table
    ) -> None:
        """Write rows before the commit, and before anything is asked about the tables `of`, or the rows `keys`."""
        if self._dialect.gathers:
            self._write_of(*keys)
            self._shared.gathered.add(write, rows, keys, *of)
            return
        changed = self._change(write.at_once, rows[0] if len(rows) == 1 else rows)
        _require(write, changed, len(rows))

    def _write_of(self, *keys: Key) -> None:
        """Write what waits where one of these rows is in it."""
        if self._shared.gathered.has(*keys):
            self.flush()

    def flush(self, due: Collection[Work] = ()) -> None:
        """Write what waits, and wake other replicas for what is due; raise LeaseLost where a row was not as known."""
        first, others = self._shared.gathered.taken()
        if first:
            self._write(first)
        told = _RUNG.intersection(due)
        if others or (told and self._dialect.ring is not None):
            self._write(others, told)

    def _write(self, rows: Rows, due: Collection[Work] = ()) -> None:
        ring = self._dialect.ring if due else None
        kinds = {} if ring is None else {"p_kinds": " ".join(sorted(due))}
        prepared, cursor = send(
            self._connection, together(tuple(rows), ring), values_of(rows) | kinds
        )
        (changed,) = prepared.rows(cursor)
        for place, (write, wanted) in enumerate(rows.items()):
            _require(write, changed[place], len(wanted))

    def enter_gate(self) -> None:
        """Keep others from judging by the same counts until this commit; readers just look."""
        if self._needs_gate and not self._shared.has_gate and self._dialect.one_gate is not None:
            send(self._connection, self._dialect.one_gate, {})
            self._shared.has_gate = True


def _require(write: Later, changed: Any, wanted: int) -> None:
    if write.exact and changed != wanted:
        raise LeaseLost(f"{write.name}: a row was changed by somebody else")
