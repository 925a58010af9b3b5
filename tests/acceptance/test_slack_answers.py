"""What people do with a plan that waits: two say yes, one says no, one takes it, some look, some type."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from remediator.integrations.slack.cards.buttons import Button
from tests.acceptance.slack import (
    ANA,
    BEN,
    GUEST,
    LEE,
    OPS,
    UNIT,
    action_ids,
    invocation,
)
from tests.acceptance.slack_scenes import Scene, Scenes, a_stage
from tests.parts.host import Host

pytestmark = pytest.mark.slow

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


def test_where_the_playbook_names_nobody_the_role_decides(scenes: Scenes) -> None:
    scene = scenes.set("ServiceCommon")
    told = scene.site.told_alone(scene.site.press(scene.run, Button.APPROVE, BEN))
    assert "@sre-oncall, @sre can" in told
    assert scene.is_untouched()

    scene.site.told_alone(scene.site.press(scene.run, Button.APPROVE, ANA))

    assert scene.site.ended(scene.run)["outcome"] == "resolved"


def test_two_people_have_to_say_yes_and_one_person_is_not_two(scenes: Scenes) -> None:
    scene = scenes.set("ServicePrecious")
    site, run = scene.site, scene.run
    assert "Needs *2* of @sre-oncall" in site.root(run).plain

    first = site.told_alone(site.press(run, Button.APPROVE, ANA))
    assert "1 of 2 so far" in first
    root = site.wait_for_text(run, "*1 of 2*: approved by ana")
    assert action_ids(root)[0] == "run.approve"
    assert invocation(scene.host) == scene.before

    again = site.told_alone(site.press(run, Button.APPROVE, ANA))
    assert "ana has approved already" in again
    assert invocation(scene.host) == scene.before

    assert "You approved plan" in site.told_alone(site.press(run, Button.APPROVE, LEE))
    assert site.ended(run)["outcome"] == "resolved"
    assert "approved by ana, lee" in site.root(run).plain
    assert invocation(scene.host) != scene.before


def test_of_two_people_who_click_at_once_one_decides_and_both_are_answered(scenes: Scenes) -> None:
    scene = scenes.set()
    root = scene.site.root(scene.run)

    people, doors = (ANA, LEE), ("socket", "http")
    clicks = [
        scene.site.slack.click(root, Button.APPROVE.value, who, by=door)
        for who, door in zip(people, doors, strict=True)
    ]
    answers = [click.wait().wait_for_answer(15)[0].plain for click in clicks]

    assert sum("You approved plan" in answer for answer in answers) == 1, answers
    ended = scene.site.ended(scene.run)
    assert ended["outcome"] == "resolved"
    assert len(ended["approval"]["votes"]) == 1
    assert scene.site.events(scene.run["id"]).count("intent_committed") == 1


def test_a_no_asks_for_its_reason_and_everybody_sees_it(scenes: Scenes) -> None:
    scene = scenes.set()
    site, run = scene.site, scene.run

    click = site.press(run, Button.REJECT, ANA)
    view = site.opened(click)
    assert "Reject this plan?" in view.plain
    site.slack.submit(view, {"reason": "a *backup* is running <!channel>"}).wait()

    assert "You rejected plan" in site.told_alone(click)
    ended = site.ended(run)
    assert (ended["outcome"], ended["approval"]["votes"][-1]["reason"]) == (
        "rejected",
        "a *backup* is running <!channel>",
    )
    root = site.root(run)
    assert "backup" in root.plain
    assert "by ana" in root.plain
    assert root.mentions == ()
    assert action_ids(root) == []
    assert invocation(scene.host) == scene.before


def test_who_takes_it_stops_the_run_and_keeps_remediator_off_the_target(scenes: Scenes) -> None:
    scene = scenes.set()
    site, run = scene.site, scene.run
    refused = site.told_alone(site.press(run, "run.take_over", BEN))
    assert "@sre-oncall can; so can operators" in refused
    assert scene.is_untouched()

    told = site.told_alone(site.press(run, "run.take_over", OPS))

    assert "is yours: remediator keeps away from it for two hours" in told
    assert site.ended(run)["outcome"] == "cancelled"
    pauses = {pause["scope"]: pause["who"] for pause in site.get("/pauses")["items"]}
    assert pauses[f"target/{run['target']}"] == "ops"
    assert "ops" in site.root(run).plain
    assert action_ids(site.root(run)) == []
    assert invocation(scene.host) == scene.before


def test_details_are_there_for_every_member_and_for_nobody_else(waiting: Scene) -> None:
    site, run = waiting.site, waiting.run

    view = site.opened(site.press(run, Button.DETAILS, BEN))

    assert "Details" in view.plain
    assert f"restart {UNIT} on host/" in view.plain
    assert "`approval` asks for approval" in view.plain
    assert not view.now.get("submit")
    outsider = site.told_alone(site.press(run, Button.DETAILS, GUEST))
    assert "Only full members" in outsider
    assert [v.user for v in site.slack.views if v.user == GUEST] == []


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", "`/remediator status`"),
        ("help", "`/remediator status`"),
        ("stauts", "Did you mean /remediator status?"),
        ("status", "*Waiting for approval:* "),
        ("runs", "Service down on {name}: *awaiting approval*"),
        ("runs {name}", "Service down on {name}: *awaiting approval*"),
        ("why {run}", "*Service down on {name}* · restart · *awaiting approval*"),
        ("why {fingerprint}", "*Service down on {name}*"),
        ("pause web59 2h trying", "This needs the role of an operator"),
        ("approve run_nothing", "no open run ends with"),
    ],
)
def test_what_every_member_may_type_is_answered_to_them_alone(
    waiting: Scene, typed: str, wanted: str
) -> None:
    run = waiting.run
    name = run["target"].partition("/")[2]
    words = typed.format(run=run["id"], fingerprint=run["alert"]["fingerprint"], name=name)

    for door in DOORS:
        answer = waiting.site.type(words, BEN, by=door)
        assert wanted.format(name=name).lower() in answer.lower()

    assert waiting.is_untouched()


def test_operators_pause_and_resume_by_typing(scenes: Scenes) -> None:
    site = scenes.site
    assert "Paused `target/host/web58`" in site.type("pause web58 2h because", OPS)
    assert [p["scope"] for p in site.get("/pauses")["items"] if p["reason"] == "because"] == [
        "target/host/web58"
    ]
    assert "is no longer paused" in site.type("resume web58", OPS)
    assert "because" not in site.cli("pause", "list").stdout


def test_a_plan_is_approved_by_typing_only_once_it_was_seen(scenes: Scenes) -> None:
    scene = scenes.set()
    site, run = scene.site, scene.run

    command = site.slack.command(f"/remediator approve {run['id'][-8:]}", ANA).wait()
    view = site.opened(command)
    assert f"restart {UNIT} on" in view.plain
    assert scene.is_untouched()
    site.slack.submit(view).wait()

    assert "You approved plan" in site.told_alone(command)
    assert site.ended(run)["outcome"] == "resolved"


def test_a_plan_is_rejected_by_typing_why(scenes: Scenes) -> None:
    scene = scenes.set()
    assert "This needs" not in scene.site.type(f"reject {scene.run['id']} not now", ANA)

    assert scene.site.ended(scene.run)["reason"] == "rejected by ana: not now"
    assert invocation(scene.host) == scene.before
