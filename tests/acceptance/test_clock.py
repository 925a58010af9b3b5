"""The daemon's clock is set while it runs, an hour ahead or back: nothing is changed until a person confirms it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import PYTHON, environment
from tests.acceptance.site import Site
from tests.parts.faketime import FakeTime
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


class ClockedSite(Site):
    """A site whose daemon has a wall clock of its own."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.clock = FakeTime(self.directory)

    def start(self) -> None:
        config = self.write("remediator.yaml", json.dumps(self.settings))
        serve = [PYTHON, "-m", "remediator", "serve", "--config.file", str(config)]
        argv = self.clock.argv(*serve, "--log.format", "json")
        self._server.start(argv, self.is_ready, env=environment())

    def metric(self, name: str) -> float:
        text = self.call("GET", "/metrics").body
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        assert found, text
        return float(found[1])


@pytest.fixture(params=[HOUR, -HOUR], ids=["ahead", "back"])
def jump(request: pytest.FixtureRequest) -> timedelta:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


@pytest.fixture
def site(sshd: Sshd, effects: Path) -> Iterator[ClockedSite]:
    require("faketime")
    fix = {"argv": ["sh", "-c", 'echo done >> "$1"', "sh", str(effects)]}
    playbook = {
        "match": ['alertname="Sick"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "approve",
        "guards": {"cooldown": "0s"},
        "steps": [{"host.command": {"name": "fix"}, "irreversible": "allow"}],
        "verify": {"after": "0s", "within": "20s", "every": "1s", "all": [{"alert": "firing"}]},
    }
    settings = {"commands": {"fix": fix}}
    with ClockedSite(
        sshd=sshd, hosts=["web1", "web2"], playbooks={"fix": playbook}, settings=settings
    ) as new:
        yield new


def labels_of(name: str) -> dict[str, str]:
    return {"alertname": "Sick", "instance": f"{name}:9100"}


def test_a_run_that_is_approved_after_the_clock_was_set_commits_no_intent_until_it_is_confirmed(
    site: ClockedSite, effects: Path, jump: timedelta
) -> None:
    site.alert(labels_of("web1"))
    run = site.wait_for_run(phase="awaiting_approval")

    site.clock.set(jump)
    approved = site.cli("approve", run["id"], "--yes", user="abe")

    assert approved.returncode == 0, approved.stderr
    ended = site.wait_for_run(target="host/web1", phase="closed")
    assert ended["outcome"] == "blocked"
    assert "intent_committed" not in site.events(run["id"])
    assert not effects.exists()
    word = "ahead" if jump > timedelta(0) else "back"
    assert re.search(rf"the clock jumped {word} by (1h|59m\d+s)", ended["reason"])
    loud = site.wait_for_message("notice")
    assert re.search(rf"the clock jumped {word} by (1h|59m\d+s)", loud["text"])
    told = pytest.approx(jump.total_seconds(), abs=5)
    site.wait_for(lambda: site.metric("remediator_clock_jump_seconds") == told, 30, "the gauge")
    assert site.metric("remediator_clock_unconfirmed") == 1
    assert "clock_jumped" in site.full_log()

    resumed = site.cli("resume", "all")

    assert resumed.returncode == 0, resumed.stderr
    site.wait_for(lambda: site.metric("remediator_clock_jump_seconds") == 0, 20, "a trusted clock")
    site.alert(labels_of("web2"))
    again = site.wait_for_run(target="host/web2", phase="awaiting_approval")
    assert site.cli("approve", again["id"], "--yes", user="abe").returncode == 0
    # The host knows better than this clock, and refuses; what counts here is that the gate let it through.
    site.wait_for(
        lambda: "intent_committed" in site.events(again["id"]), 30, "an intent that may be again"
    )


def test_a_clock_that_is_put_right_again_needs_nobody(site: ClockedSite, jump: timedelta) -> None:
    site.clock.set(jump)
    site.wait_for_message("notice")
    assert [p["who"] for p in site.get("/pauses")["items"]] == ["remediator"]

    site.clock.set(timedelta(0))

    site.wait_for(lambda: not site.get("/pauses")["items"], 20, "an end of the pause")


def test_a_jump_of_the_clock_is_not_forgotten_by_a_restart(
    site: ClockedSite, effects: Path, jump: timedelta
) -> None:
    site.clock.set(jump)
    site.wait_for_message("notice")

    site.restart(kill=True)

    site.alert(labels_of("web1"))
    ended = site.wait_for_run(target="host/web1", phase="closed")
    assert ended["outcome"] == "blocked"
    assert "the clock jumped" in ended["reason"]
    assert not effects.exists()
