"""The schema's version: brings a database up to this program's, and refuses one that is newer. Forward only.

Both stores call this within one transaction and under a lock of their own. Alembic is imported only when there is
something to do.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from remediator.core.errors import StoreUnavailable
from remediator.stores.migrations import REVISIONS

_VERSION_TABLE = "alembic_version"


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
    """Run all migrations that are missing, in the open transaction."""
    if is_current(connection):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "remediator.stores:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])
