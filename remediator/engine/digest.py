"""Many runs in one message: when runs crowd a channel, the courier folds what it would tell of each into a digest.

A folded delivery counts as delivered. In the same transaction a DIGEST is queued; what it says is looked up only when
it is delivered, so that it is always as of now. What calls for people to act is never folded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from remediator.core import wording as say
from remediator.core.card import Card, card_of
from remediator.core.messages import Digest, Message, MessageKind
from remediator.core.run import Phase, Run
from remediator.core.vocabulary import spelled
from remediator.engine.delivery_batch import FOLDED, DeliveryBatch, mark_delivered
from remediator.ports.store import Listing, Reader, Transaction

WITHIN = timedelta(minutes=10)
BUCKET_SECONDS = 3
GRACE = timedelta(seconds=1)
"""How long after its bucket's end a digest is due: whoever folds at the very end has stored it by then."""
OUTCOMES_OF = timedelta(hours=1)
MOST_CARDS = 20
_LOOKED_AT = 100

_ASKING = frozenset({MessageKind.PLAN, MessageKind.REMINDER})
_ENDED = frozenset(
    {MessageKind.RESULT, MessageKind.WITHDRAWN, MessageKind.BLOCKED, MessageKind.DRY_RUN}
)
_QUIET = _ASKING | _ENDED | {MessageKind.PROGRESS}


def fold_in_a_crowd(tx: Transaction, batch: DeliveryBatch, now: datetime) -> bool:
    """Fold a batch where its run is one of too many; say whether it was."""
    if not _is_folded(tx, batch, now):
        return False
    mark_delivered(tx, batch.deliveries, FOLDED, now)
    message = digest_message(now)
    tx.enqueue(message, (batch.destination,), message.due_at or now)
    return True


def refresh_digest(tx: Transaction, batch: DeliveryBatch, now: datetime) -> None:
    """Queue the hour's digest anew where there is one and this batch says more than that people are asked."""
    is_news = bool(batch.kinds - _ASKING - {MessageKind.DIGEST, MessageKind.NOTICE})
    message = digest_message(now)
    if batch.channel.crowd and is_news and tx.was_told(message.thread, batch.destination):
        tx.enqueue(message, (batch.destination,), message.due_at or now)


def digest_message(now: datetime) -> Message:
    """Return a digest without content: one in three seconds, one thread an hour."""
    bucket = int(now.timestamp()) // BUCKET_SECONDS
    end = datetime.fromtimestamp((bucket + 1) * BUCKET_SECONDS, UTC)
    return Message(
        kind=MessageKind.DIGEST,
        run_id="",
        thread=f"digest:{now:%Y-%m-%dT%H}",
        deduplication=f"digest:{bucket}",
        title="Many runs at once",
        text="Many runs at once.",
        at=now,
        due_at=end + GRACE,
    )


def filled(message: Message, reader: Reader, now: datetime) -> Message:
    """Return a digest with what is so now."""
    digest = _digest(reader, now)
    return replace(
        message,
        title=_title(digest),
        text=_text(digest),
        lines=tuple(_line(card) for card in digest.waiting) + _more(digest),
        facts={spelled(name): str(count) for name, count in digest.outcomes.items()},
        at=now,
        digest=digest,
    )


def _is_folded(tx: Transaction, batch: DeliveryBatch, now: datetime) -> bool:
    crowd = batch.channel.crowd
    if not crowd or batch.is_begun or not batch.kinds <= _QUIET:
        return False
    asks = batch.kinds & _ASKING and not batch.kinds & _ENDED
    if batch.receipt == FOLDED and not asks:
        return True  # its story lives in the digest
    if tx.awaiting_approval(crowd) > crowd:
        return True
    others = (
        tx.threads_begun(batch.destination, now - WITHIN, FOLDED) - 1
    )  # this one is under way itself
    return others >= crowd


def _digest(reader: Reader, now: datetime) -> Digest:
    awaiting = Listing(limit=_LOOKED_AT, filters={"phase": Phase.AWAITING_APPROVAL.value})
    found: tuple[Run, ...] = reader.runs(awaiting).items
    cards = [card_of(run, now) for run in found]
    waiting = sorted((c for c in cards if c.request and c.request.is_open), key=_expires_at)
    decided = len(cards) - len(waiting)
    return Digest(
        waiting=tuple(waiting[:MOST_CARDS]),
        waits=max(reader.statistics(now).approvals_pending - decided, len(waiting)),
        outcomes=reader.outcomes(now - OUTCOMES_OF),
    )


def _expires_at(card: Card) -> tuple[datetime, str]:
    return (card.request.expires_at if card.request else card.created_at, card.run)


def _title(digest: Digest) -> str:
    if not digest.waits:
        return "No plan awaits approval any more"
    return f"{_plans(digest.waits)} approval"


def _text(digest: Digest) -> str:
    ended = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in digest.outcomes.items())
    within = f" Runs of the last hour: {ended}." if ended else ""
    asked = f"{_plans(digest.waits)} approval." if digest.waits else "Nothing awaits approval."
    return f"Many runs at once. {asked}{within}"


def _plans(count: int) -> str:
    return "1 plan awaits" if count == 1 else f"{count} plans await"


def _line(card: Card) -> str:
    until = f", until {say.clock(card.request.expires_at)}" if card.request else ""
    return f"{card.run}: {card.headline}{until}"


def _more(digest: Digest) -> tuple[str, ...]:
    left = digest.waits - len(digest.waiting)
    return (f"and {left} more",) if left > 0 else ()
