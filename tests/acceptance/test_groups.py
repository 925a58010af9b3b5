"""What Alertmanager repeats, mixes and sends twice: one alert, one run, one effect."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.alerts import an_alert
from tests.acceptance.site import Reply, Site
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow

TIMES = 50


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
        "steps": [{"host.command": wanted, "irreversible": "allow"}],
        "verify": {"after": "0s", "within": "20s", "every": "1s", "all": [{"alert": "firing"}]},
    }
    new = Site(
        sshd=sshd,
        hosts=[f"web{number}" for number in range(1, 6)],
        playbooks={"fix": playbook},
        settings={"commands": {"fix": fix}},
    )
    other = new.write("other.token", "another-token-of-the-same-source\n")
    new.tokens["other"] = other.read_text().strip()
    new.settings["sources"] = [
        {"name": "prom", "bearer_token_files": ["prom.token", "other.token"]},
    ]
    with new:
        yield new


def sick(name: str, *, firing: bool = True) -> dict[str, Any]:
    return an_alert({"alertname": "Sick", "instance": f"{name}:9100"}, firing=firing)


def lines(effects: Path) -> list[str]:
    return effects.read_text().split() if effects.exists() else []


def test_only_the_firing_alert_of_a_group_is_acted_on(site: Site, effects: Path) -> None:
    reply = site.post([sick("web1", firing=False), sick("web2"), sick("web3", firing=False)])

    assert (reply.status, reply.body["alerts"]) == (202, 3)
    assert site.wait_for_run(phase="closed")["outcome"] == "resolved"
    assert [run["target"] for run in site.runs()] == ["host/web2"]
    assert lines(effects) == ["web2"]
    assert site.get("/runs?target=host/web1")["items"] == []


def test_a_group_from_two_replicas_fifty_times_is_one_run_with_one_effect(
    site: Site, effects: Path
) -> None:
    group = [sick("web4")]
    replies: list[Reply] = []

    def replica(token: str) -> None:
        replies.extend(site.post(group, source=token) for _ in range(TIMES // 2))

    senders = [threading.Thread(target=replica, args=(token,)) for token in ("prom", "other")]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert [reply.status for reply in replies] == [202] * TIMES
    assert len({reply.body["notification"] for reply in replies}) == TIMES
    site.wait_for(lambda: site.get("/status")["inbox_new"] == 0, what="an empty inbox")
    site.wait_for_run(target="host/web4", phase="closed")
    assert len(site.runs(target="host/web4")) == 1
    assert lines(effects).count("web4") == 1
