"""Watch the clock: what was counted by time is worth nothing where the clock jumped, so nothing new begins until a
person has said that it is right.

`ports/steady.py` notices a jump while the daemon runs and goes on by its own count of time; here it becomes a pause of
everything, in the database, where all replicas and the next start find it. The gate of every change asks, and the
housekeeping every few seconds; ending the pause says that the clock is right. A clock that a start finds behind the
latest stored time is a jump too.
"""

from __future__ import annotations

from datetime import datetime

from remediator.core.facts import Pause
from remediator.core.messages import Message, MessageKind
from remediator.core.site_events import ClockConfirmed
from remediator.engine.recorder import Recorder
from remediator.ports.ambient import CLOCK, Ambient
from remediator.ports.steady import TOLERANCE, Jump
from remediator.ports.store import Transaction

HOUSEKEEPING = "remediator"


def is_of_clock(pause: Pause) -> bool:
    """Say whether a pause stands for a clock that nobody has confirmed."""
    return pause.id.startswith(CLOCK)


def heed_clock(tx: Transaction, ambient: Ambient) -> bool:
    """Say whether the time can be used in this transaction; False where it was confirmed only now, and moves.

    An unconfirmed jump pauses everything, in this very transaction.
    """
    jump = ambient.clock.jump() if ambient.clock else None
    if ambient.clock is None or jump is None:
        return True
    ended = tx.pause_ended(jump.id)
    if ended:
        ambient.clock.accept(jump)
        return False
    if ended is None:
        tx.add_pause(_pause(jump.id, jump.text, ambient.now()))
    return True


def confirmed(tx: Transaction, ambient: Ambient, who: str) -> None:
    """Take the wall clock for right, also where it is behind all that was stored: a person has looked."""
    now, was = ambient.clock.wall() if ambient.clock else ambient.now(), tx.clock_mark()
    tx.confirm_clock(now)
    tx.append_site(ambient.now(), ClockConfirmed(who=who, was=was, now=now))


class ClockWatch:
    """What housekeeping does about the clock, in one transaction each time."""

    def __init__(self, ambient: Ambient, recorder: Recorder) -> None:
        self._ambient = ambient
        self._recorder = recorder

    def look(self, tx: Transaction) -> tuple[Jump, ...]:
        """Pause where the clock cannot be trusted, tell people, end what took itself back; return those jumps."""
        over = self._ambient.clock.over() if self._ambient.clock else ()
        for jump in over:
            self._take_back(tx, jump)
        if not heed_clock(tx, self._ambient):
            return over
        now = self._ambient.now()
        if self._ambient.clock is None or self._ambient.clock.jump() is None:
            self._compare(tx, now)
        for pause in filter(is_of_clock, tx.pauses(now)):
            self._recorder.announce(tx, _told(pause), now)
        return over

    def forget(self, over: tuple[Jump, ...]) -> None:
        """Note that these jumps are settled, durably."""
        if self._ambient.clock:
            self._ambient.clock.forget(over)

    def _compare(self, tx: Transaction, now: datetime) -> None:
        """Compare with the latest time that was ever stored, which only a trusted clock raises."""
        mark = tx.clock_mark()
        if mark is None or now > mark:
            tx.mark_clock(now)
        elif mark - now > TOLERANCE and not any(is_of_clock(p) for p in tx.pauses(now)):
            reason = f"the clock jumped back: it was {mark:%Y-%m-%d %H:%M} before"
            tx.add_pause(_pause(self._ambient.new_id(CLOCK), reason, now))

    def _take_back(self, tx: Transaction, jump: Jump) -> None:
        now = self._ambient.now()
        if tx.end_pause(jump.id, HOUSEKEEPING, now):
            text = "The clock agrees again with the time that has passed; remediator goes on."
            self._recorder.announce(
                tx, _notice(f"{jump.id}:over", "The clock is right again", text), now
            )


def _pause(pause_id: str, reason: str, now: datetime) -> Pause:
    return Pause(id=pause_id, scope="all", who=HOUSEKEEPING, reason=reason, since=now, until=None)


def _told(pause: Pause) -> Message:
    text = (
        f"Nothing is changed any more: {pause.reason}. Look at the clock of the daemon's machine, "
        "then say that it is right: remediator resume all"
    )
    return _notice(pause.id, "The clock jumped: everything is paused", text)


def _notice(key: str, title: str, text: str) -> Message:
    return Message(
        kind=MessageKind.NOTICE,
        run_id="",
        thread="clock",
        deduplication=f"clock:{key}",
        title=title,
        text=text,
        body={"reason": text},
    )
