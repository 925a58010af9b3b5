"""The two kinds of closure arguments, put together from the nouns of this room; what `submit` and `read` hand out."""

from __future__ import annotations

from sqlalchemy import Connection

from remediator.stores.attempts import AttemptReading, AttemptWriting
from remediator.stores.budgets import BudgetWriting
from remediator.stores.decisions import DecisionReading, DecisionWriting
from remediator.stores.drills import DrillReading, DrillWriting
from remediator.stores.episodes import EpisodeReading, EpisodeWriting
from remediator.stores.history import HistoryReading
from remediator.stores.inbox import InboxReading, InboxWriting
from remediator.stores.journal import JournalReading, JournalWriting
from remediator.stores.outbox import OutboxReading, OutboxWriting
from remediator.stores.pauses import PauseWriting
from remediator.stores.replay_guard import ReplayGuardWriting
from remediator.stores.retention import Retention
from remediator.stores.runs import RunReading, RunWriting
from remediator.stores.session import Dialect, Shared
from remediator.stores.site_journal import SiteJournalReading
from remediator.stores.statistics import StatisticsReading
from remediator.stores.targets import TargetWriting
from remediator.stores.track_records import TrackRecordReading


class SqlReader(
    RunReading,
    JournalReading,
    InboxReading,
    EpisodeReading,
    DecisionReading,
    AttemptReading,
    HistoryReading,
    OutboxReading,
    SiteJournalReading,
    StatisticsReading,
    TrackRecordReading,
    DrillReading,
):
    """Questions on one snapshot (`ports.store.Reader`)."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        super().__init__(connection, dialect, Shared(), writes=False)


class SqlTransaction(
    RunWriting,
    JournalWriting,
    InboxWriting,
    EpisodeWriting,
    DecisionWriting,
    TargetWriting,
    AttemptWriting,
    BudgetWriting,
    OutboxWriting,
    ReplayGuardWriting,
    PauseWriting,
    DrillWriting,
    Retention,
    StatisticsReading,
    HistoryReading,
    TrackRecordReading,
):
    """Questions and changes of one closure (`ports.store.Transaction`)."""

    def __init__(
        self, connection: Connection, dialect: Dialect, shared: Shared | None = None
    ) -> None:
        super().__init__(connection, dialect, shared or Shared(), writes=True)
        self._seen = {}
