"""People at the brakes: pause, resume, cancel, take over; from the command line, and over a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Site
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every run of the command adds the name of its host to this file."""
    return tmp_path_factory.mktemp("effects") / "effects"


@pytest.fixture(scope="module")
def site(sshd: Sshd, effects: Path) -> Iterator[Site]:
    words = ["sh", "-c", 'echo "$1" >> "$2"', "sh", "{host}", str(effects)]
    fix = {"argv": words, "parameters": {"host": "web[0-9]"}}
    wanted = {"name": "fix", "parameters": {"host": "{{ labels.instance | host }}"}}
    playbook = {
        "match": ['alertname="Sick"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "steps": [
            {"id": "first", "host.command": wanted, "irreversible": "allow"},
            {
                "id": "second",
                "host.command": wanted,
                "irreversible": "allow",
                "approval": "required",
            },
        ],
        "verify": {"after": "0s", "within": "20s", "every": "1s", "all": [{"alert": "firing"}]},
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }
    hosts = [f"web{number}" for number in range(1, 6)]
    settings = {"commands": {"fix": fix}}
    with Site(sshd=sshd, hosts=hosts, playbooks={"fix": playbook}, settings=settings) as new:
        yield new


def labels_of(name: str) -> dict[str, str]:
    return {"alertname": "Sick", "instance": f"{name}:9100"}


def lines(effects: Path) -> list[str]:
    return effects.read_text().split() if effects.exists() else []


def test_a_pause_stops_everything_says_why_and_survives_a_restart(
    site: Site, effects: Path
) -> None:
    paused = site.cli("pause", "all", "--for", "1h", "--reason", "moving the datacentre")
    assert paused.returncode == 0, paused.stderr
    site.restart(kill=True)

    fingerprint = site.alert(labels_of("web1"))
    run = site.wait_for_run(target="host/web1", phase="closed")

    assert run["outcome"] == "blocked"
    why = site.cli("why", fingerprint).stdout
    assert "moving the datacentre" in why
    assert "ana" in why
    assert lines(effects) == []
    assert site.cli("pause", "all", user="vera").returncode == 1
    assert site.cli("resume", "all").returncode == 0
    assert site.get("/pauses")["items"] == []


def test_a_step_that_asks_stops_an_automatic_run_in_the_middle(site: Site, effects: Path) -> None:
    site.alert(labels_of("web2"))
    run = site.wait_for_run(target="host/web2", phase="awaiting_approval")
    assert lines(effects).count("web2") == 1
    assert [step["state"] for step in run["steps"]] == ["applied", "waiting"]

    done = site.cli("approve", run["id"], "--yes", user="abe")

    assert done.returncode == 0, done.stderr
    assert site.wait_for_run(target="host/web2", phase="closed")["outcome"] == "resolved"
    assert lines(effects).count("web2") == 2


def test_a_cancelled_run_says_what_was_done_until_then(site: Site, effects: Path) -> None:
    site.alert(labels_of("web3"))
    run = site.wait_for_run(target="host/web3", phase="awaiting_approval")

    done = site.cli("runs", "cancel", run["id"], "--reason", "by hand")

    assert done.returncode == 0, done.stderr
    ended = site.wait_for_run(target="host/web3", phase="closed")
    assert (ended["outcome"], ended["reason"]) == ("cancelled", "cancelled by ana")
    assert "Done: first." in site.wait_for_message("withdrawn", run=run["id"])["text"]
    assert lines(effects).count("web3") == 1


def test_who_takes_over_is_left_alone_with_the_target(site: Site, effects: Path) -> None:
    site.alert(labels_of("web4"))
    run = site.wait_for_run(target="host/web4", phase="awaiting_approval")

    reply = site.api("POST", f"/runs/{run['id']}/take-over", {"reason": "I am on it"})

    assert reply.status == 200
    assert site.wait_for_run(target="host/web4", phase="closed")["taken_over"] is True
    assert [pause["scope"] for pause in site.get("/pauses")["items"]] == ["target/host/web4"]
    site.alert(labels_of("web4"), firing=False)
    site.alert(labels_of("web4"))
    again = site.wait_for_run(target="host/web4", outcome="blocked")
    assert "ana" in again["reason"]
    assert lines(effects).count("web4") == 1
