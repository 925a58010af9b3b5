"""What one closure's transaction knows: its connection and the few points where the databases differ.

The nouns of this room (runs, inbox, outbox, …) are classes over a `Session`; `transaction.py` puts them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable

from remediator.ports.store import Work
from remediator.stores.leases import Leases
from remediator.stores.prepared import Parameters, Row, send


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Where the databases differ.

    `one_gate` lets closures that judge by counted things wait for each other; where there is only one writer, nobody
    has to. `ring` wakes other replicas.
    """

    leases: Leases
    one_gate: Executable | None = None
    ring: Executable | None = None


class Session:
    """One closure's way to the database. `wakes` says what its commit makes due at once.

    `_tails` holds number and hash of the last journal entry of the runs that this closure has locked;
    `_is_unpaused` says that no pause was there when it did.
    """

    def __init__(self, connection: Connection, dialect: Dialect, *, writes: bool) -> None:
        self._connection = connection
        self._dialect = dialect
        self._has_gate = not writes or dialect.one_gate is None
        self.wakes: set[Work] = set()
        self._tails: dict[str, tuple[int, str]] = {}
        self._is_unpaused = False

    def _all(self, statement: Executable, parameters: Parameters) -> Sequence[Row]:
        prepared, cursor = send(self._connection, statement, parameters)
        return prepared.rows(cursor)

    def _one(self, statement: Executable, parameters: Parameters) -> Row | None:
        rows = self._all(statement, parameters)
        return rows[0] if rows else None

    def _value(self, statement: Executable, parameters: Parameters) -> Any:
        row = self._one(statement, parameters)
        return None if row is None else row[0]

    def _change(self, statement: Executable, parameters: Parameters | Sequence[Parameters]) -> int:
        """Run a statement that changes rows; return how many."""
        _, cursor = send(self._connection, statement, parameters)
        return cursor.rowcount

    def _enter_gate(self) -> None:
        """Keep others from judging by the same counts until this commit; readers just look."""
        if not self._has_gate and self._dialect.one_gate is not None:
            self._change(self._dialect.one_gate, {})
            self._has_gate = True
