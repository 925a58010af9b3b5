"""A journal of the site: pauses, reloads, starts, and what people decided that belongs to no run.

One new table that older programs neither read nor write: they go on beside it, and nobody waits for a lock of theirs.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, where it is not there."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS site_event (
            number INTEGER NOT NULL,
            at BIGINT NOT NULL,
            document TEXT NOT NULL,
            hash TEXT NOT NULL,
            CONSTRAINT pk_site_event PRIMARY KEY (number),
            CONSTRAINT ck_site_event_number CHECK (number >= 1)
        )
        """
    )
