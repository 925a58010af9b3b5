"""What the databases make of our statements: every one that a test sends is looked at, once per process.

Bad is what costs more the longer a site has lived: reading all of a table that grows, or sorting what has no end.
SQLite plans without statistics, so an empty database plans as a large one does. PostgreSQL plans by what it knows, so
it is asked in a database with many rows.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import Engine, event

from remediator.stores import prepared
from remediator.stores.schema import METADATA
from tests.parts.once import made

GROWING = frozenset(
    {"inbox", "episode", "decision", "run", "event", "attempt", "approval", "vote"}
    | {"budget", "outbox", "seen", "site_event"}
)
# What these partial indexes hold is under way: there is more of it in a storm, and no more of it after a year.
UNFINISHED = frozenset(
    {"state = 'new'", "state = 'waiting'", "owner is not null", "closed_at is null"}
    | {"phase <> 'closed'", "phase <> 'closed' and due_at is not null"}
)
CONDITIONS = {
    str(index.name): str(index.dialect_options["sqlite"]["where"])
    for table in METADATA.sorted_tables
    for index in table.indexes
}
SMALL = frozenset(name for name, condition in CONDITIONS.items() if condition in UNFINISHED)
# What belongs to one run, alert or message is little.
OWN = frozenset({"id", "rowid", "run_id", "episode", "thread", "approval_id", "key"})
# What has few values divides a long history into long parts.
COARSE = frozenset({"counted", "state", "phase"})
# Its rows lie in the order of its lists (SQLite's row id): there is no index to be named.
IN_ORDER = {"site_event": "ORDER BY site_event.number"}
MOST_SORTED = 1000  # rows, as PostgreSQL expects them
CHEAP = 50.0  # in its own unit: one page read from start to end. All runs of the large site are a hundred times as much

_ACCESS = re.compile(
    r"(?P<how>SCAN|SEARCH) (?P<name>\w+)"
    r"(?: USING (?P<made>AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?(?:INTEGER )?"
    r"(?:PRIMARY KEY|INDEX)(?: (?P<index>\w+))?(?: \((?P<by>.*)\))?)?"
)


@dataclass
class Recorder:
    """Statements that were sent and not yet looked at, by dialect, with what was bound to them."""

    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def record(self, _: Any, __: Any, statement: str, bound: Any, context: Any, many: bool) -> None:
        """Note what went to the driver by SQLAlchemy's way and was built by our code."""
        if context.compiled is not None:
            first = bound[0] if many else bound
            self.note(context.compiled.statement, context.dialect.name, statement, first)

    def note(self, built: Any, dialect: str, statement: str, bound: Any) -> None:
        """Note what was sent; texts are a migration's or a test's."""
        if statement in self.seen:
            return
        self.seen.add(statement)
        if built.is_dml or built.is_select:
            self.waiting.setdefault(dialect, {})[statement] = bound

    def taken(self, dialect: str) -> dict[str, Any]:
        """Return what waits to be looked at."""
        return self.waiting.pop(dialect, {})


RECORDER = Recorder()


LISTENING: list[Recorder] = []


def listen(recorder: Recorder) -> None:
    """Let a recorder hear whatever is sent from now on."""
    event.listen(Engine, "before_cursor_execute", recorder.record)
    LISTENING.append(recorder)


def stop_listening(recorder: Recorder) -> None:
    """Let a recorder hear no more."""
    event.remove(Engine, "before_cursor_execute", recorder.record)
    LISTENING.remove(recorder)


def _overheard(send: Callable[..., Any], first: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return what sends our statements to the driver, heard by whoever listens."""

    def overheard(connection: Any, ours: prepared.Prepared, words: str, bound: Any) -> Any:
        for recorder in LISTENING:
            recorder.note(ours.statement, ours.dialect.name, words, first(bound))
        return send(connection, ours, words, bound)

    return overheard


prepared.execute = _overheard(prepared.execute, lambda bound: bound)
prepared.execute_many = _overheard(prepared.execute_many, lambda rows: rows[0])


class SqlitePlans:
    """SQLite's plans, over the schema as it is or without some indexes."""

    def __init__(self, *without: str) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.executescript(";".join(made()))
        for index in without:
            self._database.execute(f"DROP INDEX {index}")

    def complaints(self, sent: dict[str, Any]) -> list[str]:
        """Return what is bad about the plans of some statements."""
        return [
            f"{complaint}\n{statement}"
            for statement, bound in sent.items()
            for complaint in self._complaints(statement, bound)
        ]

    def _complaints(self, statement: str, bound: Sequence[Any]) -> Iterator[str]:
        lines = self._database.execute(f"EXPLAIN QUERY PLAN {statement}", bound).fetchall()
        steps = [(row[1], row[3]) for row in lines]
        for level, step in steps:
            if step == "USE TEMP B-TREE FOR ORDER BY":
                beside = [other for parent, other in steps if parent == level]
                if not all(_is_little(statement, other) for other in beside):
                    yield f"{step}: {beside}"
            elif problem := _problem(statement, step):
                yield f"{problem}: {step}"

    def close(self) -> None:
        self._database.close()


def _problem(statement: str, step: str) -> str:
    found = _ACCESS.match(step)
    if found is None or _table(statement, found["name"]) not in GROWING:
        return ""
    if found["made"]:
        return "an index is made at every call"
    if found["index"] in SMALL or _is_nearly_all(statement):
        return ""
    equal = re.findall(rf"\b{found['name']}\.(\w+ = (?:\?|'\w+'|\w+\.))", statement)
    missing = {each for each in equal if each not in CONDITIONS.get(found["index"], "")}
    if found["how"] == "SCAN":
        is_all_wanted = "WHERE" not in statement or (equal and not missing)
        in_order = IN_ORDER.get(_table(statement, found["name"]), "-") in statement
        is_page = (found["index"] or in_order) and " LIMIT " in statement and is_all_wanted
        return "" if is_page else "all of it is read"
    used = set(re.findall(r"(\w+)=\?", found["by"] or ""))
    names = {each.partition(" ")[0] for each in missing}
    if " UNION " not in statement:  # of which each part asks for something else
        names = names - COARSE or names
    is_used = used & (OWN | names)
    return f"no index is used for {missing}" if missing and not is_used else ""


def _is_little(statement: str, step: str) -> bool:
    found = _ACCESS.match(step)
    if found is None or _table(statement, found["name"]) not in GROWING:
        return True
    equal = re.findall(r"(\w+)=\?", found["by"] or "")
    return found["index"] in SMALL or bool(OWN.intersection(equal))


def _table(statement: str, name: str) -> str:
    """Return the table that a plan calls by its alias."""
    alias = re.search(rf"\b(\w+) AS {name}\b", statement)
    return alias[1] if alias else name


def _is_nearly_all(statement: str) -> bool:
    """A page of what is closed: only the few that are open stand between."""
    return bool(re.search(r"WHERE run\.phase = (\?|\$)", statement)) and "'closed'" not in statement


async def ask(url: str, sent: dict[str, Any]) -> list[str]:
    """Return what is bad about PostgreSQL's plans of some statements."""
    connection = await asyncpg.connect(url)
    try:
        return [
            f"{complaint}\n{statement}"
            for statement, bound in sent.items()
            for complaint in _complaints(statement, await _plan(connection, statement, bound))
        ]
    finally:
        await connection.close()


async def _plan(connection: Any, statement: str, bound: Sequence[Any]) -> dict[str, Any]:
    """Return the plan as a connection has it that has sent the statement often."""
    await connection.execute(f"PREPARE asked AS {statement}")
    values = ", ".join(map(_literal, bound))
    execute = f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({values})' if values else ''}"
    for _ in range(7):  # from the sixth on a general plan is used, where it looks no dearer
        plan = await connection.fetchval(execute)
    await connection.execute("DEALLOCATE asked")
    found: dict[str, Any] = json.loads(plan)[0]["Plan"]
    return found


def _complaints(statement: str, plan: dict[str, Any]) -> Iterator[str]:
    if (
        plan["Total Cost"] < CHEAP
    ):  # by its statistics what is wanted is frequent: it need not look far
        return
    for node in _nodes(plan):
        if problem := _postgres_problem(statement, node):
            yield f"{problem}: { ({k: v for k, v in node.items() if k != 'Plans'}) }"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _postgres_problem(statement: str, node: dict[str, Any]) -> str:
    kind, by = node["Node Type"], node.get("Index Cond", "")
    if kind == "Sort" and node["Plan Rows"] > MOST_SORTED:
        return "much is sorted"
    if node.get("Relation Name") not in GROWING or kind in ("ModifyTable", "Bitmap Heap Scan"):
        return ""
    if node.get("Index Name") in SMALL or _is_nearly_all(statement):
        return ""
    filters = re.findall(r"\w+ = (?:'\w+'|\$\d+)", node.get("Filter", ""))
    missing = [each for each in filters if each not in CONDITIONS.get(node.get("Index Name"), "")]
    if not by:
        is_page = "Index" in kind and "LIMIT" in statement and not missing
        return "" if is_page or kind == "Tid Scan" else "all of it is read"
    return f"no index is used for {missing}" if missing and " = " not in by else ""


def _element(value: Any) -> str:
    """Return a member of an array as PostgreSQL reads it in a text."""
    return "NULL" if value is None else json.dumps(str(value), ensure_ascii=False)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list | tuple):
        return _literal("{" + ",".join(map(_element, value)) + "}")
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
