"""Drills: who has taken a night's, and what it found.

One new table that older programs neither read nor write: they go on beside it, and nobody waits for a lock of theirs.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table, where it is not there."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS drill (
            night TEXT NOT NULL,
            began_at BIGINT NOT NULL,
            ended_at BIGINT,
            document TEXT NOT NULL,
            CONSTRAINT pk_drill PRIMARY KEY (night)
        )
        """
    )
