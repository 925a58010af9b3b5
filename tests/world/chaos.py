"""Three replicas on one PostgreSQL under intake, killed, put to sleep for longer than a lease, their database crashed.

python -m tests.world.chaos --runs 10000 --kills 50 --crashes 6   (`make chaos`)

A round kills one replica and stops another until its leases are over; the third goes on. In some rounds the database
crashes as well. Afterwards everything is compared (`books`), and the exit code is 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from remediator.engine.worker import LEASE, LOOK_EVERY
from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.site import SOURCE
from tests.parts.postgres import Postgres
from tests.world.books import UNENDED, Books, books
from tests.world.daemon import owner_prefix
from tests.world.site import (
    CLEANING,
    WorldPart,
    WorldSite,
    database_of,
    effect,
    playbook,
    world_settings,
)

LEASE_SECONDS = LEASE.total_seconds()
GOAL_SECONDS = LEASE_SECONDS + LOOK_EVERY.total_seconds()
ASLEEP_SECONDS = LEASE_SECONDS + 2
OUR_LOOK_SECONDS = 0.5
"""What the measuring itself takes: psql is started for each look."""
MOST_OPEN = 300
SENDERS, GROUP, POST_SECONDS = 6, 4, 3.0
PATIENCE = 900.0
HELD = "select id, fence from run where owner like '{owner}%' and phase <> 'closed'"
UNDER_WAY = (
    "select count(*) from run join attempt on attempt.run_id = run.id "
    "where owner like '{owner}%' and phase <> 'closed' and state = 'intended'"
)
STILL_HELD = (
    "select count(*) from run join (values {held}) as held (id, fence) on held.id = run.id "
    "where run.fence = held.fence and run.owner is not null and run.phase <> 'closed'"
)
PLAYBOOKS = {
    "steps": playbook("Sick", effect("step1"), effect("step2"), effect("step3")),
    "clean": playbook("Full", *CLEANING),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything. `narrow` of the runs share `narrow_hosts`; the rest have `hosts` in all."""

    runs: int
    kills: int
    crashes: int
    narrow: int = 2000
    narrow_hosts: int = 10
    hosts: int = 400
    seconds: float = 0.3
    seed: int = 0
    pour_share: float = 1.0
    """Of the time that the rounds take."""


@dataclass(slots=True)
class Story:
    """What happened; filled while it goes on."""

    accepted: set[str] = field(default_factory=set)
    refused: int = 0
    kills: int = 0
    sleeps: int = 0
    crashes: int = 0
    takeovers: list[float] = field(default_factory=list)


class Replicas:
    """The replicas, their database and the world."""

    def __init__(self, plan: Plan, *, is_quiet: bool = False) -> None:
        self.plan = plan
        self._is_quiet = is_quiet
        self.story = Story()
        self._stack = ExitStack()
        self._dice = random.Random(plan.seed)
        self._may_send = threading.Event()

    def __enter__(self) -> Replicas:
        self.postgres = self._stack.enter_context(Postgres())
        url = self.postgres.new_database()
        self._database = database_of(url)
        plan = self.plan
        self.world = self._stack.enter_context(WorldPart(hosts=plan.hosts, seconds=plan.seconds))
        settings = world_settings(store=url)
        self.sites = [
            self._stack.enter_context(
                WorldSite(name, self.world, settings=settings, playbooks=PLAYBOOKS)
            )
            for name in ("ada", "bob", "cyd")
        ]
        return self

    def __exit__(self, *_: object) -> None:
        heard = io.StringIO() if self._is_quiet else sys.stdout  # each daemon's log is long
        with contextlib.redirect_stdout(heard):
            self._stack.close()

    def keep(self, found: Books) -> Path:
        """Write down what a fault's finder needs: logs, ledger, attempts, and what is wrong; return where."""
        folder = Path(tempfile.mkdtemp(prefix="remediator-chaos-"))
        for site in self.sites:
            (folder / f"{site.name}.log").write_text(site.full_log())
        (folder / "ledger").write_text(
            "".join(f"{' '.join(map(str, entry))}\n" for entry in self.world.ledger())
        )
        (folder / "attempts").write_text(self.query("select * from attempt"))
        (folder / "books").write_text(f"{found}\n")
        return folder

    def query(self, statement: str) -> str:
        """Ask the database past everything."""
        return self.postgres.query(self._database, statement)

    def live(self) -> Books:
        """Let everything happen, wait for the end, and compare."""
        pouring = threading.Thread(target=self._pour, name="pour")
        pouring.start()
        crashes = self._rounds_with_a_crash()
        for number in range(self.plan.kills):
            self._round(number, with_crash=number in crashes)
        pouring.join()
        self._wait_for_the_end()
        return books(self.query, self.world.ledger(), self.story.accepted)

    def _rounds_with_a_crash(self) -> set[int]:
        return set(
            self._dice.sample(range(self.plan.kills), min(self.plan.crashes, self.plan.kills))
        )

    def _round(self, number: int, *, with_crash: bool) -> None:
        victim, sleeper, _ = self._dice.sample(self.sites, 3)
        if with_crash:
            self._crash()
        sleeper.send(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            took = self._kill(victim)
            time.sleep(max(0.0, stopped + ASLEEP_SECONDS - time.monotonic()))
        finally:
            sleeper.send(signal.SIGCONT)
        self.story.sleeps += 1
        victim.start()
        taken = f"taken over after {took:.1f} s" if took else "it held no runs"
        crashed = "the database crashed, then " if with_crash else ""
        print(
            f"     round {number + 1}: {crashed}{victim.name} killed, {sleeper.name} asleep; "
            f"{taken}; {len(self.story.accepted)} accepted",
            flush=True,
        )

    def _crash(self) -> None:
        self.postgres.stop("immediate")
        time.sleep(self._dice.uniform(0.0, 2.0))
        self.postgres.start()
        self.story.crashes += 1
        for site in self.sites:
            site.wait_for(site.is_ready, 60, "ready again")

    def _kill(self, victim: WorldSite) -> float:
        """Kill a replica, if it can be while it has runs; return how long these were without anybody."""
        self._wait_for_a_change_of(victim)
        victim.kill()
        killed = time.monotonic()
        self.story.kills += 1
        held = [row.split("|") for row in self._held(victim)]
        if not held:
            return 0.0
        values = ", ".join(f"('{run}', {fence})" for run, fence in held)
        _until(lambda: self.query(STILL_HELD.format(held=values)) == "0", "a takeover", every=0.1)
        took = time.monotonic() - killed
        self.story.takeovers.append(took)
        return took

    def _wait_for_a_change_of(self, victim: WorldSite) -> None:
        """Half of the kills are aimed at a change that is under way; the others come at any moment."""
        under_way = UNDER_WAY.format(owner=owner_prefix(victim.name))
        if self.story.kills % 2:
            time.sleep(self._dice.uniform(0.0, 1.5))
            return
        with contextlib.suppress(TimeoutError):
            _until(lambda: self.query(under_way) != "0", "a change", every=0.02, seconds=10)

    def _held(self, site: WorldSite) -> list[str]:
        return self.query(HELD.format(owner=owner_prefix(site.name))).splitlines()

    def _pour(self) -> None:
        """Post as Alertmanager would, from several at once: what was not taken is posted again, to another replica."""
        alerts = [self._labels(number) for number in range(self.plan.runs)]
        random.Random(self.plan.seed + 1).shuffle(alerts)
        waiting = deque(alerts[n : n + GROUP] for n in range(0, len(alerts), GROUP))
        length = self.plan.kills * ASLEEP_SECONDS * self.plan.pour_share
        end = time.monotonic() + length
        with ThreadPoolExecutor(SENDERS) as pool:
            for sending in [pool.submit(self._send, waiting, end, n) for n in range(SENDERS)]:
                sending.result()

    def _send(self, waiting: deque[list[dict[str, str]]], end: float, number: int) -> None:
        dice = random.Random(self.plan.seed + 2 + number)
        while True:
            try:
                group = waiting.popleft()
            except IndexError:
                return
            if self._post(dice.choice(self.sites), group):
                self.story.accepted.update(labels["case"] for labels in group)
            else:
                self.story.refused += len(group)
                waiting.append(group)
            pause = (end - time.monotonic()) * SENDERS / max(len(waiting), 1)
            time.sleep(min(max(pause, 0.05), 1.0))
            if number == 0:
                self._hold_senders_while_there_is_much()
            self._may_send.wait()

    def _hold_senders_while_there_is_much(self) -> None:
        self._may_send.clear()
        try:
            _until(lambda: self._unended() < MOST_OPEN, "the runs to go on", every=1.0)
        finally:
            self._may_send.set()

    def _labels(self, number: int) -> dict[str, str]:
        plan = self.plan
        is_narrow = number < plan.narrow
        host = number % plan.narrow_hosts if is_narrow else number % plan.hosts
        name = "Full" if number % 4 == 3 else "Sick"
        return {"alertname": name, "instance": f"web{host + 1}:9100", "case": f"case-{number}"}

    def _post(self, site: WorldSite, group: Sequence[dict[str, str]]) -> bool:
        """Whether it was taken; a replica that is asleep is not waited for long, and may take it later all the same."""
        body = json.dumps(a_group([an_alert(labels) for labels in group]))
        headers = {**site.bearer(SOURCE), "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=POST_SECONDS)
        with (
            contextlib.closing(connection),
            contextlib.suppress(OSError, http.client.HTTPException),
        ):
            connection.request("POST", "/webhooks/alertmanager", body, headers)
            return connection.getresponse().status == 202
        return False

    def _unended(self) -> int:
        with contextlib.suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return int(self.query(UNENDED))
        return MOST_OPEN  # the database is away

    def _wait_for_the_end(self) -> None:
        def is_over() -> bool:
            return self._unended() == 0 and all(
                site.get("/status")["inbox_new"] == 0 for site in self.sites
            )

        with contextlib.suppress(TimeoutError):  # what has not ended is in the books
            _until(is_over, "every run ended", every=1.0)


def _until(
    question: Callable[[], object], what: str, *, every: float, seconds: float = PATIENCE
) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(every)


def verdicts(found: Books, story: Story) -> Iterator[tuple[bool, str]]:
    """Yield every line of the result, with whether it is as it should be."""
    yield (
        True,
        f"{found.runs} runs for {len(story.accepted)} accepted alerts, {found.changes} changes",
    )
    yield (
        True,
        f"{story.kills} kills, {story.sleeps} sleeps, {story.crashes} crashes of the database",
    )
    yield True, f"{story.refused} alerts were not taken at once, and posted again"
    yield True, "outcomes: " + ", ".join(f"{k} {n}" for k, n in found.outcomes.items())
    for what, count in found.faults().items():
        yield count == 0, f"{what}: {count}"
    worst = max(story.takeovers, default=0.0)
    goal = f"(goal {GOAL_SECONDS:.0f} s, {len(story.takeovers)} times)"
    yield (
        worst <= GOAL_SECONDS,
        f"a killed replica's runs went on after {worst:.1f} s at most {goal}",
    )


def main() -> int:
    """Live through it and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50, help="as many sleeps")
    parser.add_argument("--crashes", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    plan = Plan(runs=options.runs, kills=options.kills, crashes=options.crashes, seed=options.seed)
    print(f"     {plan}", flush=True)
    began = time.monotonic()
    with Replicas(plan, is_quiet=True) as replicas:
        found = replicas.live()
        lines = list(verdicts(found, replicas.story))
        is_well = all(is_met for is_met, _ in lines)
        for is_met, line in lines:
            print(f"{'ok  ' if is_met else 'MISS'} {line}")
        if not is_well:
            print(f"     what is known about it: {replicas.keep(found)}")
    print(f"     {time.monotonic() - began:.0f} s")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
