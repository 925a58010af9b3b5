"""Slack away, Slack asking for patience, the daemon restarted: runs go on, and every message arrives once, in order."""

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from remediator.integrations.slack.cards.buttons import Button
from remediator.integrations.slack.fake import FakeSlack
from tests.acceptance.site import APPROVE, Site
from tests.acceptance.slack import (
    ANA,
    BEN,
    CHANNEL,
    LEE,
    ONCALL,
    UNIT,
    SlackSite,
    a_workspace,
    action_ids,
    invocation,
    labels_of,
    restarts,
)
from tests.parts.host import Host

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PATIENCE = 30
BOTH_DOORS = pytest.mark.parametrize("site", ["socket", "http"], indirect=True)


@pytest.fixture(scope="module")
def host(plain_host: Host) -> Host:
    plain_host.systemd.systemctl("start", UNIT)
    return plain_host


@pytest.fixture
def site(request: pytest.FixtureRequest, host: Host) -> Iterator[SlackSite]:
    """A workspace and a site for each test: bad weather is for all who are in it."""
    listed = {"by": {"groups": ["@sre-oncall"], "users": [LEE]}}
    playbooks = {
        "restart": restarts(host),
        "listed": restarts(host, match=['alertname="ServiceListed"'], approval=listed),
        "common": restarts(host, match=['alertname="ServiceCommon"'], approval={}),
    }
    with a_workspace() as slack:
        new = SlackSite(
            slack,
            door=getattr(request, "param", "socket"),
            sshd=host.sshd,
            hosts=[f"web{n}" for n in range(1, 6)],
            playbooks=playbooks,
            settings={"environments": [*_automatic(), *APPROVE]},
        )
        new.settings["http"]["allow"].append(f"127.0.0.1:{host.sshd.port}")
        with new:
            yield new


def _automatic() -> list[dict[str, Any]]:
    return [{"name": "free", "match": ['ask="no"'], "mode": "auto"}]


def all_is_told_once(site: SlackSite, run: Any) -> None:
    """See that one message says how it ended, and that its thread has a line for all else there was to tell.

    What there was to tell, in order, the webhook knows; the message itself stands for that which it began with.
    """
    # a webhook may hear twice
    told = {m["deduplication"]: m["text"] for m in site.told(run=run["id"])}
    texts, lines = list(told.values()), site.lines(run)
    assert len(site.roots(run)) == 1
    assert len(texts) - len(lines) == 1, (texts, lines)
    rest = iter(texts)
    assert all(
        any(text.endswith(line.removeprefix("Verified. ")) for text in rest) for line in lines
    ), (texts, lines)
    assert "✅" in site.root(run).plain
    assert action_ids(site.root(run)) == []


@pytest.mark.parametrize("status", [0, 503], ids=["no connection", "503"])
def test_while_slack_is_away_runs_are_done_and_told_when_it_is_back(
    site: SlackSite, host: Host, status: int
) -> None:
    before, slack = invocation(host), site.slack
    slack.away(status)

    site.alert(labels_of("web1", ask="no"))
    site.wait_for_run(target="host/web1", outcome="resolved")
    site.alert(labels_of("web2"))
    asked = site.wait_for_run(target="host/web2", phase="awaiting_approval")
    digest = asked["approval"]["digest"]
    said = site.cli("approve", asked["id"], "--digest", digest, user="root")
    assert said.returncode == 0, said.stderr
    runs = [site.wait_for_run(target=f"host/{n}", outcome="resolved") for n in ("web1", "web2")]
    assert invocation(host) != before
    assert [message.ts for message in slack.messages] == []

    # what was already on its way to Slack comes back: it would tell how things were before
    time.sleep(3)
    slack.back()
    site.wait_for_silence(90)

    for run in runs:
        all_is_told_once(site, run)
        assert len(site.root(run).versions) == 1  # as it is now: nobody is asked what is decided
        assert site.root(run).called == ()
    assert not any(message.broadcast for message in slack.messages)


@BOTH_DOORS
def test_after_slack_was_away_the_next_click_is_heard(site: SlackSite, host: Host) -> None:
    run = site.asked(labels_of("web1"))
    site.slack.away()
    time.sleep(3)
    site.slack.back()
    if site.settings["slack"].get("app_token_file"):
        site.slack.wait_for_connections(1, 60)

    site.told_alone(site.press(run, Button.APPROVE, ANA))

    assert site.ended(run, 90)["outcome"] == "resolved"
    all_is_told_once(site, run)


def test_half_a_minute_of_429_loses_nothing_and_doubles_nothing(site: SlackSite) -> None:
    slack = site.slack
    first = site.asked(labels_of("web1"))
    began, asked_before = time.monotonic(), len(slack.requests)
    slack.rate_limit("*", PATIENCE, lasting=PATIENCE)

    done = []
    for name in ("web2", "web3"):
        site.alert(labels_of(name, ask="no"))
        done.append(site.wait_for_run(target=f"host/{name}", outcome="resolved"))
    assert time.monotonic() - began < PATIENCE, "runs waited for Slack"
    time.sleep(max(0.0, began + PATIENCE - 2 - time.monotonic()))
    refused = slack.requests[asked_before:]
    assert [m for m in slack.messages if not m.thread_ts] == site.roots(first)
    assert 0 < len([r for r in refused if r.method.startswith("chat.")]) <= 4, refused

    site.wait_for_silence(90)
    for run in done:
        all_is_told_once(site, run)
    last = site.asked(labels_of("web4"))
    site.told_alone(site.press(last, Button.APPROVE, ANA))
    assert site.ended(last)["outcome"] == "resolved"
    all_is_told_once(site, last)


@BOTH_DOORS
@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "kill -9"])
def test_a_restart_between_message_and_click_changes_nothing(
    site: SlackSite, host: Host, kill: bool
) -> None:
    before = invocation(host)
    run = site.asked(labels_of("web1"))
    site.wait_for_silence()
    asking = site.root(run)

    site.restart(kill=kill)
    assert len(asking.versions) == 1
    told = site.told_alone(site.press(run, Button.APPROVE, ANA))

    assert "You approved plan" in told
    assert site.ended(run, 90)["outcome"] == "resolved"
    assert invocation(host) != before
    assert site.root(run) is asking
    assert asking.called == (ONCALL,)
    all_is_told_once(site, run)


@BOTH_DOORS
def test_a_click_while_the_daemon_is_down_is_not_taken_and_the_next_one_is(site: SlackSite) -> None:
    run = site.asked(labels_of("web1"))
    site.wait_for_silence()
    site.stop()

    lost = site.slack.click(site.root(run), Button.APPROVE.value, ANA).wait()
    assert lost.error == "dispatch_failed"  # Slack shows the person that the app does not answer
    site.start()

    site.told_alone(site.press(run, Button.APPROVE, ANA))
    assert site.ended(run, 90)["outcome"] == "resolved"
    assert [v["person"] for v in site.run(run["id"])["approval"]["votes"]] == ["ana"]


@BOTH_DOORS
def test_what_slack_delivers_twice_counts_once(site: SlackSite) -> None:
    run = site.asked(labels_of("web1"))
    site.slack.duplicate()

    click = site.press(run, Button.APPROVE, ANA)
    site.told_alone(click)

    assert site.ended(run, 90)["outcome"] == "resolved"
    assert [attempt.error for attempt in click.attempts] == ["", ""]
    assert len(click.answers) == 1
    assert site.refusals(run) == []


def test_when_slack_cannot_say_who_somebody_is_only_those_listed_by_id_count(
    site: SlackSite, host: Host
) -> None:
    before, run = invocation(host), site.asked(labels_of("web1", "ServiceListed"))
    for method in ("users.info", "usergroups.list", "usergroups.users.list"):
        site.slack.fail(method, status=503, times=None)

    told = site.told_alone(site.press(run, Button.APPROVE, ANA))
    assert told.startswith("Slack cannot say at the moment who you are, so nothing happened.")
    assert invocation(host) == before
    assert len(site.refusals(run)) == 1

    site.told_alone(site.press(run, Button.APPROVE, LEE))
    assert site.ended(run, 90)["outcome"] == "resolved"
    site.slack.recover()


def test_a_request_that_slack_will_not_draw_arrives_in_words_and_is_approved_by_typing(
    site: SlackSite,
) -> None:
    site.slack.fail("chat.postMessage", "invalid_blocks")
    run = site.asked(labels_of("web1"))
    root = site.root(run)
    assert root.blocks == []
    assert f"/remediator approve {run['id']}" in root.text

    command = site.slack.command(f"/remediator approve {run['id']}", ANA).wait()
    site.slack.submit(site.opened(command)).wait()

    assert site.ended(run, 90)["outcome"] == "resolved"
    assert "✅" in site.root(run).plain  # drawn again as soon as it can be


def test_nothing_is_lost_in_a_channel_that_was_archived_for_a_while(site: SlackSite) -> None:
    channel = site.slack.channel(CHANNEL)
    channel.archived = True
    site.alert(labels_of("web1", ask="no"))
    run = site.wait_for_run(target="host/web1", outcome="resolved")
    site.wait_for(lambda: "is_archived" in site.full_log(), 20, "a word of it in the log")
    assert site.roots(run) == []

    channel.archived = False

    site.wait_for_silence(60)
    all_is_told_once(site, run)


def test_a_daemon_that_starts_while_slack_is_away_works_and_finds_it_later(
    site: SlackSite,
) -> None:
    site.stop()
    site.slack.away()
    Site.start(site)
    site.alert(labels_of("web1", ask="no"))
    run = site.wait_for_run(target="host/web1", outcome="resolved")

    site.slack.back()

    site.slack.wait_for_connections(1, 60)
    site.wait_for_silence(60)
    all_is_told_once(site, run)
    assert "*Runs:*" in site.type("status", ANA)


def test_a_token_that_was_changed_is_taken_at_the_next_reload(site: SlackSite) -> None:
    secret = "xoxb-2-new"
    site.slack.app.bot_token = secret
    site.alert(labels_of("web1", ask="no"))
    run = site.wait_for_run(target="host/web1", outcome="resolved")
    site.wait_for(lambda: "invalid_auth" in site.full_log(), 20, "a word of it in the log")
    assert site.roots(run) == []

    site.write("slack-bot", secret + "\n")
    site.send(signal.SIGHUP)

    site.wait_for_silence(60)
    all_is_told_once(site, run)
    site.slack.wait_for_connections(1, 30)
    assert "*Runs:*" in site.type("status", ANA)
    assert "xoxb-" not in site.full_log()


def test_other_roles_count_from_the_next_reload_on(site: SlackSite) -> None:
    run = site.asked(labels_of("web1", "ServiceCommon"))
    assert "@sre-oncall, @sre can" in site.told_alone(site.press(run, Button.APPROVE, BEN))

    line = site.slack.connections
    site.settings["users"]["slack"] = {"roles": {"approver": ["@sre-leads"]}}
    site.write("remediator.yaml", json.dumps(site.settings))
    site.send(signal.SIGHUP)
    site.wait_for(lambda: '"event": "reloaded"' in site.full_log(), 20, "a reload")

    assert "@sre-leads can" in site.told_alone(site.press(run, Button.APPROVE, ANA))
    site.told_alone(site.press(run, Button.APPROVE, BEN))
    assert site.ended(run, 90)["outcome"] == "resolved"
    assert site.slack.connections == line


def _connection(slack: FakeSlack) -> object:
    return slack.connections[0] if slack.connections else None


def test_a_line_that_has_gone_deaf_is_replaced(host: Host) -> None:
    with a_workspace() as slack:
        new = SlackSite(
            slack, sshd=host.sshd, hosts=["web1"], playbooks={"restart": restarts(host)}
        )
        new.settings["http"]["allow"].append(f"127.0.0.1:{host.sshd.port}")
        with new as site:
            run = site.asked(labels_of("web1"))
            deaf = _connection(slack)
            slack.deafen()

            site.wait_for(
                lambda: slack.connections and slack.connections[-1] is not deaf, 100, "a new line"
            )
            site.wait_for(lambda: deaf not in slack.connections, 30, "the deaf one's end")
            site.told_alone(site.press(run, Button.APPROVE, ANA))
            assert site.ended(run, 90)["outcome"] == "resolved"
