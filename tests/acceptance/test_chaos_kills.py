"""`kill -9` of the daemon, cut connections and orderly stops in the middle of runs: every effect at most once."""

import random
import signal
import threading
import time
from collections.abc import Iterator
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
from tests.acceptance.site import Site
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
KILLS = 20
STEPS = ["step1", "step2", "step3"]
HOSTS = [f"web{n}" for n in range(1, 61)]  # a run that finds its target held asks again after 30 s


@pytest.fixture
def machine(sshd: Sshd, tmp_path: Path) -> Machine:
    return Machine(tmp_path, sshd, *HOSTS)


@pytest.fixture
def site(machine: Machine) -> Iterator[Site]:
    playbooks = {"steps": steps_playbook(0.2, 0.3, 0.2)}
    with Site(settings=machine.settings(), playbooks=playbooks) as site:
        yield site


@pytest.fixture
def own_sshd() -> Iterator[Sshd]:
    """An sshd whose sessions this test may cut."""
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as part:
        yield part


def test_twenty_kills_at_any_moment_double_no_effect_and_leave_no_run_behind(
    site: Site, machine: Machine
) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    accepted: set[str] = set()

    for kill in range(KILLS):
        case = f"case-{kill}"
        site.alert(sick(case, dice.choice(HOSTS)))
        accepted.add(case)
        time.sleep(dice.uniform(0, 1.5))
        site.restart(kill=True)

    site.wait_for(lambda: is_settled(site), 180, "every run ended")
    runs = all_runs(site)
    assert {case_of(run) for run in runs} == accepted
    assert machine.doubled() == []
    assert machine.overlaps() == []
    for run in runs:
        begun = machine.begun(case_of(run))
        if run["outcome"] == "failed":  # killed three times between an intent and its command
            assert "it was never started" in run["reason"], run["reason"]
            assert begun == STEPS[: len(begun)] != STEPS
            continue
        assert (run["outcome"], run["reason"]) == ("resolved", "verified")
        assert begun == STEPS
    assert any("observed" in site.events(run["id"]) for run in runs), "no kill hit a command"


def test_webhooks_accepted_while_the_daemon_is_killed_are_all_answered(
    site: Site, machine: Machine
) -> None:
    accepted: set[str] = set()
    ended = threading.Event()

    def pour() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            case = f"poured-{number}"
            try:
                reply = site.post([an_alert({**sick(case, "web1"), "alertname": "Calm"})])
            except (OSError, ValueError):  # not answered: it may be stored or not
                time.sleep(0.05)
                continue
            if reply.status == 202:
                accepted.add(case)

    site.write_playbook(
        "calm", {**steps_playbook(0.1, matched="Calm"), "target": "host/web1", "mode": "dry_run"}
    )
    site.restart()
    pourer = threading.Thread(target=pour)
    pourer.start()
    try:
        for pause in (0.3, 0.7, 0.1):
            time.sleep(pause)
            site.restart(kill=True)
    finally:
        ended.set()
        pourer.join()

    assert len(accepted) > 20
    site.wait_for(lambda: site.get("/status")["inbox_new"] == 0, 60, "an empty inbox")
    assert accepted <= {case_of(run) for run in all_runs(site)}


def test_a_connection_cut_in_the_middle_of_a_command_is_observed_and_never_repeated(
    own_sshd: Sshd, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, own_sshd, "web1")
    playbooks = {"steps": steps_playbook(0.1, 1.5, 0.1)}
    with Site(settings=machine.settings(), playbooks=playbooks) as site:
        site.alert(sick("cut", "web1"))
        machine.wait_for_begin("cut", "step2")

        assert own_sshd.cut() > 0

        run = site.wait_for_run(outcome="resolved")
        assert machine.begun("cut") == ["step1", "step2", "step3"]
        kinds = site.events(run["id"])
        assert kinds.index("doubted") < kinds.index("observed")


def test_a_host_that_cannot_be_reached_after_the_cut_is_asked_until_it_answers(
    own_sshd: Sshd, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, own_sshd, "web1")
    with Site(settings=machine.settings(), playbooks={"steps": steps_playbook(1.0)}) as site:
        site.alert(sick("away", "web1"))
        machine.wait_for_begin("away", "step1")

        own_sshd.freeze()
        own_sshd.cut()
        run = site.wait_for_run(phase="acting")
        site.wait_for(lambda: "doubted" in site.events(run["id"]), 30, "doubt")
        own_sshd.thaw()

        site.wait_for_run(outcome="resolved")
        assert machine.begun("away") == ["step1"]


def test_a_stop_during_a_command_is_orderly_and_the_next_start_finishes_the_run(
    site: Site, machine: Machine
) -> None:
    site.write_playbook("steps", steps_playbook(2.0, 0.1))
    site.restart()
    site.alert(sick("stop", "web1"))
    machine.wait_for_begin("stop", "step1")

    began = time.monotonic()
    site.send(signal.SIGTERM)
    site.wait_for(lambda: not site.is_running, 25, "the end of the daemon")
    assert time.monotonic() - began < 25

    assert site.full_log().count("daemon_stopped") == 2
    site.restart()
    site.wait_for_run(outcome="resolved")
    assert machine.begun("stop") == ["step1", "step2"]


def test_a_command_longer_than_the_grace_time_is_handed_over_and_observed(
    site: Site, machine: Machine
) -> None:
    """The daemon gives a running change 20 s; what takes longer goes on at the host, under its receipt."""
    step = steps_playbook(23.0)
    patient = {**step, "steps": [{**step["steps"][0], "timeout": "60s"}]}
    site.write_playbook("steps", patient)
    site.restart()
    site.alert(sick("long", "web1"))
    machine.wait_for_begin("long", "step1")

    began = time.monotonic()
    site.send(signal.SIGTERM)
    site.wait_for(lambda: not site.is_running, 25, "the end of the daemon")
    assert time.monotonic() - began < 25

    site.restart()
    run = site.wait_for_run(outcome="resolved")
    assert "observed" in site.events(run["id"])
    assert machine.begun("long") == ["step1"]
