"""What the engine asks of the store. All calls below stand inside one closure, which runs in one transaction.

`store.submit(fn)` runs `fn(transaction)` and returns when its commit is durable; `store.read(fn)` reads a snapshot.
Closures are synchronous, touch nothing but the transaction, and may be run again (after a failed batch or a
serialization failure): they must not change anything outside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from remediator.core.alert import Alert, AlertStatus
from remediator.core.events import Event
from remediator.core.facts import Counted, Pause
from remediator.core.messages import Message
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.ports.chains import ChainReader
from remediator.ports.drills import DrillWriter
from remediator.ports.inbox import InboxReader, InboxWriter
from remediator.ports.inbox import Notification as Notification  # noqa: PLC0414 -- mypy asks for it
from remediator.ports.site_journal import SiteJournalReader, SiteJournalWriter
from remediator.ports.surroundings import Surroundings
from remediator.ports.track_records import PlaybookPast

T = TypeVar("T")


class Work(StrEnum):
    """What a commit can make due, for the loops that wait for it."""

    INBOX = "inbox"
    RUNS = "runs"
    OUTBOX = "outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One stretch of an alert firing; at most one is open per (source, fingerprint)."""

    id: str
    source: str
    fingerprint: str
    alert: Alert
    status: AlertStatus
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What was decided for one alert and one playbook: not_matched, skipped, off, blocked, dry_run, waiting, run.

    Of an alert that no playbook matches, `no_playbook` is said; one that could not be taken is `refused`. No playbook
    stands there.
    """

    id: str
    at: datetime
    notification: str
    fingerprint: str
    source: str
    playbook: str
    decision: str
    reason: str
    by: str = ""
    run_id: str | None = None
    alert_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One event as stored: its number within the run (from 1), and the hash that chains it to the one before."""

    run_id: str
    seq: int
    at: datetime
    event: Event
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A run's exclusive claim on a target. `fence` only ever grows, also over different runs."""

    target: Target
    holder: str | None
    fence: int
    last_changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One counted thing (table `budget`)."""

    counted: Counted
    at: datetime
    run_id: str
    playbook: str
    target: Target | None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way to one channel. `channel` is the JSON of its settings, `receipt` what the
    thread's last one returned there, and `previous_at` when; `elsewhere` are the thread's last receipts by other
    settings, as (channel, receipt), the newest first."""

    id: str
    message: Message
    channel: str
    due_at: datetime
    tries: int = 0
    receipt: str | None = None
    previous_at: datetime | None = None
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What to list: newest first, below the cursor `before`, with equality filters (playbook, target, phase,
    outcome, fingerprint, …)."""

    limit: int = 50
    before: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list and the cursor of the next, or None."""

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Numbers for metrics and health."""

    runs_active: Mapping[str, int]
    approvals_pending: int
    oldest_due_at: datetime | None
    outbox_pending: int
    outbox_oldest_at: datetime | None
    inbox_new: int
    inbox_oldest_at: datetime | None
    pauses: tuple[Pause, ...]


class Reader(InboxReader, SiteJournalReader, Surroundings, PlaybookPast, ChainReader, Protocol):
    """Questions; available in both kinds of closure."""

    def run(self, run_id: str) -> Run | None: ...  # noqa: D102
    def runs(self, listing: Listing) -> Page[Run]: ...  # noqa: D102
    def open_runs_of(self, episode: str) -> tuple[Run, ...]: ...  # noqa: D102
    def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> tuple[JournalEntry, ...]:
        """Return a run's journal behind the entry `after`, oldest first."""
        ...

    def decisions(self, listing: Listing) -> Page[DecisionRecord]: ...  # noqa: D102
    def episode(self, episode_id: str) -> Episode | None: ...  # noqa: D102
    def open_episode(self, source: str, fingerprint: str) -> Episode | None: ...  # noqa: D102
    def latest_episode(self, source: str, fingerprint: str) -> Episode | None:
        """Return the episode in which an alert was named last, open or closed: what was said of it most recently."""
        ...

    def last_run_of(self, source: str, fingerprint: str, playbook: str) -> Run | None: ...  # noqa: D102
    def playbook_document(self, digest: str) -> str | None: ...  # noqa: D102
    def holds(self, targets: Sequence[Target]) -> tuple[Hold, ...]:
        """Return one Hold per target, in the order asked; a target never held has fence 0 and no holder."""
        ...

    def acting(self, *, playbook: str, besides: str) -> int:
        """Return how many open runs of a playbook, other than `besides`, hold a target now."""
        ...

    def pauses(self, now: datetime) -> tuple[Pause, ...]:
        """Return the pauses in force."""
        ...

    def refused_alerts(self, playbook: str, by: str, since: datetime) -> int:
        """Count the alerts that a playbook matched since and that got no run, by the kind of refusal."""
        ...

    def is_queued(self, deduplication: str) -> bool:
        """Say whether a message is in the outbox, delivered or not."""
        ...

    def was_told(self, thread: str, channel: str) -> bool:
        """Say whether a channel (its JSON) has been told anything in this thread."""
        ...

    def threads_begun(self, channel: str, since: datetime, besides: str = "folded") -> int:
        """Count the threads whose first delivery by a channel (its JSON) is under way or was made since; those whose
        receipt is `besides` do not count."""
        ...

    def outcomes(self, since: datetime) -> Mapping[str, int]:
        """Count the runs created since by how they ended; open ones are left out."""
        ...

    def statistics(self, now: datetime) -> Statistics: ...  # noqa: D102
    def awaiting_approval(self, most: int) -> int:
        """Count the plans that await approval, up to one more than `most`; cheap, however many there are."""
        ...


class Transaction(Reader, InboxWriter, SiteJournalWriter, DrillWriter, Protocol):
    """Questions and changes; a change is visible to later questions of the same closure."""

    # episodes
    def save_episode(self, episode: Episode) -> None:
        """Insert or update by id. Inserting a second open one for (source, fingerprint) is an error that rolls back."""
        ...

    def stale_episodes(self, seen_before: datetime, limit: int) -> tuple[Episode, ...]:
        """Return open episodes that nobody has named since."""
        ...

    def decide(self, decision: DecisionRecord) -> bool:
        """Record a decision, once by its id; False where it was recorded before."""
        ...

    def keep_playbook(self, digest: str, name: str, document: str, at: datetime) -> None: ...  # noqa: D102

    # runs
    def insert_run(self, run: Run, due_at: datetime) -> bool:
        """Insert a new run; False, and nothing stored, where (episode, playbook, ordinal) is taken or one is
        open there."""
        ...

    def lock_run(self, run_id: str) -> Run | None:
        """Read a run for a change in this transaction."""
        ...

    def save_run(self, run: Run, due_at: datetime | None, *, release: bool = False) -> None:
        """Store the new state of a run; its version grows by one. `due_at` None: nothing wakes it but an event.

        With `release` whoever has the claim gives the run back.
        """
        ...

    def append(self, run_id: str, at: datetime, events: Sequence[Event]) -> None:
        """Append to the run's journal, hash-chained."""
        ...

    def claim_due(
        self, *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> tuple[Run, ...]:
        """Take due runs whose lease is free or over: owner and lease are set, the fence grows. PostgreSQL:
        its own clock, SKIP LOCKED."""
        ...

    def extend_leases(
        self, *, owner: str, fences: Mapping[str, int], lease: timedelta, now: datetime
    ) -> frozenset[str]:
        """Renew the leases of these runs; return the ids that are still ours."""
        ...

    def release_claim(self, run_id: str, fence: int) -> None:
        """Give a run back where the fence is still ours; its `due_at` stays."""
        ...

    def is_ours(self, run_id: str, fence: int) -> bool:
        """Say whether no later claim has taken this run."""
        ...

    # targets, attempts, budgets
    def hold(self, target: Target, run_id: str, changing_at: datetime | None = None) -> int | None:
        """Take a target for a run (again is fine) and return its new, grown fence; None where another run holds it.

        With `changing_at` the target counts as changed then, as by `touch`.
        """
        ...

    def release_holds(self, run_id: str) -> None: ...  # noqa: D102
    def touch(self, target: Target, at: datetime) -> None: ...  # noqa: D102
    def touch_held(self, run_id: str, at: datetime, *, release: bool = False) -> None:
        """Note that everything a run holds was changed; with `release` it holds nothing any more."""
        ...

    def record_attempt(self, run: Run, step: str) -> None:
        """Insert or update the attempt row (run, step, n) from the run's progress; unique, so a second
        intent for one n fails."""
        ...

    def record_approval(self, run: Run) -> None:
        """Insert or update the approval row and its votes from the run's approval."""
        ...

    def count(self, entry: Entry) -> None: ...  # noqa: D102

    # outbox
    def enqueue(self, message: Message, channels: Sequence[str], due_at: datetime) -> None:
        """Put a message in the outbox, once per (deduplication, channel); a repeat is ignored."""
        ...

    def claim_deliveries(
        self,
        *,
        owner: str,
        lease: timedelta,
        limit: int,
        now: datetime,
        besides: Collection[str] = (),
    ) -> tuple[Delivery, ...]:
        """Take due deliveries, in order within each (thread, channel): a later one waits for an earlier one.

        Those by the channels `besides` (each its JSON) are left alone.
        """
        ...

    def claim_behind(
        self, delivery: Delivery, *, owner: str, lease: timedelta, limit: int, now: datetime
    ) -> tuple[Delivery, ...]:
        """Take the due deliveries that wait behind a claimed one in its (thread, channel), oldest first."""
        ...

    def postpone_delivery(
        self, delivery_id: str, due_at: datetime, receipt: str | None = None
    ) -> None:
        """Give a claimed delivery back for later; it counts as no try. Its next claim is given the `receipt`."""
        ...

    def delivered(self, delivery_id: str, receipt: str, at: datetime) -> None: ...  # noqa: D102
    def retry_delivery(
        self, delivery_id: str, due_at: datetime, problem: str, receipt: str | None = None
    ) -> None:
        """Give a claimed delivery back after a failed try. Its next claim is given the `receipt`."""
        ...

    def give_up_delivery(self, delivery_id: str, problem: str, at: datetime) -> None: ...  # noqa: D102
    def hush(self, while_firing: str) -> int:
        """Drop undelivered messages that are only meant while this episode fires; return how many."""
        ...

    # requests that may come only once
    def remember(self, key: str, until: datetime) -> bool:
        """Remember a key (at most 200 characters) until then; False where it is remembered already."""
        ...

    def try_to_write(self, now: datetime) -> None:
        """Write something small, so that its commit says whether anything can be stored."""
        ...

    # pauses
    def add_pause(self, pause: Pause) -> None:
        """Put a pause in force, and say so in the site's journal."""
        ...

    def end_pause(self, pause_id: str, who: str, at: datetime) -> bool:
        """End a pause now, and say so in the site's journal; False where there is none in force."""
        ...

    # keeping
    def prune(self, *, runs_before: datetime, notifications_before: datetime, limit: int) -> int:
        """Delete at most `limit` closed runs with all that belongs to them, and finished notifications, that are older;
        return how many rows, 0 when nothing is left."""
        ...

    def clock_mark(self) -> datetime | None:
        """Return the highest clock value ever stored (against clocks that jump back)."""
        ...

    def confirm_clock(self, now: datetime) -> None: ...  # noqa: D102

    def mark_clock(self, now: datetime) -> None: ...  # noqa: D102


class Store(Protocol):
    """Where it is all kept. `prunes_at_once` is how many old runs may go in one step: as many as hold nobody up who
    stores something meanwhile."""

    prunes_at_once: int

    async def submit(self, closure: Callable[[Transaction], T]) -> T:
        """Run a closure in a write transaction; return once it is durable. Raise StoreUnavailable."""
        ...

    async def read(self, closure: Callable[[Reader], T]) -> T:
        """Run a closure on a snapshot."""
        ...

    async def wait_for_work(self, kind: Work, timeout: timedelta) -> None:
        """Return when a commit here or on another replica made such work due, or after the time-out.

        What was due while the calling task was busy counts: a loop waits in its own task, for one kind of work.
        """
        ...

    async def close(self) -> None:
        """Refuse new closures, finish accepted ones, close connections."""
        ...
