"""Where a run stands, and what a person can do about it: the first lines of its story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from remediator.cli.terminal import ago, clock, moment
from remediator.core.vocabulary import ENDINGS, STEPS

Json = Mapping[str, Any]

_ENDINGS = {outcome.value: ending.sentence for outcome, ending in ENDINGS.items()}
STATES = {state.value: words.now for state, words in STEPS.items()}


def stands(run: Json, now: datetime) -> list[str]:
    """Say where a run stands in capitals, then what follows from it for the reader."""
    if run["outcome"]:
        return _closed(run, now)
    if unknown := next((s for s in run["steps"] if s["state"] == "unknown"), None):
        return _unknown(run, unknown)
    tell = {
        "planning": _planning,
        "awaiting_approval": _waiting,
        "acting": _acting,
        "verifying": _verifying,
    }
    return tell[run["phase"]](run, now)


def _closed(run: Json, now: datetime) -> list[str]:
    lines = [_ENDINGS.get(run["outcome"], str(run["outcome"]).upper())]
    if run["reason"]:
        lines.append(run["reason"])
    lines.append(f"ended {clock(run['closed_at'], now)} ({ago(run['closed_at'], now)})")
    if run["outcome"] == "outcome_unknown":
        lines += [f"if {run['target']} is still held, look at it and say:", *_settlements(run)]
    if run["cancelled_by"]:
        verb = "taken over" if run["taken_over"] else "cancelled"
        lines.append(f"{verb} by {run['cancelled_by']}")
    return lines


def _unknown(run: Json, step: Json) -> list[str]:
    return [
        f"NOBODY KNOWS whether {step['step']} was made. The run waits for you.",
        step["reason"] or "it may have been made, and there is no way to see it from here",
        f"{run['target']} stays held: no other run touches it. Look at it, then say which it is:",
        *_settlements(run),
    ]


def _settlements(run: Json) -> list[str]:
    settle = f"remediator runs settle {run['id']}"
    return [
        f"it was made:      {settle} --applied",
        f"it was not made:  {settle} --not-applied",
        f"nobody can tell:  {settle} --abandon",
    ]


def _planning(run: Json, now: datetime) -> list[str]:
    return _held(run, now) or ["PLANNING: looking, changing nothing"]


def _held(run: Json, now: datetime) -> list[str]:
    """Say why and until when a run waits, planned or not; nothing where it does not."""
    until = moment(run["not_before"])
    if until is None or until <= now:
        return []
    why = (f"{v['guard']}: {v['reason']}" for v in run["verdicts"] if v["ruling"] == "defer")
    return [f"WAITS until {clock(run['not_before'], now)} ({ago(run['not_before'], now)})", *why]


def _waiting(run: Json, now: datetime) -> list[str]:
    approval = run["approval"]
    return [
        f"WAITS FOR APPROVAL until {clock(approval['expires_at'], now)} "
        f"({ago(approval['expires_at'], now)})",
        *reasons(run, now),
        f"yes:  remediator approve {run['id']}",
        f'no:   remediator reject {run["id"]} --reason "…"',
    ]


def _acting(run: Json, now: datetime) -> list[str]:
    doing = next((s for s in run["steps"] if s["state"] in ("intended", "doubted")), None)
    if doing is None:
        lines = _held(run, now) or ["ACTING"]
        return [*lines, f"to stop it: remediator runs cancel {run['id']}"]
    return [
        f"ACTING: {doing['step']} is {STATES[doing['state']]}",
        *([doing["reason"]] if doing["reason"] else []),
        f"to stop after this step: remediator runs cancel {run['id']}",
    ]


def _verifying(run: Json, now: datetime) -> list[str]:
    proof = run["verification"]
    return [f"VERIFYING until {clock(proof['deadline'], now)} ({ago(proof['deadline'], now)})"]


def reasons(run: Json, now: datetime) -> list[str]:
    """Say why people are asked, who may answer, who has, and until when."""
    approval = run["approval"]
    if not approval:
        return []
    names = ", ".join(approval["approvers"]) or "nobody yet"
    until = clock(approval["expires_at"], now)
    return [
        *approval["reasons"],
        f"needs {approval['who_decides']}; approved by {names}; expires {until}",
    ]
