"""Two daemons on one PostgreSQL: one sleeps longer than its lease, or the database crashes under both."""

import contextlib
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.acceptance.alerts import an_alert
from tests.acceptance.machine import (
    Machine,
    all_runs,
    case_of,
    is_settled,
    sick,
    steps_playbook,
)
from tests.acceptance.site import Site
from tests.parts.postgres import Postgres
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
LEASE_SECONDS = 15
HOSTS = [f"web{n}" for n in range(1, 61)]
STEPS = ["step1", "step2", "step3"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replicas, what they act on, and their database."""

    first: Site
    second: Site
    machine: Machine
    postgres: Postgres

    @property
    def sites(self) -> tuple[Site, Site]:
        return self.first, self.second


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    """A server of our own, because it will crash."""
    require("postgres", "initdb", root=True)
    with Postgres() as part:
        yield part


@pytest.fixture(scope="module")
def pair(
    database: Postgres, sshd: Sshd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    machine = Machine(tmp_path_factory.mktemp("machine"), sshd, *HOSTS)
    settings = {**machine.settings(), "store": database.new_database()}
    playbooks = {"steps": steps_playbook(0.3, 0.4, 0.3)}
    with (
        Site(settings=settings, playbooks=playbooks) as first,
        Site(settings=settings, playbooks=playbooks) as second,
    ):
        yield Pair(first, second, machine, database)


def test_a_replica_that_sleeps_longer_than_its_lease_doubles_nothing_and_blocks_nobody(
    pair: Pair,
) -> None:
    cases = {f"sleep-{n}": HOSTS[n % 12] for n in range(12)}
    for case, target in cases.items():
        pair.first.alert(sick(case, target))
    pair.first.wait_for(pair.machine.lines, 30, "a first effect")
    sleeper, waker = _who_acts(pair)

    sleeper.send(signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        later = {f"later-{n}": HOSTS[n] for n in range(3)}
        for case, target in later.items():
            _post_until_accepted(waker, case, target)
        waker.wait_for(lambda: is_settled(waker), 75, "every run ended")
        assert time.monotonic() - stopped > LEASE_SECONDS - 1
    finally:
        sleeper.send(signal.SIGCONT)
    sleeper.wait_for(sleeper.is_ready, 30, "the sleeper awake")
    sleeper.alert(sick("awake", "web1"))
    sleeper.wait_for(lambda: pair.machine.begun("awake") == STEPS, 60, "the last run")
    waker.wait_for(lambda: is_settled(waker), 60, "every run ended")

    assert [run["reason"] for run in all_runs(waker) if run["outcome"] != "resolved"] == []
    assert pair.machine.doubled() == []
    assert pair.machine.overlaps() == []
    for case in (*cases, *later):
        assert pair.machine.begun(case) == STEPS


def test_a_crash_of_the_database_loses_no_accepted_alert_and_every_run_ends(pair: Pair) -> None:
    accepted: set[str] = set()
    sent: set[str] = set()  # whatever the answer
    ended = threading.Event()
    dice = random.Random(7)

    def pour(site: Site) -> None:
        number = 0
        while not ended.wait(0.3):
            number += 1
            case = f"pour-{site.port}-{number}"
            sent.add(case)
            with contextlib.suppress(OSError):
                status = site.post([an_alert(sick(case, dice.choice(HOSTS)))]).status
                assert status in (202, 503)
                if status == 202:
                    accepted.add(case)

    pourers = [threading.Thread(target=pour, args=(site,)) for site in pair.sites]
    for pourer in pourers:
        pourer.start()
    try:
        for _ in range(2):
            time.sleep(1.0)
            pair.postgres.stop("immediate")
            time.sleep(1.0)
            pair.postgres.start()
            pair.first.wait_for(pair.first.is_ready, 30, "ready again")
    finally:
        ended.set()
        for pourer in pourers:
            pourer.join()

    assert len(accepted) > 5
    pair.first.wait_for(lambda: is_settled(pair.first), 120, "every run ended")
    runs = [run for run in all_runs(pair.first) if case_of(run).startswith("pour-")]
    assert [run["reason"] for run in runs if run["outcome"] != "resolved"] == []
    assert accepted <= {case_of(run) for run in runs} <= sent
    assert pair.machine.doubled() == []
    assert pair.machine.overlaps() == []


def test_a_replica_that_is_killed_is_taken_over_within_a_lease_and_a_second(pair: Pair) -> None:
    pair.first.alert(sick("orphan", "web1"))
    pair.machine.wait_for_begin("orphan", "step2")
    victim, heir = _who_acts(pair)

    victim.kill()
    killed = time.monotonic()

    def found() -> list[str]:
        runs = heir.runs(outcome="resolved")
        return [run["id"] for run in runs if case_of(run) == "orphan"]

    (run_id,) = heir.wait_for(found, LEASE_SECONDS + 10, "the orphan resolved")
    assert time.monotonic() - killed < LEASE_SECONDS + 6
    assert "observed" in heir.events(run_id)
    assert pair.machine.begun("orphan") == STEPS
    victim.start()


def _who_acts(pair: Pair) -> tuple[Site, Site]:
    """The replica that committed the last intent, and the other one."""

    def intents(site: Site) -> list[str]:
        return [line for line in site.full_log().splitlines() if '"intent_committed"' in line]

    pair.first.wait_for(lambda: any(map(intents, pair.sites)), 10, "an intent in a log")
    busy = max(pair.sites, key=lambda site: max(intents(site), default=""))
    return busy, pair.second if busy is pair.first else pair.first


def _post_until_accepted(site: Site, case: str, target: str) -> None:
    """Post as Alertmanager would: again after 503."""
    site.wait_for(lambda: site.post([an_alert(sick(case, target))]).status == 202, 40, case)
