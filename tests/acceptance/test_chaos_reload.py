"""SIGHUP with good and broken files, in quiet and in the middle of runs: swapped whole, or not at all."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, case_of, is_settled, sick, steps_playbook
from tests.acceptance.site import Site
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow]
HOSTS = [f"web{n}" for n in range(1, 9)]


@pytest.fixture(scope="module")
def machine(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"), sshd, *HOSTS)


@pytest.fixture(scope="module")
def running(machine: Machine) -> Iterator[Site]:
    with Site(settings=machine.settings(), playbooks={"steps": steps_playbook(0.1)}) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """The site with its one playbook and settings as they were at first."""
    yield running
    for path in running.playbooks.iterdir():
        path.unlink()
    running.write_playbook("steps", steps_playbook(0.1))
    running.write("remediator.yaml", json.dumps(running.settings))
    hang_up(running, "reloaded")


def hang_up(site: Site, event: str) -> str:
    """Send SIGHUP; return the log line with which the daemon answers."""
    before = _lines(site, event)
    site.send(signal.SIGHUP)
    site.wait_for(lambda: len(_lines(site, event)) > len(before), 15, event)
    return _lines(site, event)[-1]


def _lines(site: Site, event: str) -> list[str]:
    return [line for line in site.full_log().splitlines() if f'"event": "{event}"' in line]


def metric(site: Site, name: str) -> float:
    lines = str(site.call("GET", "/metrics").body).splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name))


def playbooks(site: Site) -> dict[str, str]:
    return {item["name"]: item["digest"] for item in site.get("/playbooks")["items"]}


BROKEN = {
    "no YAML": "name: [",
    "an unknown key": json.dumps({"name": "broken", **steps_playbook(0.1), "sterps": []}),
    "a Python tag": "name: !!python/object/apply:os.system ['touch /tmp/x']",
    "an empty match": json.dumps({"name": "broken", **steps_playbook(0.1), "match": []}),
    "auto without verify": json.dumps({"name": "broken", **steps_playbook(0.1), "verify": None}),
    "another's name": json.dumps({"name": "steps", **steps_playbook(0.2)}),
    "not text": "\udcff",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_playbook_keeps_the_old_ones_is_logged_and_moves_the_metric(
    site: Site, text: str
) -> None:
    before = playbooks(site)
    site.write_playbook("steps", steps_playbook(0.7))
    path = site.playbooks / "broken.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    line = hang_up(site, "reload_refused")

    assert "broken.yaml:" in line
    assert playbooks(site) == before
    assert metric(site, "remediator_config_last_reload_successful") == 0
    path.unlink()
    hang_up(site, "reloaded")
    assert playbooks(site).keys() == before.keys() and playbooks(site) != before
    assert metric(site, "remediator_config_last_reload_successful") == 1


def test_broken_settings_keep_the_old_ones_and_every_door_answers_as_before(site: Site) -> None:
    config = site.directory / "remediator.yaml"
    good = config.read_text()
    broken = {
        "gone": None,
        "empty list": "[]",
        "no YAML": "{",
        "a secret file that is missing": good.replace("prom.token", "missing.token"),
        "an unknown key": good.replace('"environments"', '"enviroments"'),
        "open to the world": good.replace('"users"', '"severities"'),
    }
    for text in broken.values():
        config.unlink(missing_ok=True)
        if text is not None:
            config.write_text(text)
        hang_up(site, "reload_refused")
        site.alert({"alertname": "Nobody"})
        assert site.is_ready()
        assert len(playbooks(site)) == 1


def test_a_playbook_folder_that_is_gone_keeps_the_old_playbooks(site: Site) -> None:
    aside = site.playbooks.rename(site.directory / "aside")

    hang_up(site, "reload_refused")

    assert len(playbooks(site)) == 1
    aside.rename(site.playbooks)


def test_an_operator_may_reload_by_http_and_is_told_every_problem(site: Site) -> None:
    site.write("playbooks/one.yaml", "name: [")
    site.write("playbooks/two.yaml", "name: {")

    refused = site.call("POST", "/-/reload", {}, headers=site.bearer("ana"))
    viewer = site.call("POST", "/-/reload", {}, headers=site.bearer("vera"))

    assert (refused.status, viewer.status) == (422, 403)
    problems = "\n".join(refused.body["error"]["problems"])
    assert "one.yaml:" in problems and "two.yaml:" in problems


def test_a_reload_in_the_middle_of_a_command_neither_stops_nor_repeats_it(
    site: Site, machine: Machine
) -> None:
    site.write_playbook("steps", steps_playbook(1.5, 0.1))
    hang_up(site, "reloaded")
    site.alert(sick("reload", "web1"))
    machine.wait_for_begin("reload", "step1")

    hang_up(site, "reloaded")

    site.wait_for(lambda: is_settled(site), 60, "the end")
    (run,) = (run for run in site.runs() if case_of(run) == "reload")
    assert run["outcome"] == "resolved", run["reason"]
    assert "doubted" not in site.events(run["id"])
    assert machine.begun("reload") == ["step1", "step2"]


def test_a_plan_that_was_approved_is_carried_out_though_its_playbook_has_changed(
    site: Site, machine: Machine
) -> None:
    site.write_playbook("steps", {**steps_playbook(0.1), "mode": "approve"})
    hang_up(site, "reloaded")
    site.alert(sick("approved", "web2"))
    run = site.wait_for_run(phase="awaiting_approval")
    site.write_playbook("steps", {**steps_playbook(0.1, 0.1, 0.1), "mode": "auto"})
    hang_up(site, "reloaded")

    approval = {"digest": run["plan"]["digest"]}
    assert site.api("POST", f"/runs/{run['id']}/approve", approval, user="abe").status == 200

    site.wait_for(lambda: is_settled(site), 60, "the end")
    assert site.run(run["id"])["outcome"] == "resolved"
    assert machine.begun("approved") == ["step1"]


def test_many_reloads_in_a_row_leave_no_connection_and_no_file_behind(site: Site) -> None:
    def open_files() -> int:
        return len(list(Path(f"/proc/{site.pid}/fd").iterdir()))

    hang_up(site, "reloaded")
    before = open_files()
    for _ in range(5):
        hang_up(site, "reloaded")

    assert site.wait_for(lambda: open_files() <= before + 1, 10, "files closed")
