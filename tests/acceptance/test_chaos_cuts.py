"""Connections that are cut, hosts that fall silent, orderly stops, all in the middle of a command: one effect each."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.acceptance.machine import Machine, case_of, sick, steps_playbook
from tests.acceptance.site import Site
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@dataclass(frozen=True, slots=True)
class Scene:
    """A site, what it acts on, and an sshd whose sessions these tests may cut."""

    site: Site
    machine: Machine
    sshd: Sshd

    def begin(self, case: str, step: str) -> None:
        """Set off a run on a host of its own, and return as soon as a step's command runs."""
        self.site.alert(sick(case, case))
        self.machine.wait_for_begin(case, step)

    def end(self, case: str) -> list[str]:
        """The journal of a run that must have been resolved."""

        def found() -> list[str]:
            runs = (run for run in self.site.runs(outcome="resolved") if case_of(run) == case)
            return [run["id"] for run in runs]

        (run_id,) = self.site.wait_for(found, 60, f"{case} resolved")
        return self.site.events(run_id)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as sshd:
        machine = Machine(tmp_path_factory.mktemp("machine"), sshd, "cut", "away", "long")
        playbooks = {"steps": steps_playbook(0.1, 1.5, 0.1)}
        with Site(settings=machine.settings(), playbooks=playbooks) as site:
            yield Scene(site, machine, sshd)


def test_a_connection_cut_in_the_middle_of_a_command_is_observed_and_never_repeated(
    scene: Scene,
) -> None:
    scene.begin("cut", "step2")

    assert scene.sshd.cut() > 0

    kinds = scene.end("cut")
    assert kinds.index("doubted") < kinds.index("observed")
    assert scene.machine.begun("cut") == ["step1", "step2", "step3"]


def test_a_host_that_falls_silent_is_asked_until_it_answers(scene: Scene) -> None:
    scene.begin("away", "step2")

    scene.sshd.freeze()
    scene.sshd.cut()
    run = next(run for run in scene.site.runs() if case_of(run) == "away")
    scene.site.wait_for(lambda: "doubted" in scene.site.events(run["id"]), 30, "doubt")
    scene.sshd.thaw()

    assert "observed" in scene.end("away")
    assert scene.machine.begun("away") == ["step1", "step2", "step3"]


def test_a_command_longer_than_an_orderly_stop_may_take_is_handed_over_and_observed(
    scene: Scene,
) -> None:
    """A running change has 20 s to end; what takes longer goes on at the host, under its receipt."""
    step = steps_playbook(22.0)
    patient = {**step, "steps": [{**step["steps"][0], "timeout": "60s"}]}
    scene.site.write_playbook("steps", patient)
    scene.site.restart()
    scene.begin("long", "step1")

    began = time.monotonic()
    scene.site.send(signal.SIGTERM)
    scene.site.wait_for(lambda: not scene.site.is_running, 25, "the end of the daemon")
    assert time.monotonic() - began < 25
    scene.site.restart()

    assert "observed" in scene.end("long")
    assert scene.machine.begun("long") == ["step1"]
