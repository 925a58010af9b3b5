"""What people are told when nothing is done: a guard said no, a run waits for long, or an alert got no run at all.

From SEV-2 up whoever is called on failure is called; `on_blocked` says otherwise. What comes in crowds is told once an
hour. Used by `announce`; of alerts without a run, by `engine.recorder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from remediator.core import events as ev
from remediator.core import wording as say
from remediator.core.alert import Alert
from remediator.core.guards.silenced import is_held
from remediator.core.messages import Message, MessageKind
from remediator.core.playbook import Escalation, Mode, OnBlocked, Playbook
from remediator.core.run import Run
from remediator.core.selection import Refusal
from remediator.core.telling import Telling
from remediator.core.verdict import Ruling, Verdict

LONG_WAIT = timedelta(minutes=30)
"""A run that waits for longer than this before its first change is told; from SEV-2 up people are called."""
CALLS_PEOPLE = frozenset({"breaker", "mass_failure"})
"""Guards that stop because people have to look, whatever the severity."""
_CROWDS = {
    "storm": "Alert storm: nothing is started",
    "mass_failure": "Many targets at once: nothing is done",
}
_LOUDEST = (OnBlocked.ESCALATE, OnBlocked.TELL, OnBlocked.SILENT)
_MOST_LABELS, _LONGEST_LABEL = 20, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """An alert that a playbook matches and that got no run, and why."""

    playbook: Playbook
    refusal: Refusal
    reason: str
    alert: Alert
    severity: str
    rehearses: bool = False

    @property
    def how(self) -> OnBlocked:
        """Who hears of it."""
        how = self.playbook.failure.when_unanswered(self.severity)
        return OnBlocked.TELL if self.rehearses and how is OnBlocked.ESCALATE else how


def blocked(t: Telling) -> tuple[Message, ...]:
    """Return what is told of a run that a guard stopped."""
    run = t.run
    stops = _denials(run)
    crowd = next((name for name in _CROWDS if name in stops), "")
    if crowd:
        return _crowded(run, crowd, stops)
    calls = _calls(run, set(stops))
    if run.order.failure.when_blocked(run.order.severity) is OnBlocked.SILENT and not calls:
        return ()
    why = run.judgement.strictest if run.judgement else None
    text = f"{t.card.headline}: nothing was changed. {t.card.reason}"
    facts = {"would clear it": why.clears} if why and why.clears else {}
    lines = say.evidence_lines(run)
    told = t.message(MessageKind.BLOCKED, "closed", text, facts=facts, lines=lines)
    return (told, *(_call(t, n, each) for n, each in enumerate(calls)))


def waits_long(t: Telling, event: ev.Judged) -> tuple[Message, ...]:
    """Return what is told, once, of a run that has waited for long or will; nothing of one that has begun. Nobody is
    called about an alert that people silenced."""
    run, now, judgement = t.run, t.now, event.judgement
    waits = judgement.ruling is Ruling.DEFER and run.order.mode is not Mode.DRY_RUN
    until = max(judgement.until or now, now)
    if not waits or run.has_acted or until - run.created_at < LONG_WAIT:
        return ()
    policy = run.order.failure.when_blocked(run.order.severity)
    why = next(v for v in judgement.verdicts if v.ruling is Ruling.DEFER)
    if policy is OnBlocked.SILENT:
        return ()
    text = f"{t.card.headline}: nothing is done yet. It waits: {why.guard}: {why.reason}"
    facts = {
        "asks again": say.clock(until),
        **({"would clear it": why.clears} if why.clears else {}),
    }
    told = t.message(MessageKind.NOTICE, "waits", text, facts=facts, lines=say.evidence_lines(run))
    is_loud = policy is OnBlocked.ESCALATE and not is_held(judgement)
    calls = run.order.failure.escalations if is_loud else ()
    reason = f"it waits. {why.guard}: {why.reason}"
    apart = replace(
        told, thread=f"{run.id}:waits", card=None
    )  # what it comes to is told where runs are told
    return (apart, *(_call(t, n, each, reason) for n, each in enumerate(calls)))


def loudest(found: Iterable[Unanswered]) -> tuple[Unanswered, ...]:
    """Return one of each playbook and kind of refusal: the first of those that most people are to hear of."""
    chosen: dict[tuple[str, Refusal], Unanswered] = {}
    for one in sorted(found, key=lambda each: _LOUDEST.index(each.how)):
        chosen.setdefault((one.playbook.name, one.refusal), one)
    return tuple(chosen.values())


def unanswered(about: Unanswered, now: datetime) -> tuple[Message, ...]:
    """Return what is told of alerts without a run, by one of them: the same within an hour is the same message."""
    if about.how is OnBlocked.SILENT:
        return ()
    name, playbook = about.alert.name or "An alert", about.playbook
    key = f"unanswered:{playbook.name}:{about.refusal.value}:{now:%Y-%m-%dT%H}"
    summary = about.alert.annotations.get("summary", "")
    told = Message(
        kind=MessageKind.NOTICE,
        run_id="",
        thread=key,
        deduplication=key,
        title=f"No run for {name}",
        text=f"{name} got no run, though playbook {playbook.name} matches: {about.reason}. Nothing was changed.",
        lines=(*((summary,) if summary else ()), *_label_lines(about.alert)),
        facts={"playbook": playbook.name, "ask": f"remediator why {about.alert.fingerprint}"},
        body=_body_of(about),
        at=now,
    )
    calls = playbook.failure.escalations if about.how is OnBlocked.ESCALATE else ()
    began = about.alert.starts_at
    return (told, *(_crowd_call(told, each, each.due_at(now, began)) for each in calls))


def counted(message: Message, alerts: int) -> Message:
    """Return a message about alerts without a run with how many there were in the hour up to it."""
    facts = {**message.facts, "alerts in the last hour": str(alerts)}
    return replace(message, facts=facts, body={**message.body, "alerts": alerts})


def _label_lines(alert: Alert) -> tuple[str, ...]:
    lines = [f"{name}={value}" for name, value in sorted(alert.labels.items())[:_MOST_LABELS]]
    return tuple(t if len(t) <= _LONGEST_LABEL else f"{t[: _LONGEST_LABEL - 1]}…" for t in lines)


def _body_of(about: Unanswered) -> Mapping[str, object]:
    return {
        "playbook": about.playbook.name,
        "refusal": about.refusal.value,
        "reason": about.reason,
        "severity": about.severity,
        "alert": {"fingerprint": about.alert.fingerprint, "labels": dict(about.alert.labels)},
    }


def _denials(run: Run) -> dict[str, Verdict]:
    verdicts = run.judgement.verdicts if run.judgement and run.denied else ()
    return {v.guard: v for v in verdicts if v.ruling is Ruling.DENY}


def _calls(run: Run, stops: set[str]) -> tuple[Escalation, ...]:
    policy = run.order.failure
    is_severe = policy.when_blocked(run.order.severity) is OnBlocked.ESCALATE
    calls = is_severe or (bool(stops & CALLS_PEOPLE) and policy.on_blocked is None)
    return policy.escalations if calls and run.order.mode is not Mode.DRY_RUN else ()


def _call(t: Telling, number: int, escalation: Escalation, reason: str = "") -> Message:
    return t.message(
        MessageKind.ESCALATION,
        f"{'waits' if reason else 'escalate'}:{number}",
        f"{t.card.headline} needs you: {reason or t.card.reason}. {t.card.remedy}",
        lines=say.evidence_lines(t.run),
        to=escalation.to,
        due_at=t.due_at(escalation),
        while_firing=t.run.episode,
    )


def _crowded(run: Run, crowd: str, stops: Mapping[str, Verdict]) -> tuple[Message, ...]:
    """Return one message for all runs that are stopped alike within an hour: the deduplication key is the hour."""
    now = run.closed_at or run.created_at
    about = crowd if crowd == "storm" else f"{crowd}:{run.order.playbook}"
    told = Message(
        kind=MessageKind.NOTICE,
        run_id=run.id,
        thread=about,
        deduplication=f"{about}:{now:%Y-%m-%dT%H}",
        title=_CROWDS[crowd],
        text=_crowd_text(run, crowd, stops),
        lines=say.evidence_lines(run),
        body={"reason": run.reason},
    )
    stopping = {crowd} if crowd == "storm" else set(stops)
    began = run.order.alert.starts_at
    calls = _calls(run, stopping)
    return (told, *(_crowd_call(told, each, each.due_at(now, began)) for each in calls))


def _crowd_text(run: Run, crowd: str, stops: Mapping[str, Verdict]) -> str:
    if crowd == "storm":
        return f"Too many alerts at once: new runs are not started. {run.reason}"
    return f"{say.headline(run)}, and others: nothing is changed. {stops[crowd].reason}"


def _crowd_call(told: Message, escalation: Escalation, due_at: datetime) -> Message:
    return Message(
        kind=MessageKind.ESCALATION,
        run_id=told.run_id,
        thread=told.thread,
        deduplication=f"{told.deduplication}:{escalation.to}:{escalation.after}",
        title=told.title,
        text=told.text,
        lines=told.lines,
        facts=told.facts,
        body=told.body,
        to=escalation.to,
        at=told.at,
        due_at=due_at,
    )
