"""What becomes of a request in Slack when things turn out otherwise: it resolves, changes, expires, does not help."""

from collections.abc import Iterator

import pytest

from remediator.integrations.slack.cards.buttons import Button
from tests.acceptance.site import APPROVE
from tests.acceptance.slack import (
    ANA,
    BEN,
    LEADS,
    LEE,
    ONCALL,
    OPS,
    UNIT,
    SlackSite,
    a_workspace,
    action_ids,
    in_order,
    invocation,
    labels_of,
    restarts,
)
from tests.parts.host import Host

pytestmark = pytest.mark.slow

REHEARSE = {"name": "rehearse", "match": ['rehearse="yes"'], "mode": "dry_run"}
FORGOTTEN = {
    "by": {"groups": ["@sre-oncall"]},
    "expires": "14s",
    "remind": "4s",
    "escalate": {"after": "8s", "to": "leads"},
}


@pytest.fixture(scope="module")
def machine(plain_host: Host) -> Host:
    plain_host.systemd.systemctl("start", UNIT)
    return plain_host


@pytest.fixture(scope="module")
def site(machine: Host) -> Iterator[SlackSite]:
    """One site for all tests here; each test has a host name of its own."""
    nowhere = {"tcp": {"host": "127.0.0.1", "port": 1}}
    in_vain = {"after": "0s", "within": "3s", "every": "1s", "all": [nowhere]}
    playbooks = {
        "restart": restarts(machine),
        "hopeless": restarts(machine, match=['alertname="ServiceBroken"'], verify=in_vain),
        "forgotten": restarts(machine, match=['alertname="ServiceFlaps"'], approval=FORGOTTEN),
    }
    names = [f"web{number}" for number in range(1, 9)]
    with a_workspace() as slack:
        new = SlackSite(
            slack,
            sshd=machine.sshd,
            hosts=names,
            playbooks=playbooks,
            settings={"environments": [REHEARSE, *APPROVE]},
        )
        new.settings["http"]["allow"] += [f"127.0.0.1:{machine.sshd.port}", "127.0.0.1:1"]
        with new:
            yield new


def test_an_alert_that_resolves_withdraws_the_plan_in_the_same_message(site: SlackSite) -> None:
    run = site.asked(labels_of("web2"))

    site.alert(labels_of("web2"), firing=False)

    assert site.ended(run)["outcome"] == "withdrawn"
    root = site.root(run)
    assert "🟢" in root.plain
    assert "withdrawn" in root.plain
    assert action_ids(root) == []
    assert root.called == (ONCALL,)
    assert [m.broadcast for m in site.thread(run)] == [False]


def test_a_plan_that_changed_is_asked_again_in_the_same_message(
    site: SlackSite, machine: Host
) -> None:
    run = site.asked(labels_of("web3"))
    first = site.root(run).now
    machine.systemd.systemctl("restart", UNIT)  # somebody was faster
    theirs = invocation(machine)

    site.told_alone(site.press(run, Button.APPROVE, ANA))
    site.wait_for_text(run, "The plan has changed since it was first shown")
    (call,) = site.wait_for(lambda: [m for m in site.thread(run) if m.broadcast], 20, "a call")

    assert invocation(machine) == theirs
    assert call.called == (ONCALL,)
    assert "The plan changed:" in call.plain
    old = site.press(run, Button.APPROVE, ANA, stale=first)
    assert "the plan has changed: this is not its digest" in site.told_alone(old).lower()
    assert invocation(machine) == theirs

    site.told_alone(site.press(run, Button.APPROVE, LEE))
    assert site.ended(run)["outcome"] == "resolved"
    assert invocation(machine) != theirs
    assert "approved by lee" in site.root(run).plain


def test_a_plan_that_nobody_decides_about_is_called_out_and_expires(
    site: SlackSite, machine: Host
) -> None:
    before = invocation(machine)
    run = site.asked(labels_of("web4", "ServiceFlaps"))

    ended = site.ended(run)

    assert ended["outcome"] == "expired"
    calls = [m for m in site.thread(run) if m.broadcast]
    texts = [m.plain for m in calls]
    called = [m.called for m in calls]
    second = called.index((LEADS,))
    assert set(called[:second]) == {(ONCALL,)}
    assert {each for each in called[second + 1 :] if each} == {(ONCALL, LEADS), (ONCALL,)}
    assert called[-1] == (ONCALL,)
    assert in_order(texts, "still awaits approval", "nobody has decided yet", "needs you"), texts
    assert "nobody decided" in site.root(run).plain
    assert action_ids(site.root(run)) == ["run.take_over", "run.details"]
    assert invocation(machine) == before


def test_the_second_group_may_decide_once_it_has_been_called(site: SlackSite) -> None:
    run = site.asked(labels_of("web5", "ServiceFlaps"))
    too_early = site.press(run, Button.APPROVE, BEN)
    assert "@sre-oncall can" in site.told_alone(too_early)

    site.wait_for(lambda: "approval_escalated" in site.events(run["id"]), 20, "a second call")
    site.told_alone(site.press(run, Button.APPROVE, BEN))

    assert site.ended(run)["outcome"] == "resolved"
    assert "approved by ben" in site.root(run).plain


def test_a_remedy_that_did_not_help_calls_people_once_and_keeps_its_buttons(
    site: SlackSite,
) -> None:
    run = site.asked(labels_of("web6", "ServiceBroken"))
    site.told_alone(site.press(run, Button.APPROVE, ANA))

    assert site.ended(run)["outcome"] == "unresolved"

    root, thread = site.root(run), site.thread(run)
    assert "not fixed" in root.plain
    assert "✅" not in root.plain
    assert action_ids(root) == ["run.take_over", "run.details"]
    calls = [m for m in thread if m.broadcast]
    assert [m.called for m in calls] == [(), (ONCALL,)]
    assert in_order([m.plain for m in calls], "is not fixed", "needs you")

    told = site.told_alone(site.press(run, "run.take_over", OPS))

    assert "`host/web6` is yours" in told
    root = site.wait_for_text(run, "ops looks after web6")
    assert action_ids(root) == []
    assert "not fixed" in root.plain
    assert [p["scope"] for p in site.get("/pauses")["items"]] == ["target/host/web6"]


def test_a_rehearsal_says_that_nothing_was_changed_and_asks_nothing(
    site: SlackSite, machine: Host
) -> None:
    before = invocation(machine)
    site.alert(labels_of("web7", rehearse="yes"))
    run = site.wait_for_run(target="host/web7", outcome="dry_run")

    root = site.wait_for_text(run, "*Nothing was changed.*")

    assert f"restart {UNIT} on host/web7" in root.plain
    assert action_ids(root) == ["run.details"]
    assert root.called == ()
    view = site.opened(site.press(run, Button.DETAILS, BEN))
    assert f"restart {UNIT} on host/web7" in view.plain
    assert invocation(machine) == before
