"""The first schema: all tables. Frozen as SQL, so that it means the same whatever `schema.py` says one day."""

from alembic import op

revision = "0001"
down_revision = None

# Where the two databases spell one thing differently.
SPELLINGS = {
    "sqlite": {"bytes": "BLOB", "row_number": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"},
    "postgresql": {"bytes": "BYTEA", "row_number": "BIGSERIAL NOT NULL PRIMARY KEY"},
}
STATEMENTS = (
    """
    CREATE TABLE budget (
        id {row_number},
        counted TEXT NOT NULL,
        at BIGINT NOT NULL,
        run_id TEXT NOT NULL,
        playbook TEXT NOT NULL,
        target TEXT,
        source TEXT NOT NULL
    )
    """,
    """
    CREATE INDEX ix_budget_at ON budget (counted, at)
    """,
    """
    CREATE INDEX ix_budget_playbook ON budget (playbook, counted, at)
    """,
    """
    CREATE INDEX ix_budget_target ON budget (target, counted, at)
    """,
    """
    CREATE TABLE clock (
        id INTEGER NOT NULL,
        mark BIGINT NOT NULL,
        CONSTRAINT pk_clock PRIMARY KEY (id),
        CONSTRAINT ck_clock_single CHECK (id = 1)
    )
    """,
    """
    CREATE TABLE decision (
        id TEXT NOT NULL,
        at BIGINT NOT NULL,
        notification TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        source TEXT NOT NULL,
        playbook TEXT NOT NULL,
        decision TEXT NOT NULL,
        reason TEXT NOT NULL,
        "by" TEXT NOT NULL,
        run_id TEXT,
        alert_name TEXT NOT NULL,
        CONSTRAINT pk_decision PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_decision_at ON decision (at, id)
    """,
    """
    CREATE INDEX ix_decision_fingerprint ON decision (fingerprint, at)
    """,
    """
    CREATE INDEX ix_decision_run_id ON decision (run_id) WHERE run_id is not null
    """,
    """
    CREATE TABLE episode (
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        alert TEXT NOT NULL,
        status TEXT NOT NULL,
        opened_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL,
        closed_at BIGINT,
        CONSTRAINT pk_episode PRIMARY KEY (id),
        CONSTRAINT ck_episode_status CHECK (status in ('firing', 'resolved'))
    )
    """,
    """
    CREATE INDEX ix_episode_closed_at ON episode (closed_at) WHERE closed_at is not null
    """,
    """
    CREATE INDEX ix_episode_alert ON episode (source, fingerprint, seen_at)
    """,
    """
    CREATE INDEX ix_episode_open_seen_at ON episode (seen_at) WHERE closed_at is null
    """,
    """
    CREATE UNIQUE INDEX uq_episode_open ON episode (source, fingerprint) WHERE closed_at is null
    """,
    """
    CREATE TABLE inbox (
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        kind TEXT NOT NULL,
        body {bytes} NOT NULL,
        received_at BIGINT NOT NULL,
        state TEXT NOT NULL,
        error TEXT NOT NULL,
        CONSTRAINT pk_inbox PRIMARY KEY (id),
        CONSTRAINT ck_inbox_state CHECK (state in ('new', 'done', 'bad'))
    )
    """,
    """
    CREATE INDEX ix_inbox_new ON inbox (received_at) WHERE state = 'new'
    """,
    """
    CREATE INDEX ix_inbox_received_at ON inbox (received_at, id)
    """,
    """
    CREATE TABLE outbox (
        id {row_number},
        run_id TEXT NOT NULL,
        thread TEXT NOT NULL,
        channel TEXT NOT NULL,
        deduplication TEXT NOT NULL,
        message TEXT NOT NULL,
        while_firing TEXT NOT NULL,
        state TEXT NOT NULL,
        place BIGINT NOT NULL,
        due_at BIGINT NOT NULL,
        tries INTEGER NOT NULL,
        owner TEXT,
        lease_until BIGINT,
        receipt TEXT,
        problem TEXT NOT NULL,
        finished_at BIGINT,
        CONSTRAINT uq_outbox_deduplication UNIQUE (deduplication, channel),
        CONSTRAINT ck_outbox_state CHECK (state in ('waiting', 'delivered', 'given_up', 'hushed')),
        CONSTRAINT ck_outbox_lease CHECK ((owner is null) = (lease_until is null))
    )
    """,
    """
    CREATE INDEX ix_outbox_delivered ON outbox (channel, finished_at) WHERE state = 'delivered'
    """,
    """
    CREATE INDEX ix_outbox_due ON outbox (due_at, id) WHERE state = 'waiting'
    """,
    """
    CREATE INDEX ix_outbox_run_id ON outbox (run_id)
    """,
    """
    CREATE INDEX ix_outbox_thread ON outbox (thread, channel, state, place)
    """,
    """
    CREATE INDEX ix_outbox_under_way ON outbox (channel) WHERE owner is not null
    """,
    """
    CREATE INDEX ix_outbox_while_firing ON outbox (while_firing) WHERE state = 'waiting'
    """,
    """
    CREATE TABLE pause (
        id TEXT NOT NULL,
        scope TEXT NOT NULL,
        who TEXT NOT NULL,
        reason TEXT NOT NULL,
        since BIGINT NOT NULL,
        until BIGINT,
        ended_by TEXT,
        ended_at BIGINT,
        CONSTRAINT pk_pause PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_pause_open ON pause (since) WHERE ended_at is null
    """,
    """
    CREATE TABLE playbook_version (
        digest TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL,
        at BIGINT NOT NULL,
        CONSTRAINT pk_playbook_version PRIMARY KEY (digest)
    )
    """,
    """
    CREATE TABLE run (
        id TEXT NOT NULL,
        episode TEXT NOT NULL,
        playbook TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        phase TEXT NOT NULL,
        outcome TEXT,
        mode TEXT NOT NULL,
        environment TEXT NOT NULL,
        target TEXT NOT NULL,
        source TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        alert_name TEXT NOT NULL,
        plan_digest TEXT,
        created_at BIGINT NOT NULL,
        closed_at BIGINT,
        deadline BIGINT NOT NULL,
        due_at BIGINT,
        owner TEXT,
        lease_until BIGINT,
        fence BIGINT NOT NULL,
        version BIGINT NOT NULL,
        document TEXT NOT NULL,
        CONSTRAINT pk_run PRIMARY KEY (id),
        CONSTRAINT uq_run_episode UNIQUE (episode, playbook, ordinal),
        CONSTRAINT ck_run_phase CHECK (phase in ('planning', 'awaiting_approval', 'acting', 'verifying', 'closed')),
        CONSTRAINT ck_run_outcome CHECK ((phase = 'closed') = (outcome is not null)),
        CONSTRAINT ck_run_lease CHECK ((owner is null) = (lease_until is null)),
        CONSTRAINT ck_run_numbers CHECK (ordinal >= 1 and fence >= 0 and version >= 0)
    )
    """,
    """
    CREATE INDEX ix_run_closed_at ON run (closed_at) WHERE phase = 'closed'
    """,
    """
    CREATE INDEX ix_run_created_at ON run (created_at, id)
    """,
    """
    CREATE INDEX ix_run_due ON run (due_at, id) WHERE phase <> 'closed' and due_at is not null
    """,
    """
    CREATE INDEX ix_run_fingerprint ON run (fingerprint, playbook, created_at)
    """,
    """
    CREATE INDEX ix_run_open_phase ON run (phase, playbook) WHERE phase <> 'closed'
    """,
    """
    CREATE INDEX ix_run_playbook ON run (playbook, created_at)
    """,
    """
    CREATE INDEX ix_run_target ON run (target, created_at)
    """,
    """
    CREATE UNIQUE INDEX uq_run_open ON run (episode, playbook) WHERE phase <> 'closed'
    """,
    """
    CREATE TABLE seen (
        key TEXT NOT NULL,
        until BIGINT NOT NULL,
        CONSTRAINT pk_seen PRIMARY KEY (key)
    )
    """,
    """
    CREATE INDEX ix_seen_until ON seen (until)
    """,
    """
    CREATE TABLE target (
        name TEXT NOT NULL,
        holder TEXT,
        fence BIGINT NOT NULL,
        last_changed_at BIGINT,
        CONSTRAINT pk_target PRIMARY KEY (name),
        CONSTRAINT ck_target_fence CHECK (fence >= 0)
    )
    """,
    """
    CREATE INDEX ix_target_holder ON target (holder) WHERE holder is not null
    """,
    """
    CREATE TABLE approval (
        id TEXT NOT NULL,
        run_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        reasons TEXT NOT NULL,
        requested_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        granted BOOLEAN NOT NULL,
        rejected_by TEXT,
        CONSTRAINT pk_approval PRIMARY KEY (id),
        CONSTRAINT fk_approval_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_approval_run_id ON approval (run_id)
    """,
    """
    CREATE TABLE attempt (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        n INTEGER NOT NULL,
        state TEXT NOT NULL,
        plan_digest TEXT,
        fence BIGINT NOT NULL,
        target_fence BIGINT NOT NULL,
        token TEXT NOT NULL,
        not_after BIGINT,
        reason TEXT NOT NULL,
        measure TEXT NOT NULL,
        CONSTRAINT pk_attempt PRIMARY KEY (run_id, step, n),
        CONSTRAINT ck_attempt_n CHECK (n >= 1),
        CONSTRAINT ck_attempt_state
            CHECK (state in ('intended', 'doubted', 'unknown', 'applied', 'not_applied', 'failed')),
        CONSTRAINT fk_attempt_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE event (
        run_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at BIGINT NOT NULL,
        document TEXT NOT NULL,
        hash TEXT NOT NULL,
        CONSTRAINT pk_event PRIMARY KEY (run_id, seq),
        CONSTRAINT ck_event_seq CHECK (seq >= 1),
        CONSTRAINT fk_event_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE vote (
        approval_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        person TEXT NOT NULL,
        door TEXT NOT NULL,
        digest TEXT NOT NULL,
        approve BOOLEAN NOT NULL,
        reason TEXT NOT NULL,
        CONSTRAINT pk_vote PRIMARY KEY (approval_id, n),
        CONSTRAINT fk_vote_approval_id FOREIGN KEY(approval_id) REFERENCES approval (id) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    """Make everything."""
    spelling = SPELLINGS[op.get_context().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**spelling))
