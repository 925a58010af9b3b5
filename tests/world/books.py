"""What became of everything after chaos: the store's own rows against the world's ledger and what was accepted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

Query = Callable[[str], str]
Entry = tuple[str, str, str, float]
"""begin or end, host, token, when."""

ATTEMPTS = "select token, run_id, step from attempt"
CASES = "select alert::json -> 'labels' ->> 'case' from episode"
OUTCOMES = "select coalesce(outcome, phase), count(*) from run group by 1 order by 2 desc"
UNENDED = "select count(*) from run where phase not in ('closed', 'awaiting_approval')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Counts; all but `runs`, `changes` and `outcomes` are faults."""

    runs: int
    changes: int
    outcomes: dict[str, int]
    lost: tuple[str, ...]
    doubled: tuple[tuple[str, str], ...]
    unasked: tuple[str, ...]
    overlaps: tuple[tuple[str, str], ...]
    unended: int

    def faults(self) -> dict[str, int]:
        """Return how many there are of each kind."""
        return {
            "accepted and lost": len(self.lost),
            "applied twice": len(self.doubled),
            "applied without an intent": len(self.unasked),
            "two runs at once on a target": len(self.overlaps),
            "runs that neither ended nor wait": self.unended,
        }


def books(query: Query, ledger: Sequence[Entry], accepted: Collection[str]) -> Books:
    """Compare everything."""
    attempts = _Attempts(_rows(query(ATTEMPTS)))
    begun = [token for what, _, token, _ in ledger if what == "begin"]
    outcomes = {name: int(count) for name, count in _rows(query(OUTCOMES))}
    known = set(query(CASES).splitlines())
    return Books(
        runs=sum(outcomes.values()),
        changes=len(begun),
        outcomes=outcomes,
        lost=tuple(sorted(set(accepted) - known)),
        doubled=_more_than_once(filter(None, map(attempts.step_of, begun))),
        unasked=tuple(token for token in begun if attempts.step_of(token) is None),
        overlaps=tuple(overlaps(ledger, attempts.run_of)),
        unended=int(query(UNENDED)),
    )


class _Attempts:
    """Which run's step a token belongs to. An action that runs several commands adds a word to its token for each."""

    def __init__(self, rows: Iterable[Sequence[str]]) -> None:
        self._known = {token: (run, step) for token, run, step in rows}

    def step_of(self, token: str) -> tuple[str, str] | None:
        """Return run and step, the step with the word of its part."""
        if token in self._known:
            return self._known[token]
        whole, _, part = token.rpartition("_")
        run, step = self._known.get(whole, ("", ""))
        return (run, f"{step}, {part}") if run else None

    def run_of(self, token: str) -> str:
        """Return the run; for a token that nobody knows, itself."""
        found = self.step_of(token)
        return found[0] if found else token


def overlaps(ledger: Sequence[Entry], run_of: Callable[[str], str]) -> Iterable[tuple[str, str]]:
    """Yield pairs of runs that were under way on one host at the same time, from first begin to last end."""
    spans: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _, host, token, at in ledger:
        spans[host, run_of(token)].append(at)
    by_host: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for (host, run), times in spans.items():
        by_host[host].append((min(times), max(times), run))
    for each in by_host.values():
        last_end, last_run = 0.0, ""
        for begin, end, run in sorted(each):
            if begin < last_end:
                yield last_run, run
            if end > last_end:
                last_end, last_run = end, run


def _more_than_once(seen: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(each for each, times in Counter(seen).items() if times > 1))


def _rows(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.splitlines()]
