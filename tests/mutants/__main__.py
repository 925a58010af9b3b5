"""Plant bugs for some minutes, in random places, and print those that no fast test noticed: `make mutants`.

python -m tests.mutants --minutes 10 --seed 7 --rooms engine,http
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .planting import Mutant, function_at, mutants_of
from .trying import Trial, copy_tree, import_what_is_heavy, watch

ROOMS = "core,documents,engine,stores,http,config,integrations"
ROOT = Path.cwd()
UNSEEN = "  (no fast test comes here)"
Seen = dict[str, tuple[float, list[str]]]


def main() -> int:
    """Plant until the time is over, and say what was found."""
    options = _options()
    print(f"seed {options.seed}, rooms {options.rooms}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        copies = [copy_tree(ROOT, folder / f"copy{n}") for n in range(options.processes)]
        seen = {} if options.unmapped else _seen(options.map, copies[0], folder / "seen")
        import_what_is_heavy()
        queue = _by_hand(options.bugs) if options.bugs else _queue(options)
        return _plant(queue, copies, seen, time.monotonic() + options.minutes * 60)


def _options() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    reader.add_argument("--minutes", type=float, default=10)
    reader.add_argument("--seed", type=int, default=random.randrange(10**6))
    reader.add_argument("--rooms", default=ROOMS)
    reader.add_argument("--files", default="", help="only files whose path contains this")
    reader.add_argument("--processes", type=int, default=2)
    reader.add_argument("--unmapped", action="store_true", help="each of `--bugs` names its tests")
    reader.add_argument(
        "--bugs", type=Path, help="plant these instead: JSON, [[path, old, new, [tests]?], …]"
    )
    reader.add_argument(
        "--map", type=Path, help="keep here which test calls what, to begin faster the next time"
    )
    return reader.parse_args()


def _seen(kept: Path | None, copy: Path, folder: Path) -> Seen:
    if kept and kept.exists():
        found: Seen = json.loads(kept.read_text())
        return found
    found = watch(copy, folder)
    if kept:
        kept.write_text(json.dumps(found))
    return found


def _by_hand(file: Path) -> Iterator[Mutant]:
    """Return the bugs of a file. A text that does not stand exactly once in its file cannot be planted."""
    for path, old, new, *tests in json.loads(file.read_text()):
        source = (ROOT / path).read_text()
        if source.count(old) != 1:
            print(f"NOT PLANTED {path}: {source.count(old)} × {old[:90]!r}", flush=True)
            continue
        start = len(source[: source.index(old)].encode())
        line = source[: source.index(old)].count("\n") + 1
        yield Mutant(
            path=path,
            line=line,
            start=start,
            end=start + len(old.encode()),
            old=old,
            new=new,
            function=function_at(source, line),
            tests=tuple(tests[0] if tests else ()),
        )


def _queue(options: argparse.Namespace) -> Iterator[Mutant]:
    """Take from the rooms in turn, so that a large one does not take all the time; within a room, by chance."""
    dice = random.Random(options.seed)
    rooms = []
    for room in options.rooms.split(","):
        files = sorted((ROOT / "remediator" / room).rglob("*.py"))
        places = [str(path.relative_to(ROOT)) for path in files if "migrations" not in path.parts]
        found = [
            m for p in places if options.files in p for m in mutants_of(p, (ROOT / p).read_text())
        ]
        dice.shuffle(found)
        print(f"{room}: {len(found)} possible bugs", flush=True)
        rooms.append(found)
    while any(rooms):
        yield from (room.pop() for room in rooms if room)


class Tally:
    """What was tried and what survived, by room."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.survivors: list[str] = []

    def note(self, mutant: Mutant, *, caught: bool, why: str = "") -> None:
        """Count one bug; print it where nobody noticed."""
        self.tried[_room(mutant.path)] += 1
        if not caught:
            self.survivors.append(mutant.path)
            print(f"SURVIVED {mutant}{why}", flush=True)

    def summary(self) -> int:
        """Print a line for each room and one for all."""
        lost = Counter(_room(path) for path in self.survivors)
        for room, tried in [*sorted(self.tried.items()), ("all", self.tried.total())]:
            missed = lost.total() if room == "all" else lost[room]
            caught = tried - missed
            print(f"{room}: {caught} of {tried} caught ({100 * caught / max(tried, 1):.0f} %)")
        return 0


def _room(path: str) -> str:
    return path.split("/")[1]


def _callers(seen: Seen) -> dict[str, list[str]]:
    """Return the tests that call each function, and that come into each file; the quickest first."""
    callers: dict[str, dict[str, None]] = defaultdict(dict)
    for test, (_, called) in sorted(seen.items(), key=lambda item: item[1][0]):
        for place in called:
            callers[place][test] = callers[place.partition(":")[0]][test] = None
    return {place: list(tests) for place, tests in callers.items()}


def _tests_of(mutant: Mutant, callers: dict[str, list[str]], seen: Seen) -> list[str]:
    """Return the tests that call the function; else, as it may run once for all or at import, those of its file."""
    return callers.get(_place(mutant)) or callers.get(mutant.path) or _importers(mutant.path, seen)


def _place(mutant: Mutant) -> str:
    return f"{mutant.path}:{mutant.function}" if mutant.function else mutant.path


def _importers(path: str, seen: Seen) -> list[str]:
    """Return the tests that stand where a module stands, or whose files import it; the quickest first."""
    package, _, name = path.removesuffix(".py").replace("/", ".").rpartition(".")
    words = re.compile(rf"{package}\.{name}\b|from {package} import [^\n]*\b{name}\b")
    room = package.replace("remediator.", "tests/").replace(".", "/") + "/"
    files = {test.partition("::")[0] for test in seen}
    near = {file for file in files if file.startswith(room) or words.search(_text(file))}
    return sorted((t for t in seen if t.partition("::")[0] in near), key=lambda test: seen[test][0])


@cache
def _text(file: str) -> str:
    return (ROOT / file).read_text()


def _plant(queue: Iterator[Mutant], copies: list[Path], seen: Seen, until: float) -> int:
    tally, callers, running = Tally(), _callers(seen), dict[Path, Trial]()
    free = list(copies)
    while True:
        while free and time.monotonic() < until and (mutant := next(queue, None)):
            if tests := list(mutant.tests) or _tests_of(mutant, callers, seen):
                copy = free.pop()
                running[copy] = Trial(mutant, copy, tests)
            else:
                tally.note(mutant, caught=False, why=UNSEEN)
        if not running:
            break
        for copy, trial in tuple(running.items()):
            if (caught := trial.is_caught()) is not None:
                is_seen = trial.mutant.tests or _place(trial.mutant) in callers
                why = "" if is_seen else UNSEEN
                tally.note(trial.mutant, caught=caught, why=why)
                del running[copy]
                free.append(copy)
        time.sleep(0.02)
    return tally.summary()


if __name__ == "__main__":
    sys.exit(main())
