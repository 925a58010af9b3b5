"""What most drawings say about a run, each once: the alert, links, evidence, guards, checks, the run itself."""

from __future__ import annotations

from remediator.core.card import Card, CardRequest
from remediator.core.verdict import Ruling, Verdict
from remediator.integrations.slack.cards import blocks as b
from remediator.integrations.slack.cards.mrkdwn import bold, code, escape, fence, link, moment

_EVIDENCE_LINES = 5
_WORDS = {Ruling.ASK: "asks", Ruling.DEFER: "says later", Ruling.DENY: "says no"}


def name(card: Card) -> str:
    """Return the target's name without its kind; raw."""
    return card.target.partition("/")[2] or card.target


def alert(card: Card) -> str:
    """Name the alert, how bad it is, where, and since when."""
    parts = (bold(card.alert, 100), escape(card.severity, 40), escape(card.environment, 40))
    return " · ".join(filter(None, (*parts, f"firing since {moment(card.since)}")))


def links(card: Card) -> str:
    """Return the links that the alert's rule brought."""
    return " · ".join(filter(None, (link(url, label) for label, url in card.links)))


def evidence(card: Card, when: str = "", most: int = _EVIDENCE_LINES) -> str:
    """Return the first lines of what the probes have found; `when` is put behind their titles."""
    parts: list[str] = []
    for found in card.evidence:
        room = most - len(parts)
        if room <= 0:
            break
        problem = f": {escape(found.problem, 150)}" if found.problem else ""
        parts += [f"{bold(found.title, 120)}{when}{problem}"]
        parts += [fence(found.lines[: room - 1], 120)]
    return b.lines(parts)


def seen(card: Card) -> str:
    """Say in what state the object was when its checks were made, before anything was planned."""
    said = [v.reason for v in card.verdicts if v.ruling is Ruling.ALLOW]
    return b.lines(("*Seen before*", *(escape(words, 900) for words in said))) if said else ""


def guards(card: Card) -> str:
    """Say how many guards had nothing against it, and who would do what; for a field."""
    would = [_objection(v) for v in card.verdicts if v.ruling is not Ruling.ALLOW]
    return b.lines((f"*Guards*\n{passed(card)}", *would[:4]))


def passed(card: Card) -> str:
    """Count the guards that had nothing against it."""
    objections = {v.guard for v in card.verdicts if v.ruling is not Ruling.ALLOW}
    return f"{card.guards - len(objections)} of {card.guards} passed"


def checks(card: Card, most: int = 3) -> str:
    """Say what will prove that it worked; for a field."""
    if not card.checks:
        return ""
    more = f"… and {len(card.checks) - most} more" if len(card.checks) > most else ""
    return b.lines(("*Proved by*", *(escape(key, 150) for key in card.checks[:most]), more))


def verified(card: Card, most: int = 4) -> str:
    """Return what the last look of the verification said."""
    return b.lines(escape(line, 200) for line in card.verified[:most])


def changed(request: CardRequest, most: int = 5) -> tuple[str, ...]:
    """Return how this plan differs from the one that became void."""
    more = f"… and {len(request.changed) - most} more" if len(request.changed) > most else ""
    return (*(f"• {escape(line, 300)}" for line in request.changed[:most]), more)


def decided(card: Card) -> str:
    """Say who said yes; `automatic` where nobody was asked."""
    names = card.request.approved_by if card.request else ()
    said = ", ".join(escape(person, 80) for person in names)
    if not said or card.request is None:
        return "automatic"
    at = card.request.decided_at
    return f"approved by {said}" + (f" {moment(at)}" if at else "")


def sentences(*texts: str) -> str:
    """Put raw texts behind each other as sentences."""
    said = (text.strip().rstrip(".") for text in texts)
    return " ".join(f"{escape(text[:1].upper() + text[1:])}." for text in said if text)


def reasons(card: Card, request: CardRequest) -> str:
    """Say why people are asked, as far as no guard has said it."""
    said = {verdict.reason for verdict in card.verdicts}
    return b.lines(escape(reason, 200) for reason in request.reasons if reason not in said)


def run(card: Card) -> str:
    """Return the run's name, which commands take."""
    return f"run {code(card.run, 80)}"


def _objection(verdict: Verdict) -> str:
    return f"{code(verdict.guard, 40)} {_WORDS[verdict.ruling]}: {escape(verdict.reason, 200)}"
