"""Hostile `instance` labels, sources that ask for more than they may, and clicks with somebody else's words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.hostile_values import INSTANCES
from tests.acceptance.machine import Machine, is_settled, sick, steps_playbook
from tests.acceptance.site import SOURCE, Site
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow
REASONS = ("is no known host", "is more than one host", "must have 1 to 256 characters")
SMALL, TWIN = "small-source-token", "twin-source-token"


@pytest.fixture(scope="module")
def machine(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"), sshd, "web1", "web2")


@pytest.fixture(scope="module")
def site(machine: Machine) -> Iterator[Site]:
    files = {"small": SMALL, "twin": TWIN}
    sources = [
        {"name": SOURCE, "bearer_token_file": f"{SOURCE}.token"},
        {"name": "small", "bearer_token_file": "small.token", "playbooks": ["other-*"]},
        {"name": "twin", "bearer_token_files": ["twin.token"]},
    ]
    playbooks = {"steps": steps_playbook(0.0)}
    site = Site(settings={**machine.settings(), "sources": sources}, playbooks=playbooks)
    for name, token in files.items():
        site.write(f"{name}.token", token)
        site.tokens[name] = token
    with site:
        yield site


@pytest.mark.parametrize("instance", INSTANCES, ids=range(len(INSTANCES)))
def test_an_instance_that_is_no_host_of_ours_is_blocked_and_why_says_so(
    site: Site, machine: Machine, instance: str
) -> None:
    labels = {"alertname": "Sick", "instance": instance, "case": "nowhere"}
    fingerprint = site.alert(labels)

    site.wait_for(lambda: is_settled(site), 30, "the decision")

    why = site.get(f"/why/{fingerprint}")
    assert why["run"] is None
    (decision,) = why["decisions"]
    assert (decision["playbook"], decision["decision"], decision["by"]) == (
        "steps",
        "blocked",
        "target",
    )
    assert any(reason in decision["reason"] for reason in REASONS)
    assert machine.begun("nowhere") == []


@pytest.mark.parametrize("instance", ["WEB1", "web1.", "Web1.:9100"])
def test_another_spelling_of_our_host_is_our_host_and_no_second_one(
    site: Site, machine: Machine, instance: str
) -> None:
    case = f"spelled-{instance.encode().hex()}"
    fingerprint = site.alert({"alertname": "Sick", "instance": instance, "case": case})

    site.wait_for(lambda: is_settled(site), 60, "the end")

    (run,) = site.runs(fingerprint=fingerprint)
    assert run["target"] == "host/web1"
    assert run in site.runs(target="host/WEB1")
    assert machine.begun(case) == ["step1"]


def test_why_tells_a_person_at_a_terminal_that_the_host_is_not_known(site: Site) -> None:
    fingerprint = site.alert({"alertname": "Sick", "instance": "db-master\x1b[2J", "case": "x"})
    site.wait_for(lambda: is_settled(site), 30, "the decision")

    told = site.cli("why", fingerprint)

    assert told.returncode == 0
    assert "blocked" in told.stdout and "no known host" in told.stdout
    assert all(line.isprintable() for line in told.stdout.split("\n"))


def test_a_playbook_that_lets_a_label_choose_any_host_is_refused(site: Site) -> None:
    careless = {**steps_playbook(0.0), "target": "host/{{ labels.instance }}"}
    path = site.write("careless.yaml", json.dumps({"name": "careless", **careless}))

    told = site.cli("check", str(path))

    assert told.returncode == 1
    assert "a label becomes a host only through the filter `host`" in told.stdout + told.stderr


def test_a_source_sets_off_its_own_playbooks_only(site: Site, machine: Machine) -> None:
    labels = sick("small", "web1")
    alert = an_alert(labels)
    assert site.post([alert], source="small").status == 202
    site.wait_for(lambda: is_settled(site), 30, "the decision")

    (decision,) = site.get(f"/why/{alert['fingerprint']}")["decisions"]

    assert decision["decision"] == "skipped"
    assert decision["reason"] == "source small may not set off this playbook"
    assert machine.begun("small") == []


def test_one_source_cannot_end_the_alert_of_another(site: Site, machine: Machine) -> None:
    site.write_playbook("steps", steps_playbook(1.0, 0.0))
    site.restart()
    alert = an_alert(sick("foreign", "web2"))
    assert site.post([alert]).status == 202
    machine.wait_for_begin("foreign", "step1")

    assert site.post([{**alert, "status": "resolved"}], source="twin").status == 202
    site.wait_for(lambda: is_settled(site), 30, "the end")

    (run,) = site.runs(fingerprint=str(alert["fingerprint"]))
    assert run["outcome"] == "resolved"
    assert run["alert_resolved_at"] is None


def test_the_name_of_a_source_inside_a_body_counts_for_nothing(site: Site) -> None:
    body = {**a_group([an_alert(sick("liar", "web1"))]), "source": SOURCE, "receiver": SOURCE}
    reply = site.call("POST", "/webhooks/alertmanager", body, headers=site.bearer("small"))
    assert reply.status == 202
    site.wait_for(lambda: is_settled(site), 30, "the decision")

    found = site.get("/decisions?source=small")["items"]

    assert {item["decision"] for item in found} == {"skipped"}


def test_tokens_of_sources_and_of_people_are_not_each_others(site: Site) -> None:
    alerts = a_group([an_alert(sick("token", "web1"))])

    for user in ("vera", "ana", "root"):
        reply = site.call("POST", "/webhooks/alertmanager", alerts, headers=site.bearer(user))
        assert reply.status == 401
    for source in (SOURCE, "small", "twin"):
        assert site.api("GET", "/runs", user=source).status == 401


def test_nothing_was_left_on_the_host_but_what_was_asked_for(site: Site, machine: Machine) -> None:
    wanted = {"effect", "effect.ledger", "inventory.json", "receipts"}
    assert {path.name for path in Path(machine.directory).iterdir()} <= wanted
