"""Plays the alerts of the past to a set of playbooks, in virtual time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from remediator.core.alert import Alert, AlertStatus
from remediator.core.identity import OwnMachine
from remediator.core.languages import Conditions
from remediator.engine.admission import Admission, Rules, end_episode
from remediator.engine.housekeeping import Retention
from remediator.engine.recorder import Recorder, Routes
from remediator.ports.ambient import Ambient
from remediator.ports.store import Notification
from remediator.rehearsal.replay.actor import Actor
from remediator.rehearsal.replay.assumed import Answers, Assumptions
from remediator.rehearsal.replay.ledger import Ledger

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_WORDS = timedelta(hours=25)
"""How long after the last alert runs may still go on: longer than any run lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a source said of an alert at a time."""

    at: datetime
    alert: Alert
    source: str = ""
    notification: str = ""


@dataclass(slots=True)
class Clock:
    """How late it is in a replay."""

    now: datetime


@dataclass(slots=True, kw_only=True)
class Cast:
    """What decides in a replay: rules as intake goes by, conditions, and what nothing may touch.

    After `silence` without a word about it an alert counts as resolved.
    """

    rules: Rules
    conditions: Conditions
    protected: tuple[str | OwnMachine, ...] = ()
    assumptions: Assumptions = field(default_factory=Assumptions)
    answers: Answers = field(default_factory=Answers)
    silence: timedelta = Retention().silence


async def play(
    words: Iterable[Word], cast: Cast, progress: Callable[[datetime], None] = lambda at: None
) -> Ledger:
    """Return all that would have been decided about these words, which come in the order of time."""
    player = _Player(cast)
    for word in words:
        await player.pass_until(word.at)
        player.take(word)
        progress(word.at)
    await player.pass_until(player.clock.now + _LAST_WORDS)
    return player.ledger


class _Player:
    def __init__(self, cast: Cast) -> None:
        self.ledger = Ledger()
        self.clock = Clock(_LONG_AGO)
        self._tx: Any = self.ledger
        self._cast = cast
        self._numbers = itertools.count(1)
        self._ambient = Ambient(
            now=lambda: self.clock.now,
            monotonic=lambda: 0.0,
            new_id=lambda prefix: f"{prefix}_{next(self._numbers):08d}",
            dice=lambda: 0.5,
        )
        self._recorder = Recorder(Routes, quiet=True)
        self._actor = Actor(
            self.ledger,
            self._recorder,
            cast.conditions,
            cast.answers,
            cast.assumptions,
            cast.protected,
        )
        self._tidied: datetime | None = None

    async def pass_until(self, at: datetime) -> None:
        """Let everything happen that is due before a moment."""
        while (due := self.ledger.next_due()) is not None and due < at:
            self.clock.now = max(due, self.clock.now)
            await self._actor.drive(self.ledger.take_due(due), self.clock.now)
        self.clock.now = max(at, self.clock.now) if self._tidied else at
        self._tidy()

    def take(self, word: Word) -> None:
        """Take one word in, as intake does; whatever it begins is due at once."""
        notification = Notification(
            id=word.notification or self._ambient.new_id("ntf"),
            source=word.source,
            kind="replay",
            body=b"",
            received_at=word.at,
        )
        rules, kept = self._cast.rules, set[str]()
        admission = Admission(self._tx, self._recorder, self._ambient, rules, notification, kept)
        admission.take(word.alert)

    def _tidy(self) -> None:
        """End what nobody has spoken of for a day, once an hour."""
        now = self.clock.now
        if self._tidied and now - self._tidied < timedelta(hours=1):
            return
        self._tidied = now
        for episode in self.ledger.stale_episodes(now - self._cast.silence):
            ended = replace(episode, status=AlertStatus.RESOLVED, closed_at=now)
            end_episode(self._tx, self._recorder, ended, now)
