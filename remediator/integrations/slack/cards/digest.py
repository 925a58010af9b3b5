"""One message for many runs: every plan that waits, with a button that shows it, and how the others ended. Pure."""

from __future__ import annotations

from remediator.core.card import Card, CardRequest
from remediator.core.messages import Digest
from remediator.core.vocabulary import counted
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards import steps
from remediator.integrations.slack.cards.cards import Drawing
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape, moment, sentence
from remediator.integrations.slack.cards.plan_card import review_button

_MOST = 20
_ROW = 400


def draw_digest(digest: Digest, mentions: Mentions) -> Drawing:
    """Return the message; the groups that may decide are called once."""
    rows = [(card, card.request) for card in digest.waiting[:_MOST] if card.request]
    title = _title(digest.waits)
    names = dict.fromkeys(n for _, r in rows for n in (*r.groups, *r.users))
    missing = digest.waits - len(rows)
    more = f"… and {missing} more: {code('/remediator runs')} lists them." if missing > 0 else ""
    return Drawing(
        text=sentence(". ".join(filter(None, (title, _ended(digest)))) + ".", 500),
        blocks=(
            b.header(title),
            *b.section(
                f"🚨 Many at once, so here they are together. {_calls(mentions, names)}".strip()
            ),
            *(block for card, request in rows for block in _row(card, request)),
            *b.section(more),
            *b.context(escape(_ended(digest))),
        ),
    )


def _title(waits: int) -> str:
    if not waits:
        return "Many runs at once"
    return f"{counted(waits, 'plan')} {'await' if waits > 1 else 'awaits'} approval"


def _calls(mentions: Mentions, names: dict[str, None]) -> str:
    return f"For {mentions.call_all(names)}." if names else ""


def _row(card: Card, request: CardRequest) -> tuple[b.Block, ...]:
    undo = "*cannot be undone*" if card.irreversible else "can be undone"
    size = counted(len(steps.changes(card)), "change")
    expires = f"expires {moment(request.expires_at)}"
    about = (escape(card.severity, 40), size, undo, expires)
    text = b.lines((bold(card.headline, 200), " · ".join(filter(None, about))))
    return b.section(text, accessory=review_button(card, request), most=_ROW)


def _ended(digest: Digest) -> str:
    counts = ", ".join(
        f"{count} {outcome.replace('_', ' ')}" for outcome, count in digest.outcomes.items()
    )
    return f"Meanwhile ended: {counts}" if counts else ""
