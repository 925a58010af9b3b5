"""The site's journal as it is answered: one sentence for each event, and its own fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from remediator.core import site_events as ev
from remediator.core.vocabulary import counted
from remediator.http import answers
from remediator.ports.codec import plain
from remediator.ports.site_journal import SiteEntry


def entry_shape(entry: SiteEntry) -> dict[str, object]:
    """Return one entry as it is answered: between its number and its hash stand its own fields."""
    own = answers.SiteEvent(
        number=entry.number,
        at=entry.at,
        text=sentence(entry.event),
        kind=entry.event.kind,
        hash=entry.hash,
    ).plain()
    chained = own.pop("hash")
    return {**own, **plain(entry.event), "hash": chained}


def sentence(event: ev.SiteEvent) -> str:
    """Say what happened, in one line."""
    return _SENTENCES[type(event)](event)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _scope(scope: str) -> str:
    return "everything" if scope == "all" else scope


def _pause_set(event: ev.PauseSet) -> str:
    until = f"until {event.until:%Y-%m-%d %H:%M} UTC" if event.until else "until somebody resumes"
    return f"{event.who} paused {_scope(event.scope)} {until}{_because(event.reason)}"


def _pause_ended(event: ev.PauseEnded) -> str:
    return f"{event.who} resumed {_scope(event.scope)}"


def _breaker_closed(event: ev.BreakerClosed) -> str:
    return f"{event.who} closed the breaker of playbook {event.playbook}"


def _clock_confirmed(event: ev.ClockConfirmed) -> str:
    return f"{event.who} says that the clock is right: it is {event.now:%Y-%m-%d %H:%M} UTC"


def _said_afterwards(event: ev.SaidAfterwards) -> str:
    run = f"{event.run_id}, which had ended on {event.target}"
    return f"{event.who} about {run}: {event.decision}{_because(event.reason)}"


def _in_use(in_use: ev.InUse) -> str:
    return f"{counted(in_use.count, 'playbook')} ({in_use.playbooks[:12]})"


def _started(event: ev.Started) -> str:
    return f"remediator {event.version} started on {event.host} with {_in_use(event.in_use)}"


def _stopped(event: ev.Stopped) -> str:
    return f"remediator {event.version} stopped on {event.host}"


def _reloaded(event: ev.Reloaded) -> str:
    parts = [
        f"{word} {', '.join(version.name for version in versions)}"
        for word, versions in (
            ("added", event.added),
            ("changed", event.changed),
            ("removed", event.removed),
        )
        if versions
    ]
    if event.before.settings != event.after.settings:
        parts.append("other settings")
    what = "; ".join(parts) or "nothing changed"
    return f"{event.who} reloaded {event.host}, now with {_in_use(event.after)}: {what}"


def _reload_refused(event: ev.ReloadRefused) -> str:
    count = len(event.problems) + event.more
    first = event.problems[0] if event.problems else ""
    return (
        f"{event.who} reloaded {event.host} in vain, {counted(count, 'problem')}{_because(first)}"
    )


_SENTENCES: dict[type, Callable[[Any], str]] = {
    ev.PauseSet: _pause_set,
    ev.PauseEnded: _pause_ended,
    ev.BreakerClosed: _breaker_closed,
    ev.ClockConfirmed: _clock_confirmed,
    ev.SaidAfterwards: _said_afterwards,
    ev.Started: _started,
    ev.Stopped: _stopped,
    ev.Reloaded: _reloaded,
    ev.ReloadRefused: _reload_refused,
}
