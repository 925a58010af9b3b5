"""The schema's version: brings a database up to this program's, and refuses one that is newer. Forward only.

Both stores call this within one transaction and under a lock of their own. Alembic is imported only where there is an
older schema: an empty database gets today's at once, which is what all migrations together make (a test compares them).
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from remediator.core.errors import StoreUnavailable
from remediator.stores.migrations import REVISIONS
from remediator.stores.schema import METADATA

_VERSION_TABLE = "alembic_version"
_STAMP = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    "INSERT INTO alembic_version (version_num) VALUES (:revision)",
)
"""As alembic makes and fills it (alembic.runtime.migration)."""


def revision_of(connection: Connection) -> str | None:
    """Return a database's schema version; None for one that never had any."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    revision: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar()
    return revision


def is_current(connection: Connection) -> bool:
    """Say whether there is nothing to do; raise StoreUnavailable for a schema that this program does not know."""
    revision = revision_of(connection)
    if revision is not None and revision not in REVISIONS:
        raise StoreUnavailable(
            f"the database has schema {revision}, and this remediator knows only up to {REVISIONS[-1]}: "
            "run the newer remediator that upgraded it"
        )
    return revision == REVISIONS[-1]


def has_something_to_upgrade(connection: Connection) -> bool:
    """Say whether an upgrade would change tables that are there already."""
    return bool(inspect(connection).get_table_names()) and not is_current(connection)


def bring_up_to_date(connection: Connection) -> None:
    """Make the schema in an empty database, or run the migrations that are missing, in the open transaction."""
    if is_current(connection):
        return
    if inspect(connection).get_table_names():
        migrate(connection)
        return
    METADATA.create_all(connection)
    for statement in _STAMP:
        connection.execute(text(statement), {"revision": REVISIONS[-1]})


def migrate(connection: Connection) -> None:
    """Run all migrations that are missing, in the open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "remediator.stores:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])
