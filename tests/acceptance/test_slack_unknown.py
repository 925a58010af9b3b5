"""A change of which nobody knows whether it was made: people are called, look, and say by a button which it is."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.machine import Machine, sick, steps_playbook
from tests.acceptance.site import AUTO
from tests.acceptance.slack import BEN, GUEST, OPS, SlackSite, a_workspace, action_ids
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow

CASES = ("applied", "not-applied", "abandon", "late")
ANSWERS = ["run.applied", "run.not_applied", "run.abandon"]


@dataclass(frozen=True, slots=True)
class Scene:
    """A site, and the machine on which a command dies without leaving word."""

    site: SlackSite
    machine: Machine

    def lost(self, case: str) -> Any:
        """A run whose first command was killed together with what would have noted its end; people have been asked."""
        self.site.alert(sick(case, case))
        self.machine.wait_for_begin(case, "step1")
        assert _kill_all_of(self.machine.directory, case) > 0
        target = f"host/{case}"
        run = self.site.wait_for_run(target=target)
        self.site.wait_for_text(run, "*Nobody knows whether* `step1` *was applied.*")
        return run


@pytest.fixture(scope="module")
def scene(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    machine = Machine(tmp_path_factory.mktemp("machine"), sshd, *CASES)
    with a_workspace() as slack:
        settings = {**machine.settings(), "environments": AUTO}
        playbook = {**steps_playbook(4.0, 0.1), "on_failure": [{"escalate": [{"to": "oncall"}]}]}
        with SlackSite(slack, settings=settings, playbooks={"steps": playbook}) as site:
            yield Scene(site, machine)


def test_people_are_called_and_asked_with_three_answers(scene: Scene) -> None:
    site, run = scene.site, scene.lost("applied")

    root = site.root(run)
    assert action_ids(root) == ANSWERS
    assert all("confirm" in button for button in root.buttons)
    assert "`host/applied` stays held until somebody says." in root.plain
    assert "nobody knows whether step1 was applied" in root.text

    for user, words in ((BEN, "so can operators"), (GUEST, "Only full members")):
        assert words in site.told_alone(site.press(run, "run.applied", user))
    assert [text.partition(" by slack")[0] for text in site.refusals(run)] == [
        "ben was refused to settle",
        "guest was refused to settle",
    ]
    assert action_ids(site.root(run)) == ANSWERS

    told = site.told_alone(site.press(run, "run.applied", OPS))

    assert told == "You said that it was applied; the run goes on from there."
    assert site.ended(run)["outcome"] == "resolved"
    assert scene.machine.begun("applied") == ["step1", "step2"]
    assert action_ids(site.root(run)) == []
    assert "ops" in site.cli("runs", "show", run["id"]).stdout


def test_what_was_not_applied_counts_as_not_made(scene: Scene) -> None:
    site, run = scene.site, scene.lost("not-applied")

    told = site.told_alone(site.press(run, "run.not_applied", OPS))

    assert told == "You said that it was not applied; the run goes on from there."
    ended = site.ended(run)
    begun = scene.machine.begun("not-applied")
    assert (ended["outcome"], begun) in (
        ("failed", ["step1"]),
        ("resolved", ["step1", "step1", "step2"]),
    )
    assert not set(action_ids(site.root(run))) & set(ANSWERS)


def test_what_is_given_up_ends_as_unknown_and_frees_its_target(scene: Scene) -> None:
    site, run = scene.site, scene.lost("abandon")
    asking = site.root(run).now

    told = site.told_alone(site.press(run, "run.abandon", OPS))

    assert told == "You gave it up; its target is free again."
    ended = site.ended(run)
    assert (ended["outcome"], ended["reason"]) == (
        "outcome_unknown",
        "ops abandoned it; nobody knows whether it was applied",
    )
    assert not set(action_ids(site.root(run))) & set(ANSWERS)
    late = site.press(run, "run.applied", BEN, stale=asking)
    assert "so nothing happened" in site.told_alone(late)


def test_a_restart_between_the_question_and_the_answer_changes_nothing(scene: Scene) -> None:
    site, run = scene.site, scene.lost("late")
    told = "what was told is written down"  # else a message may stand twice, as after any kill
    site.wait_for(lambda: site.get("/status")["outbox_pending"] == 0, 20, told)

    site.restart(kill=True)
    site.told_alone(site.press(run, "run.applied", OPS))

    assert site.ended(run)["outcome"] == "resolved"
    assert len(site.roots(run)) == 1
    assert scene.machine.begun("late") == ["step1", "step2"]


def _kill_all_of(directory: Path, case: str) -> int:
    """Kill, at once and without a chance to note it, what runs on the host for a case; return how many."""
    found = 0
    for one in Path("/proc").iterdir():
        if one.name.isdecimal() and _is_of(one, directory, case):
            os.kill(int(one.name), signal.SIGKILL)
            found += 1
    return found


def _is_of(process: Path, directory: Path, case: str) -> bool:
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return case in words and any(word.startswith(str(directory)) for word in words)
