"""What a replay comes to: how often each playbook would have matched, run, or been held back, and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remediator.core.events import Outcome
from remediator.core.plaintext import one_line
from remediator.core.run import Run
from remediator.core.selection import Decision
from remediator.ports.store import DecisionRecord
from remediator.rehearsal.replay.ledger import Ledger

BUSIEST = 10
_STORM = "storm"
_APART = timedelta(minutes=10)
_UNANSWERED = (Decision.SKIPPED.value, Decision.BLOCKED.value, Decision.OFF.value)


@dataclass(slots=True)
class Record:
    """One playbook's. `matched` counts alerts, each time one fires; `held` by the guard, also of runs that went on
    later; `ends` by what became of its runs."""

    playbook: str
    matched: int = 0
    ran: int = 0
    asked: int = 0
    rehearsed: int = 0
    held: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Storm:
    """A time in which so many runs began at once that all new ones were stopped."""

    begin: datetime
    end: datetime
    stopped: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one alert at one playbook, in a word; `run` identifies it over two replays."""

    at: datetime
    playbook: str
    alert: str
    target: str
    word: str

    @property
    def key(self) -> tuple[datetime, str, str]:
        """What is the same in two replays."""
        return (self.at, self.playbook, self.alert)


@dataclass(slots=True, kw_only=True)
class Account:
    """The whole."""

    alerts: int
    unmatched: int
    records: tuple[Record, ...]
    targets: tuple[tuple[str, int], ...]
    storms: tuple[Storm, ...]
    fates: tuple[Fate, ...]
    not_known: tuple[str, ...] = ()


def account_of(
    ledger: Ledger,
    playbooks: Iterable[str],
    not_known: Iterable[str] = (),
    mask: Callable[[str], str] = str,
) -> Account:
    """Count what a replay decided; `mask` hides the secrets of strangers in what stood in labels."""
    decisions = [*ledger.decisions.values()]
    records = {name: Record(name) for name in sorted(playbooks)}
    for each in decisions:
        if each.playbook in records and not each.run_id and each.decision in _UNANSWERED:
            records[each.playbook].matched += 1
            records[each.playbook].refused[each.by or each.decision] += 1
    for run in ledger:
        _add(records[run.order.playbook], run)
    for run_id, guards in ledger.held_by_guards.items():
        records[ledger.runs[run_id].order.playbook].held.update(guards)
    acted = Counter(str(run.order.target) for run in ledger if run.has_acted)
    return Account(
        alerts=ledger.fired,
        unmatched=sum(each.decision == Decision.NO_PLAYBOOK for each in decisions),
        records=tuple(records.values()),
        targets=tuple((mask(name), count) for name, count in acted.most_common(BUSIEST)),
        storms=tuple(_storms(ledger)),
        fates=tuple(sorted(_fates(ledger, decisions, mask), key=lambda fate: fate.key)),
        not_known=tuple(not_known),
    )


def fate_of(run: Run) -> str:
    """Say in a word what became of a run."""
    why = run.judgement.strictest if run.judgement else None
    if run.has_acted:
        return "asked and ran" if run.is_approved else "ran"
    if run.outcome is Outcome.BLOCKED:
        return f"blocked by {why.guard if why else 'its deadline'}"
    if run.outcome is Outcome.WITHDRAWN:
        held = f" while held back by {why.guard}" if why and why.guard != "approval" else ""
        return f"resolved{held} before anything was done"
    return run.outcome.value.replace("_", " ") if run.outcome else "still open"


def changed(one: Account, other: Account) -> Iterator[tuple[Fate, str, str]]:
    """Yield what became of an alert otherwise in the other account: the fate, the word there and the word here."""
    before, after = ({fate.key: fate for fate in each.fates} for each in (other, one))
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        words = (old.word if old else "nothing", new.word if new else "nothing")
        found = new or old
        if found and words[0] != words[1]:
            yield found, *words


def _add(record: Record, run: Run) -> None:
    record.matched += 1
    record.ran += run.has_acted
    record.asked += run.approval is not None
    record.rehearsed += run.outcome is Outcome.DRY_RUN
    record.ends[fate_of(run)] += 1


def _fates(
    ledger: Ledger, decisions: Iterable[DecisionRecord], mask: Callable[[str], str]
) -> Iterator[Fate]:
    def told(text: str) -> str:
        return one_line(mask(text), 200)

    for run in ledger:
        order, target = run.order, told(str(run.order.target))
        yield Fate(run.created_at, order.playbook, told(order.alert.name), target, fate_of(run))
    for each in decisions:
        if each.playbook and not each.run_id and each.decision in _UNANSWERED:
            word = told(f"{each.decision}: {each.reason}")
            yield Fate(each.at, each.playbook, told(each.alert_name), "", word)


def _storms(ledger: Ledger) -> Iterator[Storm]:
    """Yield the times of storms: stops that are less than ten minutes apart belong together."""
    moments = sorted(r.created_at for r in ledger if _is_stopped_by_storm(r))
    while moments:
        count = 1
        while count < len(moments) and moments[count] - moments[count - 1] < _APART:
            count += 1
        yield Storm(moments[0], moments[count - 1], count)
        moments = moments[count:]


def _is_stopped_by_storm(run: Run) -> bool:
    why = run.judgement.strictest if run.judgement else None
    return run.outcome is Outcome.BLOCKED and bool(why and why.guard == _STORM)


def plain(account: Account) -> Mapping[str, object]:
    """Return the account as JSON has it."""
    return {
        "alerts": account.alerts,
        "without_a_playbook": account.unmatched,
        "playbooks": [
            {
                "playbook": each.playbook,
                "matched": each.matched,
                "ran": each.ran,
                "asked": each.asked,
                "rehearsed": each.rehearsed,
                "held_back_by": dict(each.held),
                "refused": dict(each.refused),
                "ends": dict(each.ends),
            }
            for each in account.records
        ],
        "busiest_targets": [{"target": name, "runs": runs} for name, runs in account.targets],
        "storms": [
            {"begin": s.begin.isoformat(), "end": s.end.isoformat(), "stopped": s.stopped}
            for s in account.storms
        ],
        "not_known": list(account.not_known),
    }
