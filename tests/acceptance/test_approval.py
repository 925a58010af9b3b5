"""A plan that waits for people: who may decide, about which plan, and what becomes of it meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.site import APPROVE, Site
from tests.parts.host import Host

pytestmark = pytest.mark.slow

UNIT = "web.service"
OTHER_DIGEST = "0" * 64


@pytest.fixture(scope="module")
def host(plain_host: Host) -> Host:
    plain_host.systemd.systemctl("start", UNIT)
    return plain_host


@pytest.fixture(scope="module")
def site(host: Host) -> Iterator[Site]:
    """One site for all tests here; each test has a host name of its own."""
    port = host.sshd.port
    answers = {"tcp": {"host": "127.0.0.1", "port": port}}
    restart: dict[str, Any] = {
        "match": ['alertname="ServiceDown"'],
        "requires": ["instance", "unit"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "guards": {"cooldown": "0s"},
        "steps": [{"service.restart": {"unit": "{{ labels.unit }}"}}],
        "verify": {"after": "0s", "within": "20s", "every": "1s", "all": [answers]},
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }
    hasty = {
        **restart,
        "match": ['alertname="ServiceFlaps"'],
        "approval": {"expires": "6s", "remind": "1s", "escalate": {"after": "2s", "to": "leads"}},
    }
    names = [f"web{number}" for number in range(1, 12)]
    new = Site(
        sshd=host.sshd,
        hosts=names,
        playbooks={"restart": restart, "hasty": hasty},
        settings={
            "environments": APPROVE,
            "guards": {"storm": {"runs": 500}, "blast_radius": {"max": 500}},
        },
    )
    new.settings["http"]["allow"].append(f"127.0.0.1:{port}")
    with new:
        yield new


def asked(site: Site, name: str, *, alert: str = "ServiceDown") -> Any:
    """The run that waits for an approval after a service has failed on this host."""
    site.alert(labels_of(name, alert))
    return site.wait_for_run(target=f"host/{name}", phase="awaiting_approval")


def labels_of(name: str, alert: str = "ServiceDown") -> dict[str, str]:
    return {"alertname": alert, "instance": f"{name}:9100", "unit": UNIT}


def invocation(host: Host) -> str:
    return host.systemd.systemctl("show", "--property=InvocationID", "--value", UNIT)


def closed(site: Site, run: Any, seconds: float = 30) -> Any:
    """The run when it has ended."""
    site.wait_for(lambda: site.run(run["id"])["outcome"], seconds, "an outcome")
    return site.run(run["id"])


def test_nothing_happens_before_somebody_approves_the_plan_they_saw(site: Site, host: Host) -> None:
    before = invocation(host)
    run = asked(site, "web1")
    digest = run["approval"]["digest"]

    message = site.wait_for_message("plan", run=run["id"])
    assert message["title"] == "Approve restart on web1?"
    assert message["facts"]["plan"] == digest[:8]
    assert any(f"restart {UNIT} on host/web1" in line for line in message["lines"])
    assert invocation(host) == before

    approved = site.api("POST", f"/runs/{run['id']}/approve", {"digest": digest}, user="abe")

    assert approved.status == 200
    ended = closed(site, run)
    assert (ended["outcome"], ended["reason"]) == ("resolved", "verified")
    assert invocation(host) != before
    assert site.wait_for_message("result", run=run["id"])["facts"]["decided"] == "approved by abe"


def test_only_an_approver_decides_and_only_about_the_current_plan(site: Site, host: Host) -> None:
    before = invocation(host)
    run = asked(site, "web2")
    path, digest = f"/runs/{run['id']}/approve", run["approval"]["digest"]

    assert site.call("POST", f"/api/v1{path}", {"digest": digest}).status == 401
    assert site.api("POST", path, {"digest": digest}, user="vera").status == 403
    assert site.api("POST", path, {"digest": digest}, user="prom").status == 401
    wrong = site.api("POST", path, {"digest": OTHER_DIGEST}, user="abe")
    assert (wrong.status, wrong.body["error"]["code"]) == (409, "conflict")
    assert digest[:8] not in str(wrong.body)
    short = site.api("POST", path, {"digest": digest[:8]}, user="abe")
    assert (short.status, "whole digest" in short.body["error"]["message"]) == (409, True)
    assert site.api("POST", path, {}, user="abe").status == 400

    assert site.run(run["id"])["phase"] == "awaiting_approval"
    assert invocation(host) == before


def test_a_plan_waits_over_restarts_and_is_approved_at_the_command_line(
    site: Site, host: Host
) -> None:
    before = invocation(host)
    run = asked(site, "web3")
    digest = run["approval"]["digest"]

    site.restart()
    assert site.run(run["id"])["approval"]["digest"] == digest
    site.restart(kill=True)
    again = site.run(run["id"])
    assert (again["phase"], again["approval"]["digest"]) == ("awaiting_approval", digest)
    assert again["approval"]["expires_at"] == run["approval"]["expires_at"]

    refused = site.cli("approve", run["id"], user="abe")
    assert refused.returncode == 2  # nobody at a terminal, and neither --yes nor --digest
    assert invocation(host) == before
    done = site.cli("approve", run["id"], "--digest", digest, user="abe")
    assert done.returncode == 0, done.stderr
    assert site.cli("runs", "watch", run["id"], "--every", "0.2").returncode == 0

    assert closed(site, run)["outcome"] == "resolved"
    assert invocation(host) != before
    assert len(site.told("plan", run=run["id"])) == 1  # asked once, not again at every start


def test_a_world_that_changed_voids_the_approval_and_people_are_asked_again(
    site: Site, host: Host
) -> None:
    run = asked(site, "web4")
    first = run["approval"]["digest"]
    host.systemd.systemctl("restart", UNIT)  # somebody was faster
    theirs = invocation(host)

    path = f"/runs/{run['id']}/approve"
    assert site.api("POST", path, {"digest": first}, user="abe").status == 200

    def second() -> Any:
        now = site.run(run["id"])
        is_new = now["phase"] == "awaiting_approval" and now["approval"]["digest"] != first
        return now if is_new else None

    again = site.wait_for(second, what="a new plan")
    assert "plan_voided" in site.events(run["id"])
    assert invocation(host) == theirs
    site.wait_for(lambda: len(site.told("plan", run=run["id"])) == 2, what="a second question")
    note = site.told("plan", run=run["id"])[-1]["facts"]["note"]
    assert note == "the plan changed since it was first shown"
    assert any("no longer fits the world" in m["text"] for m in site.told(run=run["id"]))
    assert site.api("POST", path, {"digest": first}, user="abe").status == 409

    new = again["approval"]["digest"]
    assert site.api("POST", path, {"digest": new}, user="abe").status == 200
    assert closed(site, run)["outcome"] == "resolved"
    assert invocation(host) != theirs


def test_a_plan_that_nobody_decides_about_expires_and_escalates(site: Site, host: Host) -> None:
    before = invocation(host)
    run = asked(site, "web5", alert="ServiceFlaps")
    site.wait_for_message("reminder", run=run["id"])
    site.wait_for_message("escalation", path="leads", run=run["id"])

    ended = closed(site, run)

    assert (ended["outcome"], ended["reason"]) == ("expired", "nobody decided in time")
    told = site.wait_for_message("escalation", path="oncall", run=run["id"])
    assert "needs you" in told["text"]
    assert (
        "nobody approved the plan in time"
        in site.wait_for_message("failure", run=run["id"])["text"]
    )
    digest = run["approval"]["digest"]
    late = site.api("POST", f"/runs/{run['id']}/approve", {"digest": digest}, user="abe")
    assert (late.status, "too late" in late.body["error"]["message"]) == (409, True)
    assert invocation(host) == before


def test_an_alert_that_resolves_withdraws_its_plan(site: Site, host: Host) -> None:
    before = invocation(host)
    run = asked(site, "web6")

    site.alert(labels_of("web6"), firing=False)

    ended = closed(site, run)
    assert ended["outcome"] == "withdrawn"
    assert ended["approval"]["state"] == "withdrawn"
    site.wait_for_message("withdrawn", run=run["id"])
    assert run["id"] not in [a["run"] for a in site.get("/approvals")["items"]]
    assert invocation(host) == before


def test_a_no_needs_a_reason_and_ends_the_run(site: Site, host: Host) -> None:
    before = invocation(host)
    run = asked(site, "web7")

    assert site.api("POST", f"/runs/{run['id']}/reject", {}, user="abe").status == 400
    done = site.cli("reject", run["id"], "--reason", "a backup is running", user="abe")

    assert done.returncode == 0, done.stderr
    ended = closed(site, run)
    assert (ended["outcome"], ended["reason"]) == (
        "rejected",
        "rejected by abe: a backup is running",
    )
    vote = ended["approval"]["votes"][-1]
    assert (vote["person"], vote["door"], vote["reason"]) == ("abe", "cli", "a backup is running")
    assert "a backup is running" in site.cli("runs", "show", run["id"]).stdout
    assert invocation(host) == before


def test_a_rejected_alert_that_goes_on_firing_is_not_answered_again(site: Site, host: Host) -> None:
    run = asked(site, "web8")
    assert site.cli("reject", run["id"], "--reason", "leave it", user="abe").returncode == 0

    site.alert(labels_of("web8"))
    asked(site, "web9")  # by now the word about web8 has been taken in

    assert [r["id"] for r in site.runs(target="host/web8")] == [run["id"]]
