"""An index for every question that read all there ever was.

Nothing but indexes: older programs go on beside it. Where replicas may be at work, on PostgreSQL, they are made before
this runs, without holding anybody up (`stores.postgres_upgrade`), and there is nothing left to do here.
"""

from alembic import op
from sqlalchemy import inspect

revision = "0003"
down_revision = "0002"

INDEXES = {
    "ix_inbox_waiting": "inbox (received_at, id) where state = 'new'",
    "ix_inbox_bad": "inbox (received_at, id) where state = 'bad'",
    "ix_decision_playbook": "decision (playbook, at)",
    "ix_decision_decision": "decision (decision, at)",
    "ix_decision_source": "decision (source, at)",
    "ix_decision_notification": "decision (notification, at)",
    "ix_run_open_created_at": "run (phase, created_at) where phase <> 'closed'",
    "ix_run_fingerprint_created_at": "run (fingerprint, created_at)",
    "ix_run_target_playbook": "run (target, playbook, created_at)",
    "ix_run_outcome": "run (outcome, created_at) where outcome is not null",
    "ix_run_playbook_outcome": "run (playbook, outcome, created_at) where outcome is not null",
    "ix_budget_domain": "budget (run_id, target) where counted = 'domain'",
    "ix_outbox_ended": "outbox (place) where state <> 'waiting'",
}
# `ix_inbox_waiting` does what this one did for older programs, too.
SUPERSEDED = ("ix_inbox_new",)


def upgrade() -> None:
    """Make the indexes that are not there."""
    look = inspect(op.get_bind())
    there = {str(i["name"]) for table in look.get_table_names() for i in look.get_indexes(table)}
    for name in INDEXES.keys() - there:
        op.execute(f"CREATE INDEX {name} ON {INDEXES[name]}")
    for name in there.intersection(SUPERSEDED):
        op.execute(f"DROP INDEX {name}")
