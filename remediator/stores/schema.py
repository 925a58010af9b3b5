"""The tables (durability.md, "The store"): one schema for both databases; every statement of this room starts here.

JSON is kept as text, times as integer microseconds UTC, ids as text, raw bodies as bytes.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.event import listens_for

from remediator.core.run import Phase
from remediator.stores.columns import Moment, RowNumber, Words

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


_CONDITION = "condition"


class Sending(StrEnum):
    """What became of a message on its way to one channel."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    HUSHED = "hushed"


def _partial(name: str, *columns: Column[object], where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(
        name, *columns, unique=unique, sqlite_where=condition, info={_CONDITION: condition}
    )


@listens_for(METADATA, "before_create")
def _partial_on_postgresql(_metadata: MetaData, connection: Connection, **_: object) -> None:
    """Make indexes partial there, too. Said of each index where it stands, SQLite would load all of PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return
    for index in (index for table in METADATA.tables.values() for index in table.indexes):
        if _CONDITION in index.info:
            index.dialect_options["postgresql"]["where"] = index.info[_CONDITION]


def _only(column: str, *values: str) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({allowed})", name=column)


inbox = Table(
    "inbox",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("source", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("state", Words, nullable=False),
    Column("error", Words, nullable=False),
    _only("state", "new", "done", "bad"),
)
Index("ix_inbox_received_at", inbox.c.received_at, inbox.c.id)
_partial("ix_inbox_waiting", inbox.c.received_at, inbox.c.id, where="state = 'new'")
_partial("ix_inbox_bad", inbox.c.received_at, inbox.c.id, where="state = 'bad'")

episode = Table(
    "episode",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("source", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("alert", Text, nullable=False),
    Column("status", Words, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("closed_at", Moment),
    _only("status", "firing", "resolved"),
)
Index("ix_episode_alert", episode.c.source, episode.c.fingerprint, episode.c.seen_at)
_partial(
    "uq_episode_open",
    episode.c.source,
    episode.c.fingerprint,
    where="closed_at is null",
    unique=True,
)
_partial("ix_episode_open_seen_at", episode.c.seen_at, where="closed_at is null")
_partial("ix_episode_closed_at", episode.c.closed_at, where="closed_at is not null")

playbook_version = Table(
    "playbook_version",
    METADATA,
    Column("digest", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("document", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

decision = Table(
    "decision",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("notification", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("playbook", Words, nullable=False),
    Column("decision", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("run_id", Words),
    Column("alert_name", Words, nullable=False),
)
Index("ix_decision_at", decision.c.at, decision.c.id)
Index("ix_decision_fingerprint", decision.c.fingerprint, decision.c.at)
_partial("ix_decision_run_id", decision.c.run_id, where="run_id is not null")
Index("ix_decision_playbook", decision.c.playbook, decision.c.at)
Index("ix_decision_decision", decision.c.decision, decision.c.at)
Index("ix_decision_source", decision.c.source, decision.c.at)
Index("ix_decision_notification", decision.c.notification, decision.c.at)

run = Table(
    "run",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("episode", Words, nullable=False),
    Column("playbook", Words, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("phase", Words, nullable=False),
    Column("outcome", Words),
    Column("mode", Words, nullable=False),
    Column("environment", Words, nullable=False),
    Column("target", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("alert_name", Words, nullable=False),
    Column("plan_digest", Words),
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("deadline", Moment, nullable=False),
    Column("due_at", Moment),
    Column("owner", Words),
    Column("lease_until", Moment),
    Column("fence", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("episode", "playbook", "ordinal"),
    _only("phase", *Phase),
    CheckConstraint("(phase = 'closed') = (outcome is not null)", name="outcome"),
    CheckConstraint("(owner is null) = (lease_until is null)", name="lease"),
    CheckConstraint("ordinal >= 1 and fence >= 0 and version >= 0", name="numbers"),
)
_partial("uq_run_open", run.c.episode, run.c.playbook, where="phase <> 'closed'", unique=True)
_partial("ix_run_due", run.c.due_at, run.c.id, where="phase <> 'closed' and due_at is not null")
_partial("ix_run_open_phase", run.c.phase, run.c.playbook, where="phase <> 'closed'")
_partial("ix_run_open_created_at", run.c.phase, run.c.created_at, where="phase <> 'closed'")
_partial("ix_run_closed_at", run.c.closed_at, where="phase = 'closed'")
Index("ix_run_created_at", run.c.created_at, run.c.id)
Index("ix_run_fingerprint", run.c.fingerprint, run.c.playbook, run.c.created_at)
Index("ix_run_fingerprint_created_at", run.c.fingerprint, run.c.created_at)
Index("ix_run_playbook", run.c.playbook, run.c.created_at)
Index("ix_run_target", run.c.target, run.c.created_at)
Index("ix_run_target_playbook", run.c.target, run.c.playbook, run.c.created_at)
_partial("ix_run_outcome", run.c.outcome, run.c.created_at, where="outcome is not null")
_partial(
    "ix_run_playbook_outcome",
    run.c.playbook,
    run.c.outcome,
    run.c.created_at,
    where="outcome is not null",
)

target = Table(
    "target",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("holder", Words),
    Column("fence", BigInteger, nullable=False),
    Column("last_changed_at", Moment),
    CheckConstraint("fence >= 0", name="fence"),
)
_partial("ix_target_holder", target.c.holder, where="holder is not null")


def _of_run(*, primary_key: bool = False) -> Column[str]:
    key = ForeignKey("run.id", ondelete="CASCADE")
    return Column("run_id", Words, key, primary_key=primary_key, nullable=False)


attempt = Table(
    "attempt",
    METADATA,
    _of_run(primary_key=True),
    Column("step", Words, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("state", Words, nullable=False),
    Column("plan_digest", Words),
    Column("fence", BigInteger, nullable=False),
    Column("target_fence", BigInteger, nullable=False),
    Column("token", Words, nullable=False),
    Column("not_after", Moment),
    Column("reason", Words, nullable=False),
    Column("measure", Text, nullable=False),
    CheckConstraint("n >= 1", name="n"),
    _only("state", "intended", "doubted", "unknown", "applied", "not_applied", "failed"),
)

approval = Table(
    "approval",
    METADATA,
    Column("id", Words, primary_key=True),
    _of_run(),
    Column("digest", Words, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("rejected_by", Words),
)
Index("ix_approval_run_id", approval.c.run_id)

vote = Table(
    "vote",
    METADATA,
    Column("approval_id", Words, ForeignKey("approval.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("person", Words, nullable=False),
    Column("door", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("approve", Boolean, nullable=False),
    Column("reason", Words, nullable=False),
)

budget = Table(
    "budget",
    METADATA,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("counted", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("playbook", Words, nullable=False),
    Column("target", Words),
    Column("source", Words, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_budget_at", budget.c.counted, budget.c.at)
Index("ix_budget_playbook", budget.c.playbook, budget.c.counted, budget.c.at)
Index("ix_budget_target", budget.c.target, budget.c.counted, budget.c.at)
_partial("ix_budget_domain", budget.c.run_id, budget.c.target, where="counted = 'domain'")

outbox = Table(
    "outbox",
    METADATA,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("run_id", Words, nullable=False),
    Column("thread", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("deduplication", Words, nullable=False),
    Column("message", Text, nullable=False),
    Column("while_firing", Words, nullable=False),
    Column("state", Words, nullable=False),
    # `place` is when it was first due and gives the order; `due_at` moves with every failed try.
    Column("place", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("owner", Words),
    Column("lease_until", Moment),
    Column("receipt", Words),
    Column("problem", Words, nullable=False),
    Column("finished_at", Moment),
    UniqueConstraint("deduplication", "channel"),
    _only("state", *Sending),
    CheckConstraint("(owner is null) = (lease_until is null)", name="lease"),
    sqlite_autoincrement=True,  # a number is never given twice, also after pruning
)
_partial("ix_outbox_due", outbox.c.due_at, outbox.c.id, where="state = 'waiting'")
Index("ix_outbox_thread", outbox.c.thread, outbox.c.channel, outbox.c.state, outbox.c.place)
Index("ix_outbox_run_id", outbox.c.run_id)
_partial("ix_outbox_while_firing", outbox.c.while_firing, where="state = 'waiting'")
_partial("ix_outbox_delivered", outbox.c.channel, outbox.c.finished_at, where="state = 'delivered'")
_partial("ix_outbox_under_way", outbox.c.channel, where="owner is not null")
_partial("ix_outbox_ended", outbox.c.place, where="state <> 'waiting'")

event = Table(
    "event",
    METADATA,
    _of_run(primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("document", Text, nullable=False),
    Column("hash", Words, nullable=False),
    CheckConstraint("seq >= 1", name="seq"),
)

site_event = Table(
    "site_event",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("document", Text, nullable=False),
    Column("hash", Words, nullable=False),
    CheckConstraint("number >= 1", name="number"),
)

drill = Table(
    "drill",
    METADATA,
    Column("night", Words, primary_key=True),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("document", Text, nullable=False),
)

pause = Table(
    "pause",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("scope", Words, nullable=False),
    Column("who", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("ended_by", Words),
    Column("ended_at", Moment),
)
_partial("ix_pause_open", pause.c.since, where="ended_at is null")

seen = Table(
    "seen",
    METADATA,
    Column("key", Words, primary_key=True),
    Column("until", Moment, nullable=False),
)
Index("ix_seen_until", seen.c.until)

clock = Table(
    "clock",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mark", Moment, nullable=False),
    CheckConstraint("id = 1", name="single"),
)


# Conditions spelt with literals, as the partial indexes spell them: SQLite uses those for no bound parameter.
IS_OPEN: ColumnElement[bool] = run.c.phase != literal_column("'closed'")
IS_WAITING: ColumnElement[bool] = outbox.c.state == literal_column("'waiting'")
IS_DELIVERED: ColumnElement[bool] = outbox.c.state == literal_column("'delivered'")
IS_NEW: ColumnElement[bool] = inbox.c.state == literal_column("'new'")
IS_BAD: ColumnElement[bool] = inbox.c.state == literal_column("'bad'")
