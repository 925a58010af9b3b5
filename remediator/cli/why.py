"""`why`: "why did nothing happen?" always has an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from remediator.cli.client import Client, path_of
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.terminal import ago, clock, dump, say
from remediator.core.vocabulary import spelled

_DECISIONS = {
    "no_playbook": "was not answered",
    "not_matched": "did not match",
    "skipped": "skipped",
    "off": "is off",
    "blocked": "blocked",
    "dry_run": "dry run",
    "waiting": "waits",
    "run": "ran",
    "refused": "was not taken",
}
_STATES = {
    "new": "stored, not read yet",
    "done": "read; what was decided about its alerts:",
    "bad": "nothing of it was taken",
}
_NOW = {**_DECISIONS, "run": "would run", "dry_run": "would rehearse (dry run)"}
_RULINGS = ("allow", "ask", "defer", "deny")
_MOST = 20


@click.command()
@click.argument("subject", metavar="FINGERPRINT|RUN|NOTIFICATION")
@asks_daemon
@output_option
def why(subject: str, client: Client, output: str) -> None:
    """Explain why remediator did something about an alert or a notification, or why it did not.

    \b
    Examples:
      remediator why 3b1f0c9d2e4a5b6c
      remediator why run_0199f0c4a1b27c3e8d5f60718293a4b5
      remediator why ntf_0199f0c4a1b27c3e8d5f60718293a4b5
    """
    answer = client.get(path_of("why", subject))
    if output != "table":
        dump(answer, output)
        return
    now = datetime.now(UTC)
    if notification := answer.get("notification"):
        _say_notification(notification, now)
    else:
        _say_run(answer.get("run"), now)
    _say_section("Decisions", _decisions(answer.get("decisions") or [], now))
    heading = "Other" if answer.get("run") else "Nearest"
    _say_section(f"{heading} playbooks, asked now", _others(answer.get("others") or []))
    if answer.get("run"):
        say()
        say(f"The whole story: remediator runs show {answer['run']['id']}")


def _say_notification(notification: Mapping[str, Any], now: datetime) -> None:
    arrived = f"from {notification['source']}, {ago(notification['received_at'], now)}"
    say(f"{notification['id']} {arrived}: {_STATES[notification['state']]}", bold=True)
    if notification["error"]:
        say(f"  {notification['error']}")


def _say_run(run: Mapping[str, Any] | None, now: datetime) -> None:
    if not run:
        say("No run was admitted for this alert. The decisions say why.", bold=True)
        return
    ended = spelled(run["outcome"] or run["phase"])
    reason = f" {run['reason']}" if run["reason"] else ""
    say(f"{run['headline']}: playbook {run['playbook']}, {ended}.{reason}", bold=True)
    if run.get("waits_until"):
        until = run["waits_until"]
        say(f"  It waits until {clock(until, now)} ({ago(until, now)}).")
    _say_section("What the guards said", _verdicts(run.get("verdicts") or [], now))
    _say_section("Plan", run.get("plan") or [])
    _say_section("What people said", run.get("answers") or [])
    _say_section("What became of it", run.get("steps") or [])
    _say_section("Verification", run.get("verification") or [])


def _say_section(heading: str, lines: Iterator[str] | Sequence[str]) -> None:
    found = list(lines)
    if found:
        say()
        say(heading, bold=True)
        for line in found:
            say(f"  {line}")


def _verdicts(verdicts: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    for verdict in verdicts:
        until = f" (until {clock(verdict['until'], now)})" if verdict.get("until") else ""
        yield f"{_ruling(verdict['ruling']):<5}  {verdict['guard']}: {verdict['reason']}{until}"
        if verdict.get("clears"):
            yield f"       would clear it: {verdict['clears']}"


def _ruling(ruling: int | str) -> str:
    return _RULINGS[ruling] if isinstance(ruling, int) else ruling


def _decisions(decisions: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    """Tell each different decision once, the newest first, with how often it was made."""
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for decision in decisions:
        who = decision["playbook"] or f"alert {decision['alert_name'] or '-'}"
        key = (who, decision["decision"], decision["reason"], decision["by"])
        alike.setdefault(key, []).append(decision)
    for (playbook, said, reason, by), same in list(alike.items())[:_MOST]:
        who = f" (by {by})" if by else ""
        times = f", {len(same)} times" if len(same) > 1 else ""
        yield f"{playbook} {_DECISIONS.get(said, said)}: {reason or '-'}{who}"
        yield f"    {clock(same[0]['at'], now)} ({ago(same[0]['at'], now)}){times}"
    if len(alike) > _MOST:
        yield f"… and {len(alike) - _MOST} more (--output json)"


def _others(others: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for other in others:
        yield f"{other['playbook']} {_NOW.get(other['decision'], other['decision'])}: {other['reason']}"
