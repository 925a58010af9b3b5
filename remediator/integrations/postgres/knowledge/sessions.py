"""Which sessions may be ended, and what people read of them. Superusers', replication's, the server's own and backups'
never are; a pooler's session belongs to whichever client holds it just now."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from remediator.core.duration import format_duration
from remediator.core.plaintext import one_line
from remediator.integrations.postgres.api import Session

IDLE, ACTIVE = "idle in transaction", "active"
_TOOLS = re.compile(
    r"^(?:pg_(?:dump|dumpall|basebackup|restore|receivewal|recvlogical|rewind)|pgbackrest|barman|wal-g)\b",
    re.IGNORECASE,
)
_POOLERS = re.compile(r"pgbouncer|pgcat|odyssey|pgpool|supavisor", re.IGNORECASE)
_UPKEEP = re.compile(
    r"^\s*(?:/\*.*?\*/\s*)*(?:vacuum|analyze|reindex|cluster|refresh|create\s+(?:unique\s+)?index)\b",
    re.IGNORECASE | re.DOTALL,
)
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a playbook wants to be ended."""

    state: str
    older_than: timedelta
    users: frozenset[str]
    application: str | None
    at_most: int


def chosen(sessions: Iterable[Session], wish: Wish) -> tuple[Session, ...]:
    """Return the sessions that fit, the oldest first, and at most so many."""
    fitting = [each for each in sessions if fits(each, wish)]
    oldest_first = sorted(fitting, key=lambda each: (-each.seconds, each.pid))
    return tuple(oldest_first[: wish.at_most])


def fits(session: Session, wish: Wish) -> bool:
    """Say whether it is what is wanted and may be ended at all."""
    is_in_state = session.state.startswith(wish.state)  # `idle in transaction (aborted)` too
    is_wanted = wish.application is None or session.application == wish.application
    is_old = session.seconds >= wish.older_than.total_seconds()
    return is_in_state and is_wanted and is_old and not untouchable(session, wish.users)


def untouchable(session: Session, users: frozenset[str]) -> str:
    """Say why it must not be ended; empty where it may."""
    if session.kind != "client backend" or session.is_parallel:
        return f"it is a {session.kind or 'session that we cannot see'}"
    if session.is_superuser:
        return "it is a superuser's"
    if session.user not in users:
        return f"{session.user} is not among the `users` of the settings"
    if _TOOLS.match(session.application) or _POOLERS.search(session.application):
        return f"it is {session.application}'s"
    if _UPKEEP.match(session.query):
        return "it maintains the database"
    return ""


def identity(session: Session, *, terminate: bool) -> Mapping[str, str | int]:
    """Return what is ended: this transaction of this session, or this query of it."""
    named: dict[str, str | int] = {"pid": session.pid, "began": session.began}
    moment = session.transaction if terminate else session.query_began
    return {**named, "transaction" if terminate else "query": moment}


def is_there(
    named: Mapping[str, object], sessions: Iterable[Session], *, terminate: bool
) -> Session | None:
    """Return the session that was frozen by its identity, where it is still in that transaction or query."""
    for session in sessions:
        is_busy = terminate or session.state == ACTIVE
        if is_busy and identity(session, terminate=terminate) == dict(named):
            return session
    return None


def told(sessions: Iterable[Session], everybody: Iterable[Session]) -> str:
    """Return sessions for people: who, since when, and whom it holds up."""
    waiting = Counter(pid for each in everybody for pid in each.waits_for)
    lines = [_words(each, waiting[each.pid]) for each in sessions]
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more


def _words(session: Session, waiting: int) -> str:
    age = format_duration(timedelta(seconds=int(session.seconds)))
    who = one_line(f"{session.user}, {session.application or 'no application name'}", 80)
    blocks = f", {waiting} wait for it" if waiting else ""
    return f"pid {session.pid} ({who}, {session.state} for {age}{blocks})"
