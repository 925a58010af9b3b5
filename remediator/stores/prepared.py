"""Our statements in one database's own words: SQLAlchemy writes each of them once, and the driver is called directly.

SQLAlchemy's own way to the driver costs more for each call than SQLite itself, and most of what PostgreSQL does
(docs/decisions/0036). What is kept of it: the text, the order of what is bound, how each type is written and read, and
what an error of the driver means for the connection.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import StatementError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Parameters = Mapping[str, Any]
Bound = tuple[Any, ...]
_Process = Callable[[Any], Any] | None
_STATEMENTS = 1024
_UNFIT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a value sets off that is not of its column's type."""


class Row(Protocol):
    """What a statement returned, by the names of its columns or by their places."""

    def __getattr__(self, name: str) -> Any: ...

    def __getitem__(self, place: int) -> Any: ...

    def _asdict(self) -> dict[str, Any]: ...


class _Text(NamedTuple):
    """The statement for lists of certain lengths: its words, what is bound where, and how lists' places are called."""

    words: str
    places: tuple[tuple[str, _Process], ...]
    listed: Mapping[str, Sequence[str]]


class Prepared:
    """One statement as one database wants it."""

    def __init__(self, statement: Executable, dialect: Dialect, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)  # noqa: S101
        self.statement = statement
        self.dialect = dialect
        self._compiled = compiled
        self._constants = {
            name: bound.effective_value
            for name, bound in compiled.binds.items()
            if not bound.required
        }
        self._lists = tuple(sorted(bound.key for bound in compiled.post_compile_params))
        self._texts: dict[tuple[int, ...], _Text] = {}
        self._only = None if self._lists else self._made_text({})
        self._columns = _columns(statement, dialect)
        self._row = _row_class(name for name, _ in self._columns)
        self._has_to_read = any(process for _, process in self._columns)

    def bind(self, parameters: Parameters) -> tuple[str, Bound]:
        """Return the words and what is bound to them; raise StatementError, which tells no value."""
        text = self._only
        if text is None:
            parameters = {**parameters, **{n: _padded(parameters[n]) for n in self._lists}}
            text = self._text(parameters)
        try:
            return text.words, self._bound(text, parameters)
        except _UNFIT as error:
            raise StatementError(
                str(error), text.words, None, error, hide_parameters=True
            ) from error

    def bind_many(self, rows: Sequence[Parameters]) -> tuple[str, list[Bound]]:
        """Return the words and what is bound to them for each row."""
        bound = [self.bind(row) for row in rows]
        return bound[0][0], [values for _, values in bound]

    def rows(self, cursor: DBAPICursor) -> list[Row]:
        """Read all that the statement returned."""
        found = cursor.fetchall()
        if not found:
            return []
        make = self._made_of(cursor)
        if not self._has_to_read:
            return [make(row) for row in found]
        processes = [process for _, process in self._columns]
        return [
            make(
                [read(value) if read else value for read, value in zip(processes, row, strict=True)]
            )
            for row in found
        ]

    def _made_of(self, cursor: DBAPICursor) -> Any:
        if self._columns:
            return self._row._make
        return _row_class(column[0] for column in cursor.description)._make  # a text

    def _text(self, parameters: Parameters) -> _Text:
        lengths = tuple(len(parameters[name]) for name in self._lists)
        text = self._texts.get(lengths)
        if text is None:
            text = self._texts[lengths] = self._made_text(parameters)
        return text

    def _made_text(self, parameters: Parameters) -> _Text:
        compiled = self._compiled
        processes = {
            name: _bind_processor(bound.type, self.dialect)
            for name, bound in compiled.binds.items()
        }
        if not self._lists:
            return _Text(compiled.string, _places(compiled.positiontup, processes), {})
        state = compiled.construct_expanded_state(parameters)
        listed = state.parameter_expansion
        for name, places in listed.items():
            processes |= dict.fromkeys(places, processes[name])
        return _Text(state.statement, _places(state.positiontup, processes), listed)

    def _bound(self, text: _Text, parameters: Parameters) -> Bound:
        if self._constants:
            parameters = {**self._constants, **parameters}
        for name, places in text.listed.items():
            parameters = {**parameters, **dict(zip(places, parameters[name], strict=True))}
        return tuple(
            [write(parameters[name]) if write else parameters[name] for name, write in text.places]
        )


@lru_cache(_STATEMENTS)
def _prepared(statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> Prepared:
    return Prepared(statement, dialect, names)


def send(
    connection: Connection, statement: Executable, parameters: Parameters | Sequence[Parameters]
) -> tuple[Prepared, DBAPICursor]:
    """Send a statement within the connection's transaction, many rows at once where there are many.

    Raise SQLAlchemy's errors, as its own way would: they know whether the connection is lost.
    """
    first = parameters if isinstance(parameters, Mapping) else parameters[0]
    prepared = _prepared(statement, connection.dialect, tuple(first))
    if isinstance(parameters, Mapping):
        words, bound = prepared.bind(parameters)
        return prepared, execute(connection, prepared, words, bound)
    words, rows = prepared.bind_many(parameters)
    return prepared, execute_many(connection, prepared, words, rows)


def execute(connection: Connection, prepared: Prepared, words: str, bound: Bound) -> DBAPICursor:
    """Give one statement to the driver."""
    with _Judged(connection, words):
        cursor = connection.connection.cursor()
        cursor.execute(words, bound)
    return cursor


def execute_many(
    connection: Connection, prepared: Prepared, words: str, rows: Sequence[Bound]
) -> DBAPICursor:
    """Give one statement with many rows to the driver."""
    with _Judged(connection, words):
        cursor = connection.connection.cursor()
        cursor.executemany(words, rows)
    return cursor


class _Judged:
    """Lets SQLAlchemy say what goes wrong with the driver: it wraps the driver's errors without the values, and gives a
    connection up that is lost, or on which somebody stopped waiting for an answer."""

    __slots__ = ("_connection", "_words")

    def __init__(self, connection: Connection, words: str) -> None:
        self._connection = connection
        self._words = words

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        is_drivers = isinstance(error, self._connection.dialect.loaded_dbapi.Error)
        words = self._words if is_drivers else None
        self._connection._handle_dbapi_exception(error, words, None, None, None)


def _padded(values: Iterable[Any]) -> list[Any]:
    """Fill a list up to the next power of two with its last value: few lengths are few statements."""
    found = list(values)
    size = 1 << (len(found) - 1).bit_length() if found else 0
    return found + found[-1:] * (size - len(found))


def _places(
    names: Sequence[str] | None, processes: Mapping[str, _Process]
) -> tuple[tuple[str, _Process], ...]:
    return tuple((name, processes[name]) for name in names or ())


def _columns(statement: Executable, dialect: Dialect) -> tuple[tuple[str, _Process], ...]:
    columns = getattr(statement, "exported_columns", None)
    if columns is None:
        return ()
    return tuple(
        (name, _result_processor(column.type, dialect)) for name, column in columns.items()
    )


def _row_class(names: Iterable[str]) -> Any:
    return namedtuple("Row", tuple(names), rename=True)


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> _Process:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> _Process:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
