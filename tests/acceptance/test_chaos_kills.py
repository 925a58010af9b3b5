"""`kill -9` of the daemon at random moments of runs: no effect twice, every run ends, nothing accepted is lost."""

import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
from tests.acceptance.rawhttp import query
from tests.acceptance.site import Site
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
KILLS = 10  # of each of two daemons, which share nothing but the host
STEPS = ["step1", "step2", "step3"]
AIMED = {2: "step2"}  # the other kills come at any moment
HOSTS = [f"web{n}" for n in range(1, 61)]  # a run that finds its target held asks again after 30 s
CALM = [f"calm{n}" for n in range(KILLS)]  # where nothing else is under way


class Mortal:
    """A daemon that is killed again and again while it has work and while others post."""

    def __init__(self, directory: Path, sshd: Sshd, seed: int) -> None:
        directory.mkdir()
        self.machine = Machine(directory, sshd, *HOSTS, *CALM)
        self.site = Site(
            settings=self.machine.settings(), playbooks={"steps": steps_playbook(0.2, 0.3, 0.2)}
        )
        self.cases: set[str] = set()
        self.poured: set[str] = set()
        self._dice = random.Random(seed)

    def live(self) -> None:
        """Be killed KILLS times, then finish everything."""
        ended = threading.Event()
        pourer = threading.Thread(target=self._pour, args=(ended,))
        with self.site:
            pourer.start()
            try:
                for number in range(KILLS):
                    self._once(AIMED.get(number % 3))
            finally:
                ended.set()
                pourer.join()
            self.site.wait_for(lambda: is_settled(self.site), 180, "every run ended")
            self.runs = all_runs(self.site)
            self.events = {run["id"]: self.site.events(run["id"]) for run in self.runs}
            episodes = query(self.site, "select alert ->> '$.labels.case' from episode")
            self.known = {case for (case,) in episodes}

    def _once(self, aim: str | None) -> None:
        case = f"case-{len(self.cases)}"
        host = f"calm{len(self.cases)}" if aim else self._dice.choice(HOSTS)
        self.site.alert(sick(case, host))
        self.cases.add(case)
        if aim:
            self.machine.wait_for_begin(case, aim)
        else:
            time.sleep(self._dice.uniform(0, 1.5))
        self.site.restart(kill=True)

    def _pour(self, ended: threading.Event) -> None:
        """Post alerts that no playbook answers, and remember those that were accepted."""
        number = 0
        while not ended.wait(0.05):
            number += 1
            labels = {"alertname": "Nobody", "case": f"poured-{number}"}
            with contextlib.suppress(OSError, ValueError):  # no answer: stored, or not
                if self.site.post([an_alert(labels)]).status == 202:
                    self.poured.add(labels["case"])


@pytest.fixture(scope="module")
def mortals(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> list[Mortal]:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    directory = tmp_path_factory.mktemp("mortals")
    found = [Mortal(directory / str(n), sshd, seed + n) for n in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for life in [pool.submit(mortal.live) for mortal in found]:
            life.result()
    return found


def test_no_effect_is_doubled_and_no_two_runs_act_on_one_target(mortals: list[Mortal]) -> None:
    for mortal in mortals:
        assert mortal.machine.doubled() == []
        assert mortal.machine.overlaps() == []


def test_every_run_has_ended_and_did_all_that_it_says(mortals: list[Mortal]) -> None:
    for mortal in mortals:
        assert {case_of(run) for run in mortal.runs} == mortal.cases
        for run in mortal.runs:
            begun = mortal.machine.begun(case_of(run))
            if run["outcome"] == "failed":  # killed three times between an intent and its command
                assert "it was never started" in run["reason"], run["reason"]
                assert begun == STEPS[: len(begun)] != STEPS
                continue
            assert (run["outcome"], run["reason"]) == ("resolved", "verified")
            assert begun == STEPS


def test_kills_did_hit_commands_and_these_were_observed(mortals: list[Mortal]) -> None:
    assert any("observed" in kinds for mortal in mortals for kinds in mortal.events.values())


def test_every_accepted_notification_is_remembered(mortals: list[Mortal]) -> None:
    for mortal in mortals:
        assert len(mortal.poured) > 20
        assert mortal.poured | mortal.cases <= mortal.known
