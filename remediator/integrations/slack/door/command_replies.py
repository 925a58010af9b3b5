"""How the answers to commands look: mrkdwn of at most twenty lines, everything foreign made inert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from remediator.core.duration import format_duration
from remediator.core.facts import Pause
from remediator.core.run import Run
from remediator.core.vocabulary import spelled
from remediator.core.wording import headline
from remediator.integrations.slack.cards.mrkdwn import code, moment, sentence
from remediator.integrations.slack.door.command_parser import usage
from remediator.ports.store import Statistics
from remediator.ports.verb import Verb

_MOST_PAUSES = 8
_MOST_DECISIONS = 6
_SHORT = 160
_TAIL = 8


def help_of(verbs: Iterable[Verb]) -> str:
    """Say what can be typed."""
    return "\n".join(
        (
            "`/remediator status` what is going on, what waits, what is paused",
            "`/remediator runs [web1]` the newest runs",
            *(f"`/remediator {usage(verb)}` {verb.typed}".rstrip() for verb in verbs),
            "`/remediator why RUN|FINGERPRINT` why something was done, or was not",
            "RUN is a run's id, or its last six characters.",
        )
    )


def status(statistics: Statistics, now: datetime) -> str:
    """Say what is going on."""
    active = ", ".join(
        f"{n} {phase.replace('_', ' ')}" for phase, n in statistics.runs_active.items()
    )
    lines = [
        f"*Runs:* {active or 'none is open'}",
        f"*Waiting for approval:* {statistics.approvals_pending}",
    ]
    if statistics.outbox_oldest_at:
        waits = format_duration(now - statistics.outbox_oldest_at)
        lines.append(f"*Messages to deliver:* {statistics.outbox_pending}, the oldest for {waits}")
    if not statistics.pauses:
        return "\n".join((*lines, "Nothing is paused."))
    lines += [f"⏸ {_pause(pause)}" for pause in statistics.pauses[:_MOST_PAUSES]]
    return "\n".join((*lines, *_more(len(statistics.pauses) - _MOST_PAUSES)))


def runs(found: Sequence[Run], target: str, *, has_more: bool) -> str:
    """List runs, newest first."""
    if not found:
        return f"There is no run on {code(target)}." if target else "There is no run yet."
    lines = [_run_line(run) for run in found]
    return "\n".join((*lines, *(("… and older ones",) if has_more else ())))


def why(answer: Mapping[str, Any]) -> str:
    """Explain a run, or what was decided about an alert."""
    run = answer.get("run")
    lines = [_explained(run)] if run else ["No run was admitted for this alert."]
    if run:
        lines += [f"• {_inert(line)}" for line in (run.get("steps") or run.get("plan") or ())[:5]]
        lines += [f"• {_inert(line)}" for line in (run.get("answers") or ())[-4:]]
        lines += [
            f"• {_inert(v['guard'])}: {_inert(v['reason'])}"
            for v in (run.get("verdicts") or ())
            if v.get("ruling") not in ("allow", 0)
        ][:4]
    decisions = answer.get("decisions") or ()
    lines += [_decision(decision) for decision in decisions[:_MOST_DECISIONS]]
    if not run:
        lines += [_nearest(other) for other in answer.get("others") or ()]
    return "\n".join((*lines, *_more(len(decisions) - _MOST_DECISIONS)))


def paused(pause: Pause) -> str:
    """Answer somebody who paused something."""
    until = f" until {moment(pause.until)}" if pause.until else ""
    ends = code(f"/remediator resume {pause.scope}")
    return f"Paused {code(pause.scope)}{until}. Nothing new is changed there; {ends} ends it."


def resumed(scope: str, ended: int) -> str:
    """Answer somebody who ended pauses."""
    many = f" ({ended} pauses)" if ended > 1 else ""
    return f"{code(scope)} is no longer paused{many}."


def _run_line(run: Run) -> str:
    state = spelled(run.outcome or run.phase)
    when = moment(run.closed_at or run.created_at)
    return f"{code(run.id[-_TAIL:])} {_inert(headline(run))}: *{state}* · {_inert(run.order.playbook)} · {when}"


def _explained(run: Mapping[str, Any]) -> str:
    state = spelled(run["outcome"] or run["phase"])
    reason = f": {_inert(run['reason'])}" if run["reason"] else ""
    return f"*{_inert(run['headline'])}* · {_inert(run['playbook'])} · *{_inert(state)}*{reason}"


def _decision(decision: Mapping[str, Any]) -> str:
    said = spelled(decision["decision"])
    by = f" (by {_inert(decision['by'])})" if decision["by"] else ""
    who = _inert(decision["playbook"] or decision["alert_name"] or "-")
    return f"• {who} {_inert(said)}: {_inert(decision['reason']) or '-'}{by}"


def _nearest(other: Mapping[str, object]) -> str:
    return f"• nearest: {_inert(other['playbook'])}, {_inert(other['reason'])}"


def _pause(pause: Pause) -> str:
    until = f" until {moment(pause.until)}" if pause.until else ""
    reason = f": {_inert(pause.reason)}" if pause.reason else ""
    return f"{code(pause.scope)} by {_inert(pause.who)}{until}{reason}"


def _more(count: int) -> Iterable[str]:
    return (f"… and {count} more",) if count > 0 else ()


def _inert(text: object) -> str:
    return sentence(str(text), _SHORT)
