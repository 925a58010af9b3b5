"""What the stores of all tests need alike, made once in this process: the schema, and what
SQLAlchemy compiles of our statements."""

import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, inspect

from remediator.stores import sqlite
from remediator.stores.upgrade import bring_up_to_date

_engines: dict[str, Engine] = {}


def work_once() -> None:
    """From now on an empty SQLite database is given at once what was made of another empty one, and a
    statement that any store has compiled is compiled for all."""
    replaceable: Any = sqlite
    replaceable.bring_up_to_date = _bring_up_to_date
    replaceable.create_engine = _create_engine


def _bring_up_to_date(connection: Connection) -> None:
    if inspect(connection).get_table_names():
        bring_up_to_date(connection)
        return
    for statement in made():
        connection.exec_driver_sql(statement)


def _create_engine(*words: Any, **more: Any) -> Engine:
    engine = create_engine(*words, **more)
    first = _engines.setdefault("first", engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


@cache
def made() -> tuple[str, ...]:
    """The statements that make an empty database ours, but for the transaction around them."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        bring_up_to_date(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        found = tuple(driver.iterdump())[1:-1]
    engine.dispose()
    return found
