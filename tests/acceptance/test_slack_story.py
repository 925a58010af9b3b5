"""The whole story in Slack, by both doors: an alert, a message, a click, a real change, and the same message again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from remediator.integrations.slack.cards.buttons import Button
from remediator.integrations.slack.fake.messages import Message
from tests.acceptance.disk import FULL_PERCENT, NAME, fill_up, watched_site, world_of
from tests.acceptance.slack import (
    ANA,
    ONCALL,
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
from tests.parts.require import require

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

HOSTILE = "<!channel> <@U0BEN> @here *big* `x` https://evil.example <https://evil.example|ok>"
ALL_BUTTONS = ["run.approve", "run.reject", "run.take_over", "run.details"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was seen at one door from the alert to the end."""

    site: SlackSite
    run: Any
    answer: str
    before: str
    while_it_waited: str
    after: str

    @property
    def root(self) -> Message:
        return self.site.root(self.run)

    @property
    def texts(self) -> list[str]:
        return [version.shown.plain for version in self.root.versions]


@pytest.fixture(scope="module")
def machine(plain_host: Host) -> Host:
    plain_host.systemd.systemctl("start", UNIT)
    return plain_host


@pytest.fixture(scope="module", params=["socket", "http"])
def site(request: pytest.FixtureRequest, machine: Host) -> Iterator[SlackSite]:
    """One site for each door."""
    verify = {**restarts(machine)["verify"], "after": "6s"}
    playbooks = {"slow": restarts(machine, match=['alertname="ServiceSlow"'], verify=verify)}
    with a_workspace() as slack:
        new = SlackSite(slack, door=request.param, sshd=machine.sshd, playbooks=playbooks)
        new.settings["http"]["allow"].append(f"127.0.0.1:{machine.sshd.port}")
        with new:
            yield new


@pytest.fixture(scope="module")
def story(site: SlackSite, machine: Host) -> Story:
    """One run, approved by one of the group; its verification lasts long enough to be seen."""
    before = invocation(machine)
    labels = labels_of("web1", "ServiceSlow", team=HOSTILE, severity=HOSTILE)
    run = site.asked(labels, {"summary": HOSTILE, "runbook_url": "https://runbooks.example/web"})
    while_it_waited = invocation(machine)
    click = site.press(run, Button.APPROVE, ANA)
    return Story(
        site=site,
        answer=site.told_alone(click),
        run=site.ended(run),
        before=before,
        while_it_waited=while_it_waited,
        after=invocation(machine),
    )


def test_nothing_is_changed_before_the_click_and_everything_after_it(story: Story) -> None:
    assert story.before == story.while_it_waited != story.after
    assert (story.run["outcome"], story.run["reason"]) == ("resolved", "verified")


def test_one_message_asks_and_later_says_what_became_of_it(story: Story) -> None:
    first, *between, last = story.texts

    assert len([m for m in story.site.slack.messages if not m.thread_ts]) == 1
    assert in_order(
        first.splitlines(),
        "Approve slow on web1?",
        "ServiceSlow",
        f"1. `service.restart`: restart {UNIT} on host/web1",
        "Needs *1* of @sre-oncall",
        "Approve",
    )
    assert f"plan `{story.run['approval']['digest'][:8]}`" in first
    assert any("*Verifying* until" in text for text in between), story.texts
    assert not any("✅" in text for text in between)
    assert in_order(
        last.splitlines(),
        "Service slow on web1",
        "✅",
        "tcp: ",
        "`service.restart` done",
        "approved by ana",
    )


def test_the_buttons_are_gone_as_soon_as_somebody_has_decided(story: Story) -> None:
    first, *rest = story.root.versions

    assert action_ids(first) == ALL_BUTTONS
    assert [action_ids(version) for version in rest] == [[]] * len(rest)


def test_the_click_is_answered_to_that_person_and_no_other(story: Story) -> None:
    digest = story.run["approval"]["digest"][:8]
    assert story.answer == f"You approved plan `{digest}`; the message will show what happens."
    assert [one.user for one in story.site.slack.world.ephemerals] == [ANA]


def test_the_thread_tells_the_same_as_every_other_channel_in_order(story: Story) -> None:
    progress = [m["text"] for m in story.site.told(run=story.run["id"])][1:]
    lines = story.site.lines(story.run)

    assert len(lines) == len(progress) > 3
    assert in_order(lines, "Approved by ana", "service.restart: done", "Verifying", "Done: service")
    for line, text in zip(lines, progress, strict=True):
        assert text.endswith(line.removeprefix("Verified. "))
    assert lines[-1].startswith("Verified. ")
    assert not any(message.broadcast for message in story.site.thread(story.run))


def test_labels_call_nobody_and_link_nowhere(story: Story) -> None:
    root, thread = story.root, story.site.thread(story.run)

    assert root.called == (ONCALL,)
    assert [v.notified.mentions for v in root.versions] == [()] * len(root.versions)
    assert [m.called for m in thread] == [()] * len(thread)
    links = {link for m in (root, *thread) for v in m.versions for link in v.shown.links}
    assert links == {"http://prometheus.example/graph", "https://runbooks.example/web"}
    assert "<!channel> <@U0BEN> @here" in story.texts[0]  # people see it as it is


def test_the_journal_says_who_and_by_which_door(story: Story) -> None:
    (vote,) = story.run["approval"]["votes"]
    assert (vote["person"], vote["door"], vote["approve"]) == ("ana", "slack", True)
    shown = story.site.cli("runs", "show", story.run["id"]).stdout
    assert f"ana approved plan {vote['digest'][:8]} by slack" in shown


def test_a_full_disk_is_cleaned_after_a_click_and_the_message_says_what_was_reclaimed(
    host: Host,
) -> None:
    require("prometheus", "promtool", "alertmanager", "amtool")
    fill_up(host)
    before = world_of(host)
    with (
        a_workspace() as slack,
        watched_site(host, mode="approve", make=partial(SlackSite, slack)) as (site, _),
    ):
        assert isinstance(site, SlackSite)
        run = site.wait_for_run(phase="awaiting_approval", seconds=60)
        asking = site.wait_for_text(run, "Approve disk-space-low on host-123?").plain
        site.told_alone(site.press(run, Button.APPROVE, ANA))
        ended = site.ended(run, 90)
        after = world_of(host)

        assert f"/var {FULL_PERCENT} % used" in asking
        assert "*This cannot be undone*" in asking
        assert (ended["outcome"], ended["reason"]) == ("resolved", "verified")
        assert after.available - before.available > 60 * 1024 * 1024
        root = site.root(run)
        (result,) = site.told("result", run=run["id"])
        reclaimed = result["text"].partition("Space reclaimed: ")[2].rstrip(".")
        assert f"Disk space low on {NAME}" in root.plain
        assert f"Space reclaimed: {reclaimed}" in root.plain
        assert "approved by ana" in root.plain
        (graph,) = slack.files
        assert (graph.thread_ts, graph.content or b"")[0] == root.ts
        assert (graph.content or b"").startswith(b"\x89PNG")
