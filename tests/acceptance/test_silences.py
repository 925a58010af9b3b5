"""Somebody silences an alert in a real Alertmanager: that is a hands-off for the run that answers it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.site import SOURCE, Site
from tests.parts.alertmanager import Alertmanager
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow

LABELS = {"alertname": "Sick", "instance": "web1:9100"}


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


@pytest.fixture
def place(sshd: Sshd, effects: Path) -> Iterator[tuple[Site, Alertmanager]]:
    require("alertmanager", "amtool")
    fix = {"argv": ["sh", "-c", 'echo done >> "$1"', "sh", str(effects)]}
    playbook = {
        "match": ['alertname="Sick"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "approve",
        "steps": [{"host.command": {"name": "fix"}, "irreversible": "allow"}],
        "verify": {"after": "0s", "within": "20s", "every": "1s", "all": [{"alert": "firing"}]},
    }
    with ExitStack() as stack:
        site = Site(sshd=sshd, playbooks={"fix": playbook}, settings={"commands": {"fix": fix}})
        hook = f"{site.url}/webhooks/alertmanager"
        alertmanager = Alertmanager(hook, bearer_token=site.tokens[SOURCE])
        stack.enter_context(alertmanager)
        site.settings["alertmanager"] = {"urls": [alertmanager.url]}
        yield stack.enter_context(site), alertmanager


def test_a_run_waits_for_the_end_of_a_silence_though_people_said_yes_and_then_goes_on(
    place: tuple[Site, Alertmanager], effects: Path
) -> None:
    site, alertmanager = place
    alertmanager.push(LABELS)
    run = site.wait_for_run(phase="awaiting_approval")

    silence = alertmanager.silence(LABELS)
    assert site.cli("approve", run["id"], "--yes", user="abe").returncode == 0
    story = _waiting_story(site, run["id"])

    assert "tests silenced the alert until" in story
    assert not effects.exists()

    alertmanager.end_silence(silence)
    ended = site.wait_for_run(60, phase="closed")
    assert ended["outcome"] == "resolved", ended["reason"]
    assert effects.read_text() == "done\n"


def _waiting_story(site: Site, run: str) -> str:
    def told() -> str:
        words = site.cli("runs", "show", run).stdout
        return words if "silenced" in words else ""

    return str(site.wait_for(told, 20, "a run that says why it waits"))
