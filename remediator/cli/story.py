"""The story of one run, for someone who was just woken up: where it stands, what to do, what is wrong, what was done.

Pure: the API's JSON in, lines out. Used by `runs show`, `approve` and `reject`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from remediator.cli.run_status import STATES, Json, reasons, stands
from remediator.cli.terminal import ago, clock, moment
from remediator.core.vocabulary import counted, found, looked, spelled

_SHOWN_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line; a heading is printed bold."""

    text: str = ""
    is_heading: bool = False


def story(run: Json, events: Sequence[Json], now: datetime) -> Iterator[Line]:
    """Tell a run from its end: where it stands comes first, the timeline last."""
    yield from _title(run)
    yield Line()
    yield from _standing(run, now)
    yield from _section("What is wrong", _wrong(run, now))
    yield from _section("What was found", _evidence(run))
    yield from plan(run)
    yield from _section("What the guards said", _verdicts(run, now))
    yield from _section("Verification", _verification(run, now))
    yield from _section("Timeline (UTC)", timeline(events))


def summary(run: Json, now: datetime) -> Iterator[Line]:
    """Tell what a person must know before a decision: what is wrong, what was found, the plan, who is asked and why."""
    yield from _title(run)
    yield from _section("What is wrong", _wrong(run, now))
    yield from _section("What was found", _evidence(run))
    yield from plan(run)
    yield from _section("What was seen before", _seen(run))
    yield from _section("Why you are asked", reasons(run, now))


def rehearsal(run: Json, now: datetime) -> Iterator[Line]:
    """Tell what a dry run came to that is stored nowhere: what was found, the plan, what the guards said."""
    yield from _section("What was found", _evidence(run))
    yield from plan(run)
    yield from _section("What the guards said", _verdicts(run, now))


def state(run: Json) -> str:
    """Say in two or three words where a run stands."""
    words = spelled(run["outcome"] or run["phase"])
    return words if run["outcome"] else f"{words}…"


def plan(run: Json) -> Iterator[Line]:
    """Tell the plan: every change, whether it can be undone, and what became of it."""
    planned = run["plan"]
    if not planned:
        yield from _section("Plan", ["There is no plan yet."] if run["outcome"] is None else [])
        return
    count = counted(len(planned["changes"]), "change")
    back = ", cannot be undone entirely" if planned["irreversible"] else ""
    heading = f"Plan {planned['digest'][:8]}: {count}{back}"
    yield from _section(heading, _changes(run, planned))


def timeline(events: Iterable[Json]) -> Iterator[str]:
    """Tell what happened, a line each."""
    day = ""
    for event in events:
        at = moment(event["at"])
        if at is None:
            continue
        if f"{at:%Y-%m-%d}" != day:
            day = f"{at:%Y-%m-%d}"
            yield day
        yield f"{at:%H:%M:%S}  {event['text']}"


def _title(run: Json) -> Iterator[Line]:
    yield Line(run["headline"], is_heading=True)
    parts = [
        f"playbook {run['playbook']}",
        f"target {run['target']}",
        f"mode {spelled(run['mode'])}",
        f"environment {run['environment']}" if run["environment"] else "",
        run["severity"],
    ]
    yield Line(", ".join(part for part in parts if part))
    yield Line(run["id"])


def _section(heading: str, lines: Iterable[str]) -> Iterator[Line]:
    told = list(lines)
    if told:
        yield Line()
        yield Line(heading, is_heading=True)
        yield from (Line(f"  {line}") for line in told)


def _standing(run: Json, now: datetime) -> Iterator[Line]:
    first, *rest = stands(run, now)
    yield Line(first, is_heading=True)
    yield from (Line(f"  {line}") for line in rest)


def _wrong(run: Json, now: datetime) -> Iterator[str]:
    alert = run["alert"]
    ended = run["alert_resolved_at"] or alert["ends_at"]
    since = f"since {clock(alert['starts_at'], now)} ({ago(alert['starts_at'], now)})"
    is_over = run["alert_resolved_at"] or alert["status"] == "resolved"
    said = f"resolved {clock(ended, now)}" if is_over else f"firing {since}"
    yield f"{alert['name']}, {said}"
    yield from (
        alert["annotations"][k] for k in ("summary", "description") if k in alert["annotations"]
    )
    labels = (f"{k}={v}" for k, v in sorted(alert["labels"].items()) if k != "alertname")
    yield "  ".join(labels) or "no labels"
    if run["runbook_url"]:
        yield f"runbook: {run['runbook_url']}"
    yield f"fingerprint: {alert['fingerprint']}"


def _evidence(run: Json) -> Iterator[str]:
    for evidence in run["evidence"]:
        yield found(evidence["title"], evidence.get("problem", ""))
        lines = evidence.get("lines", [])
        yield from (f"  {line}" for line in lines[:_SHOWN_LINES])
        if len(lines) > _SHOWN_LINES:
            yield f"  … and {len(lines) - _SHOWN_LINES} more (--output json)"


def _seen(run: Json) -> list[str]:
    """Return what the checks saw of the object, which is why no guard objects."""
    return [v["reason"] for v in run["verdicts"] if v["ruling"] == "allow"]


def _changes(run: Json, planned: Json) -> Iterator[str]:
    became = {step["step"]: step for step in run["steps"]}
    for number, change in enumerate(planned["changes"], start=1):
        yield f"{number}. {change['action']} on {change['target']}: {change['summary']}"
        yield f"   {_undo(change)}; {_became(became.pop(change['step'], None))}"
        if change["before"] or change["after"]:
            yield f"   before: {_pairs(change['before'])}"
            yield f"   after:  {_pairs(change['after'])}"
    for step in became.values():
        yield f"-  {step['step']}: {_became(step)}"


def _undo(change: Json) -> str:
    hint = change["undo_hint"]
    if change["reversible"]:
        return f"undo: {hint}" if hint else "can be undone"
    return "CANNOT be undone" + (f" ({hint})" if hint else "")


def _became(step: Json | None) -> str:
    if step is None:
        return "not begun"
    detail = step["summary"] or step["reason"]
    word: str = STATES.get(step["state"], "") or step["state"]
    return f"{word}: {detail}" if detail else word


def _pairs(values: Json) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items()) or "-"


def _verdicts(run: Json, now: datetime) -> Iterator[str]:
    for verdict in run["verdicts"]:
        until = f" (until {clock(verdict['until'], now)})" if verdict["until"] else ""
        yield f"{verdict['ruling']:<5}  {verdict['guard']}: {verdict['reason']}{until}"
        if verdict["clears"]:
            yield f"       would clear it: {verdict['clears']}"


def _verification(run: Json, now: datetime) -> Iterator[str]:
    proof = run["verification"]
    if not proof:
        return
    yield f"{proof['known']} after {proof['looks']} looks (until {clock(proof['deadline'], now)})"
    for answer in proof["answers"]:
        yield looked(answer["check"], answer["known"], answer["detail"])
