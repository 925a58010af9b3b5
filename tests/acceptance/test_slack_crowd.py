"""Two hundred plans at once: a few messages, then one that counts the rest, shows each whole, and counts down."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from remediator.integrations.slack.cards.buttons import Button
from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.messages import Message
from remediator.integrations.slack.fake.workspace import View
from tests.acceptance.alerts import an_alert
from tests.acceptance.slack import (
    ANA,
    BEN,
    CHANNEL,
    LEE,
    ONCALL,
    UNIT,
    SlackSite,
    a_workspace,
    invocation,
    labels_of,
    restarts,
    see_one_a_second,
)
from tests.parts.host import Host

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MANY, CROWD, FEW = 200, 20, 4
NAMES = [f"web{number}" for number in range(1, MANY + 1)]
GUARDS = {
    "storm": {"runs": 1000},
    "blast_radius": {"max": 1000},
    "concurrency": {"max": 1000},
    "limits": [{"max": 1000, "per": "1h", "by": "playbook"}],
}


@pytest.fixture(scope="module")
def host(plain_host: Host) -> Host:
    plain_host.systemd.systemctl("start", UNIT)
    return plain_host


@dataclass(frozen=True, slots=True)
class Crowd:
    """The site when all plans wait and everything has been told."""

    site: SlackSite
    slack: FakeSlack
    began: float

    @property
    def plans(self) -> list[Message]:
        """The messages of single runs."""
        return [m for m in self._tops if m.metadata.get("event_payload", {}).get("run_id")]

    @property
    def digests(self) -> list[Message]:
        """The messages of many."""
        return [m for m in self._tops if "run.review" in str(m.versions[0].blocks)]

    @property
    def digest(self) -> Message:
        (digest,) = self.digests
        return digest

    @property
    def _tops(self) -> list[Message]:
        return [m for m in self.slack.channel(CHANNEL).messages if not m.thread_ts]


@pytest.fixture(scope="module")
def crowd(host: Host) -> Iterator[Crowd]:
    playbooks = {"restart": restarts(host, approval={"by": {"groups": ["@sre-oncall"]}})}
    with a_workspace(strict_rate=True) as slack:
        new = SlackSite(
            slack,
            sshd=host.sshd,
            hosts=NAMES,
            playbooks=playbooks,
            settings={"guards": GUARDS},
        )
        new.settings["http"]["allow"].append(f"127.0.0.1:{host.sshd.port}")
        with new as site:
            alerts = [an_alert(labels_of(name)) for name in NAMES]
            found = Crowd(site, slack, time.monotonic())
            assert site.post(alerts[:FEW]).status == 202
            site.wait_for(lambda: len(found.plans) == FEW, 60, "the few are told")
            for start in range(FEW, MANY, 40):
                assert site.post(alerts[start : start + 40]).status == 202
            site.wait_for(lambda: waiting(site) == MANY, 120, "all plans wait")
            site.wait_for_silence(120)
            yield found


def waiting(site: SlackSite) -> int:
    return int(site.get("/status")["approvals_pending"])


def test_few_are_told_one_by_one_and_the_rest_together(crowd: Crowd) -> None:
    assert FEW <= len(crowd.plans) <= CROWD
    assert len(crowd.digests) == 1
    assert f"{MANY} plans await approval" in crowd.digest.plain
    reviews = [b for b in crowd.digest.buttons if b["action_id"] == "run.review"]
    assert len(reviews) == CROWD
    assert len({button["value"] for button in reviews}) == CROWD
    assert f"… and {MANY - CROWD} more" in crowd.digest.plain
    assert crowd.digest.called == (ONCALL,)


def test_slack_was_never_asked_for_more_than_a_message_a_second(crowd: Crowd) -> None:
    posts = [r.at for r in crowd.slack.requests_of("chat.postMessage")]
    assert len(posts) > FEW
    see_one_a_second(crowd.began, posts)


def test_a_review_shows_a_plan_whole_and_only_who_may_can_approve_it(crowd: Crowd) -> None:
    site, slack = crowd.site, crowd.slack
    button = crowd.digest.buttons[0]

    def review(user: str) -> View:
        click = slack.click(crowd.digest, Button.REVIEW.value, user, value=button["value"])
        return site.opened(click.wait())

    assert not review(BEN).now.get("submit")
    view = review(ANA)
    name = view.plain.partition("Service down on ")[2].split("\n")[0].strip("*")
    assert f"restart {UNIT} on host/{name}" in view.plain
    digest = button["value"].partition(".")[2]
    assert f"plan `{digest[:8]}`" in view.plain
    assert digest in view.now["private_metadata"]


def test_what_is_approved_in_a_review_is_done_and_the_digest_counts_down(
    crowd: Crowd, host: Host
) -> None:
    site, slack, before = crowd.site, crowd.slack, invocation(host)
    button = crowd.digest.buttons[0]
    run_id, _, digest = button["value"].partition(".")
    click = slack.click(crowd.digest, Button.REVIEW.value, LEE, value=button["value"]).wait()

    slack.submit(site.opened(click)).wait()

    assert f"You approved plan `{digest[:8]}`" in site.told_alone(click)
    site.wait_for(lambda: site.run(run_id)["outcome"] == "resolved", 40, "the run's end")
    assert invocation(host) != before
    counts = (f"{MANY - 1} plans await approval", "1 resolved")
    site.wait_for(lambda: all(each in crowd.digest.plain for each in counts), 30, f"{counts}")
    assert button["value"] not in [b.get("value") for b in crowd.digest.buttons]
    assert len(crowd.digests) == 1


def test_what_is_decided_at_its_own_message_is_counted_too(crowd: Crowd) -> None:
    site, own = crowd.site, crowd.plans[0]
    click = crowd.slack.click(own, Button.REJECT.value, ANA).wait()
    crowd.slack.submit(site.opened(click), {"reason": "not this one"}).wait()
    assert "You rejected plan" in site.told_alone(click)

    site.wait_for(
        lambda: f"{MANY - 2} plans await approval" in crowd.digest.plain, 30, "a digest that counts"
    )


def test_when_nothing_waits_any_more_the_digest_says_so(crowd: Crowd) -> None:
    site = crowd.site
    for start in range(0, MANY, 40):
        gone = [an_alert(labels_of(name), firing=False) for name in NAMES[start : start + 40]]
        assert site.post(gone).status == 202

    site.wait_for(lambda: waiting(site) == 0, 60, "all withdrawn")
    site.wait_for_silence(120)

    assert "await" not in crowd.digest.plain
    assert crowd.digest.buttons == ()
    assert f"{MANY - 2} withdrawn" in crowd.digest.plain
    left = [message for message in crowd.plans if "withdrawn" not in message.plain]
    assert all("by ana" in each.plain or "approved by lee" in each.plain for each in left)
    assert 1 <= len(left) <= 2
