"""Everything that people do in Slack and may not, or may: what they alone are told, and that nothing else happens."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from remediator.integrations.slack.cards.buttons import Button
from remediator.integrations.slack.fake.http_door import form_of, signed_headers
from tests.acceptance.slack import (
    ANA,
    BEN,
    BOT,
    GONE,
    GUEST,
    LEE,
    OPS,
    STRANGER,
    TWIN,
    UNIT,
    invocation,
)
from tests.acceptance.slack_scenes import Scene, Scenes, a_stage
from tests.parts.host import Host

pytestmark = pytest.mark.slow

OUTSIDERS = {
    GUEST: "you are a guest",
    BOT: "you are a bot",
    STRANGER: "you are not a member of this workspace",
    GONE: "you are deactivated",
}
DOORS = ["socket", "http"]


@pytest.fixture(scope="module")
def scenes(plain_host: Host) -> Iterator[Scenes]:
    plain_host.systemd.systemctl("start", UNIT)
    with a_stage(plain_host) as stage:
        yield stage


@pytest.fixture(scope="module")
def patient(scenes: Scenes) -> Scene:
    return scenes.set()


@pytest.fixture
def waiting(patient: Scene) -> Scene:
    """A run that nobody who may will ever decide about; `before` is how the host is now."""
    return replace(patient, before=invocation(patient.host))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("user", OUTSIDERS)
def test_outsiders_decide_nothing_though_their_group_does(
    waiting: Scene, user: str, door: str
) -> None:
    site, run = waiting.site, waiting.run
    before = site.refusals(run)

    told = site.told_alone(site.press(run, Button.APPROVE, user, by=door))

    assert "Only full members of this workspace can do this" in told
    assert OUTSIDERS[user] in told
    (refused,) = site.refusals(run)[len(before) :]
    assert "was refused to approve by slack: Only full members" in refused
    assert OUTSIDERS[user] in refused
    assert waiting.is_untouched()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("user", [BEN, OPS, TWIN])
@pytest.mark.parametrize("button", [Button.APPROVE, Button.REJECT])
def test_who_is_not_in_the_group_decides_nothing_and_is_told_who_can(
    waiting: Scene, user: str, button: Button, door: str
) -> None:
    site, run = waiting.site, waiting.run
    before = site.refusals(run)

    told = site.told_alone(site.press(run, button, user, by=door))

    assert told.startswith(
        "You are not among those who may decide about this plan, so nothing happened. "
        "@sre-oncall can. The plan expires "
    )
    name = {BEN: "ben", OPS: "ops", TWIN: "ana."}[user]
    verb = button.value.removeprefix("run.")
    why = "You are not among those who may decide about this plan"
    assert site.refusals(run)[len(before) :] == [f"{name} was refused to {verb} by slack: {why}"]
    assert waiting.is_untouched()


def test_refusals_stand_in_the_story_that_the_command_line_tells(waiting: Scene) -> None:
    site, run = waiting.site, waiting.run
    site.told_alone(site.press(run, Button.APPROVE, BEN))

    shown = site.cli("runs", "show", run["id"]).stdout

    assert "ben" in shown
    assert "not among those who may decide" in shown


def test_a_click_after_the_time_to_decide_is_too_late(scenes: Scenes) -> None:
    scene = scenes.set("ServiceFlaps")
    asking = scene.site.root(scene.run).now
    ended = scene.site.ended(scene.run)
    assert ended["outcome"] == "expired"

    late = scene.site.press(scene.run, Button.APPROVE, ANA, stale=asking)

    told = scene.site.told_alone(late)
    assert told.startswith("Too late: run ")
    assert "as expired" in told
    said = [d for d in scene.site.get("/decisions?limit=500")["items"] if d["run"] == ended["id"]]
    assert [d["by"] for d in said if d["decision"] == "refused"] == ["ana"]
    assert invocation(scene.host) == scene.before


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_click_after_somebody_elses_decision_is_told_of_it(scenes: Scenes, verb: str) -> None:
    scene = scenes.set()
    asking = scene.site.root(scene.run).now
    if verb == "reject":
        click = scene.site.press(scene.run, Button.REJECT, LEE)
        view = scene.site.opened(click)
        scene.site.slack.submit(view, {"reason": "deploy is mine, fixing forward"}).wait()
    else:
        scene.site.press(scene.run, Button.APPROVE, LEE)
    ended = scene.site.ended(scene.run)

    late = scene.site.press(scene.run, Button.APPROVE, ANA, stale=asking)

    told = scene.site.told_alone(late)
    assert told.startswith("Too late: run ")
    if verb == "reject":
        assert "rejected by lee: deploy is mine, fixing forward" in told
        assert invocation(scene.host) == scene.before
    assert ended["outcome"] == ("resolved" if verb == "approve" else "rejected")


def test_a_request_counts_once_however_often_it_is_replayed(scenes: Scenes) -> None:
    scene = scenes.set("ServicePrecious")
    click = scene.site.press(scene.run, Button.APPROVE, ANA, by="http")
    scene.site.told_alone(click)

    scene.site.slack.repeat(click).wait()

    assert [attempt.status for attempt in click.attempts] == [200, 401]
    assert len(click.answers) == 1
    votes = scene.site.run(scene.run["id"])["approval"]["votes"]
    assert [vote["person"] for vote in votes] == ["ana"]


@pytest.mark.parametrize(
    ("change", "age"), [(b"", 600), (b"", -600), (b"&x=1", 0)], ids=["old", "future", "altered"]
)
def test_a_request_that_is_not_fresh_or_was_altered_is_nobodys(
    waiting: Scene, change: bytes, age: float
) -> None:
    """Even a click of somebody who may decide."""
    site, slack, run = waiting.site, waiting.site.slack, waiting.run
    sample = site.press(run, Button.APPROVE, BEN, by="http")
    site.told_alone(sample)
    user = {**sample.payload["user"], "id": ANA, "username": "ana", "name": "ana"}
    payload = {**sample.payload, "user": user, "trigger_id": slack.trigger(ANA)}
    body = form_of(payload)
    headers = signed_headers(slack.app, body, slack.world.now() - age)
    told = len(slack.ephemerals(ANA))

    reply = site.call("POST", "/slack/events", body + change, headers=headers)

    assert (reply.status, reply.body["error"]["code"]) == (401, "unauthorized")
    assert len(slack.ephemerals(ANA)) == told
    assert waiting.is_untouched()


def test_a_signed_request_of_another_app_or_workspace_is_refused(waiting: Scene) -> None:
    site, slack, run = waiting.site, waiting.site.slack, waiting.run
    sample = site.press(run, Button.APPROVE, BEN, by="http")
    site.told_alone(sample)
    user = {**sample.payload["user"], "id": ANA, "username": "ana", "name": "ana"}
    for other in ({"api_app_id": "A0OTHER"}, {"team": {"id": "T0OTHER", "domain": "other"}}):
        payload = {**sample.payload, "user": user, "trigger_id": slack.trigger(ANA), **other}
        forged = slack.send(payload, ANA, by="http").wait()
        assert forged.status == 401
    assert waiting.is_untouched()


def test_your_own_playbook_needs_somebody_elses_yes(scenes: Scenes) -> None:
    scene = scenes.set("ServiceOwned")

    told = scene.site.told_alone(scene.site.press(scene.run, Button.APPROVE, ANA))

    assert told.startswith("This playbook is yours, and it asks for somebody else's yes")
    assert "@sre-oncall can" in told
    (refused,) = scene.site.refusals(scene.run)
    assert refused.startswith("ana was refused to approve by slack: This playbook is yours")
    assert scene.is_untouched()
    scene.site.told_alone(scene.site.press(scene.run, Button.APPROVE, LEE))
    assert scene.site.ended(scene.run)["outcome"] == "resolved"
