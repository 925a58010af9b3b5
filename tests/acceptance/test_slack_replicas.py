"""Three daemons on one PostgreSQL, one Slack app: whoever gets a click, one decision; whoever tells, one message."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.delivery import Delivery
from remediator.integrations.slack.fake.messages import Message
from remediator.integrations.slack.fake.workspace import View
from tests.acceptance.machine import Machine, sick, steps_playbook
from tests.acceptance.road import Road
from tests.acceptance.site import AUTO, Site
from tests.acceptance.slack import see_one_a_second
from tests.parts.postgres import Postgres
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
HOSTS = [f"web{n}" for n in range(1, 31)]
STEPS = ["step1", "step2"]
ONCALL = [f"U0CALL{n}" for n in range(10)]
GUESTS = [f"U0GUEST{n}" for n in range(5)]
OTHERS = [f"U0OTHER{n:02d}" for n in range(35)]
PEOPLE = [*ONCALL, *GUESTS, *OTHERS]
CLICKS_EACH = 20
DOORS = ("socket", "http")
NO_WINDOW = "could not open the window"  # on a slow machine, three seconds may be over
POSTING = b"/api/chat.postMessage"


@dataclass(frozen=True, slots=True)
class Trio:
    """Three replicas; `roads` lead each to Slack's API, `front` leads Slack to any of their doors."""

    sites: Sequence[Site]
    slack: FakeSlack
    machine: Machine
    roads: Sequence[Road]
    front: Road

    @property
    def any(self) -> Site:
        return self.sites[1]

    def asked(self, case: str) -> tuple[str, Message]:
        """Let an alert come; the run that waits for people, and its message in Slack."""
        self.sites[0].alert(sick(case, "web1"))

        def waits() -> Any:
            found = (r for r in self.any.runs() if r["alert"]["labels"]["case"] == case)
            return next((r for r in found if r["phase"] == "awaiting_approval"), None)

        run_id = self.any.wait_for(waits, 30, f"{case} waits")["id"]
        return run_id, self.any.wait_for(lambda: self.root_of(run_id), 30, f"{case} in Slack")

    def root_of(self, run_id: str) -> Message | None:
        """The one message of a run in the channel itself."""
        roots = [m for m in self.slack.channel("#sre").messages if not m.thread_ts]
        of_run = [m for m in roots if run_id in json.dumps([m.metadata, m.blocks])]
        assert len(of_run) < 2, [m.plain for m in of_run]
        return of_run[0] if of_run else None

    def rejecting(self, message: Message, people: Sequence[str]) -> list[tuple[Delivery, View]]:
        """Let people press Reject; their clicks, each with the modal in which they are asked why."""
        found = []
        for person in people:
            before = len(self.slack.views)
            click = self.slack.click(message, "run.reject", person).wait()
            self.any.wait_for(lambda n=before: len(self.slack.views) > n, 20, "a modal")
            found.append((click, self.slack.views[-1]))
        return found

    def storm(self, message: Message, people: Sequence[str], times: int) -> list[Delivery]:
        """Let everybody press Approve and Reject in turn, by both doors, all at once."""
        presses = [
            (person, ("run.approve", "run.reject")[turn % 2], DOORS[(turn // 2 + number) % 2])
            for turn in range(times)
            for number, person in enumerate(people)
        ]
        random.Random(7).shuffle(presses)
        return [self.slack.click(message, what, who, by=door) for who, what, door in presses]

    def ended(self, case: str, run_id: str) -> Any:
        """Take the alert back; the run when it has ended."""
        self.sites[0].alert(sick(case, "web1"), firing=False)
        self.any.wait_for(lambda: self.any.run(run_id)["outcome"], 60, f"{case} ended")
        return self.any.run(run_id)

    def journal(self, run_id: str) -> list[dict[str, Any]]:
        """The whole journal of a run."""
        found: list[dict[str, Any]] = []
        after = "0"
        while after:
            page = self.any.get(f"/runs/{run_id}/events?limit=500&after={after}")
            found += page["items"]
            after = page["next"]
        return found


@contextmanager
def trio(
    sshd: Sshd, postgres: Postgres, folder: Path, slack: FakeSlack, **playbook: Any
) -> Iterator[Trio]:
    """Start three replicas; the n-th connection of Slack is the n-th one's."""
    machine = Machine(folder, sshd, *HOSTS)
    common = {**machine.settings(), "store": postgres.new_database(), "notify": [{"slack": "#sre"}]}
    document = steps_playbook(0.2, 0.2, **playbook)
    with ExitStack() as stack:
        sites, roads = [], []
        for number in range(3):
            roads.append(stack.enter_context(Road(slack.url, watched=POSTING)))
            site = Site(settings={**common, "environments": AUTO}, playbooks={"steps": document})
            connect(site, slack, roads[-1])
            sites.append(stack.enter_context(site))
            slack.wait_for_connections(number + 1)
        front = stack.enter_context(Road(*(site.url for site in sites)))
        slack.send_to(f"{front.url}/slack/events")
        yield Trio(sites, slack, machine, roads, front)


def connect(site: Site, slack: FakeSlack, road: Road) -> None:
    """Set Slack up for a replica, with both doors."""
    app = slack.app
    files = {
        "bot_token_file": app.bot_token,
        "app_token_file": app.app_token,
        "signing_secret_file": app.signing_secret,
    }
    for name, content in files.items():
        site.write(name, content)
    paths = {name: name for name in files}
    site.settings["slack"] = {**paths, "channel": "#sre", "api_url": f"{road.url}/api/"}
    site.settings["users"]["slack"] = {"roles": {"viewer": ["*"]}}


@pytest.fixture(scope="module")
def crowd(
    sshd: Sshd, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trio]:
    """Replicas that ask, and fifty people, of which ten may decide."""
    asking = {
        "mode": "approve",
        "approval": {"by": {"groups": ["@sre-oncall"]}, "expires": "30m"},
        "verify": {"after": "0s", "within": "30m", "every": "1s", "all": [{"alert": "resolved"}]},
    }
    folder = tmp_path_factory.mktemp("machine")
    with FakeSlack(patience=45) as slack:
        for person in PEOPLE:
            slack.add_user(person, guest=person in GUESTS)
        slack.add_group("S0ONCALL", "@sre-oncall", [*ONCALL, *GUESTS])
        with trio(sshd, postgres, folder, slack, **asking) as made:
            yield made


def test_a_thousand_clicks_at_once_on_three_replicas_are_one_decision(crowd: Trio) -> None:
    slack, case = crowd.slack, "thousand"
    run_id, message = crowd.asked(case)
    asked_why = crowd.rejecting(message, ONCALL[:5])
    opened = len(slack.views)

    clicks = crowd.storm(message, PEOPLE, CLICKS_EACH)
    no = [slack.submit(modal, {"reason": "not now"}) for _, modal in asked_why]
    see_acknowledged([*clicks, *no])
    # What becomes of a modal is told where the button was that opened it.
    answers = answers_to(crowd, [*clicks, *(click for click, _ in asked_why)], opened)
    run = crowd.ended(case, run_id)

    assert len(clicks) == 1000
    (vote,) = (e for e in crowd.journal(run_id) if e["kind"] == "voted")
    assert sum(text.startswith(("You approved", "You rejected")) for text in answers) == 1
    is_approved = "approved" in vote["text"]
    assert crowd.machine.begun(case) == (STEPS if is_approved else [])
    assert run["outcome"] == ("resolved" if is_approved else "rejected")
    silent = sum(NO_WINDOW in text for text in answers) + len(slack.views) - opened
    assert 1 + refusals(crowd, run) == len(clicks) + len(no) - silent


def test_each_envelope_twice_and_a_replica_killed_among_the_clicks_change_nothing(
    crowd: Trio,
) -> None:
    slack, case = crowd.slack, "killed"
    victim, *_ = crowd.sites
    run_id, message = crowd.asked(case)
    opened = len(slack.views)

    slack.duplicate()
    before = crowd.storm(message, [*OTHERS, *GUESTS], 4)
    for click in before[:20]:
        click.wait(60)
    victim.kill()
    slack.wait_for_connections(2, 30)
    after = crowd.storm(message, PEOPLE, 4)
    for click in (*before, *after):
        click.wait(60)
    answers = answers_to(crowd, after, opened)
    slack.duplicate(False)
    victim.start()
    slack.wait_for_connections(3, 30)
    run = crowd.ended(case, run_id)

    assert max(len(click.answers) for click in before) == 1
    unanswered = sum(not click.answers for click in before)
    assert unanswered < len(before) / 2  # what only the victim knew of
    assert sum(text.startswith("You approved") for text in answers) == 1
    assert crowd.machine.begun(case) == STEPS
    assert run["outcome"] == "resolved"
    see_told_once_and_in_order(crowd, message)


def test_a_replica_that_cannot_reach_slacks_api_answers_and_the_others_tell(crowd: Trio) -> None:
    slack, case = crowd.slack, "blocked"
    run_id, message = crowd.asked(case)
    opened = len(slack.views)
    new = [f"U0NEW{n:02d}" for n in range(30)]
    for person in new:
        slack.add_user(person)
    slack.add_group("S0ONCALL", "@sre-oncall", [*ONCALL, *GUESTS, *new[:10]])

    crowd.roads[2].is_blocked = True
    try:
        clicks = crowd.storm(message, new, 4)
        see_acknowledged(clicks)
        answers = answers_to(crowd, clicks, opened)
        run = crowd.ended(case, run_id)
        see_told_once_and_in_order(crowd, message)
    finally:
        crowd.roads[2].is_blocked = False

    assert any(text.startswith("Slack cannot say at the moment who you are") for text in answers)
    assert sum(text.startswith("You approved") for text in answers) == 1
    assert crowd.machine.begun(case) == STEPS
    assert run["outcome"] == "resolved"


def test_three_couriers_tell_each_run_once_and_in_order_however_few_posts_slack_allows(
    sshd: Sshd, postgres: Postgres, tmp_path: Path
) -> None:
    cases = {f"told-{n}": f"web{n}" for n in range(1, 13)}
    with FakeSlack(strict_rate=True) as slack, trio(sshd, postgres, tmp_path, slack) as three:
        began = time.monotonic()
        for number, (case, host) in enumerate(cases.items()):
            three.sites[number % 3].alert(sick(case, host))
        for _ in range(4):  # so that it also comes between a root and the first words of its thread
            count = len(slack.messages)
            three.any.wait_for(lambda n=count: len(slack.messages) > n, 30, "a message")
            slack.rate_limit("chat.postMessage", retry_after=1, times=3)

        def ended() -> bool:
            runs = three.any.runs()
            return len(runs) == len(cases) and all(run["outcome"] == "resolved" for run in runs)

        three.any.wait_for(ended, 120, "every run resolved")
        runs = three.any.runs()
        three.any.wait_for(lambda: not three.any.get("/status")["outbox_pending"], 60, "all told")

        assert sorted(three.machine.begun(case) for case in cases) == [STEPS] * len(cases)
        for run in runs:
            message = three.root_of(run["id"])
            assert message is not None, run
            see_told_once_and_in_order(three, message)
            thread = " ".join(reply.plain for reply in slack.thread(message))
            assert [thread.count(f"{step}: done") for step in STEPS] == [1, 1]
        for road in three.roads:
            see_one_a_second(began, road.seen)
        assert any("asks us to wait (429)" in site.full_log() for site in three.sites)


def see_acknowledged(clicks: Sequence[Delivery]) -> None:
    for click in clicks:
        click.wait(60)
    assert Counter(click.error for click in clicks) == {"": len(clicks)}


def answers_to(crowd: Trio, clicks: Sequence[Delivery], opened: int) -> list[str]:
    """What everybody was told once each click has been answered exactly once: by words, or by a modal."""

    def told() -> list[str]:
        return [answer.plain for click in clicks for answer in click.answers]

    def missing() -> int:
        return len(clicks) - len(told()) - len(crowd.slack.views) + opened

    crowd.any.wait_for(lambda: missing() <= 0, 90, "an answer to each click")
    time.sleep(1)  # for one too many
    assert missing() == 0
    assert max(len(click.answers) for click in clicks) == 1
    return told()


def refusals(crowd: Trio, run: Any) -> int:
    """How many refusals are written down: in the journal, or among the decisions where the run was over."""
    after = crowd.any.get(f"/decisions?limit=500&fingerprint={run['alert']['fingerprint']}")[
        "items"
    ]
    kinds = [e["kind"] for e in crowd.journal(run["id"])]
    return kinds.count("answer_refused") + sum(d["decision"] == "refused" for d in after)


def see_told_once_and_in_order(three: Trio, message: Message) -> None:
    """Wait for the end of a run's story; one root that says how it ended, every line of the thread once, in order."""
    three.any.wait_for(lambda: "✅" in message.plain, 60, "the result in the root message")
    three.any.wait_for(lambda: not three.any.get("/status")["outbox_pending"], 60, "all told")
    assert [b["action_id"] for b in message.buttons if b["action_id"] == "run.approve"] == []
    lines = [line for reply in three.slack.thread(message) for line in reply.plain.splitlines()]
    assert lines == sorted(lines, key=lambda line: line[: len("14:29:07")])
    assert Counter(lines).most_common(1)[0][1] == 1
