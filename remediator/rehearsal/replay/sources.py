"""Where the alerts of the past come from: our own notifications, or a system that remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from remediator.core.alert import Alert, AlertStatus
from remediator.core.canonical import digest
from remediator.core.errors import InputError
from remediator.engine.admission import Parse
from remediator.ports.past import Past, Stretch
from remediator.ports.store import Notification
from remediator.rehearsal.replay.replay import Word

REPEATED = timedelta(hours=4)
"""How often Alertmanager repeats itself, unless told otherwise."""


def of_notifications(
    notifications: Sequence[Notification], parsers: Mapping[str, Parse]
) -> tuple[list[Word], int]:
    """Return every word of these notifications in the order of time, and how many could not be read."""
    words, unread = list[Word](), 0
    for each in notifications:
        try:
            alerts = parsers[each.kind](each.body).alerts
        except (KeyError, InputError):
            unread += 1
            continue
        words += (
            Word(at=each.received_at, alert=alert, source=each.source, notification=each.id)
            for alert in alerts
        )
    return sorted(words, key=lambda word: word.at), unread


def of_past(past: Past, until: datetime, *, source: str, labels: Mapping[str, str]) -> list[Word]:
    """Return what Alertmanager would have said of these stretches; `labels` are added to each."""
    words = (
        word
        for stretch in past.stretches
        for word in _words(stretch, until, source, {**stretch.labels, **labels})
    )
    return sorted(words, key=lambda word: word.at)


def _words(
    stretch: Stretch, until: datetime, source: str, labels: Mapping[str, str]
) -> Iterator[Word]:
    alert = Alert(
        fingerprint=digest(dict(labels))[:16],
        status=AlertStatus.FIRING,
        labels=labels,
        annotations={},
        starts_at=stretch.start,
    )
    at, end = stretch.start, stretch.end or until
    while at < end or at == stretch.start:
        yield Word(at=at, alert=alert, source=source)
        at += REPEATED
    if stretch.end:
        yield Word(at=stretch.end, alert=replace(alert, status=AlertStatus.RESOLVED), source=source)
