"""SlackDirectory against the strict fake: who counts as whom, what is kept, and that unknown means no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from remediator.integrations.slack.gateway.api import Identity
from remediator.integrations.slack.gateway.directory import (
    KEPT,
    SlackDirectory,
    UnknownToSlack,
    member_of,
)
from tests.integrations.slack.workspace import Workspace, a_workspace

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

CONTACTS = {
    "oncall": "@sre-oncall",
    "ana": "U0ANA",
    "mail": "ben@example.com",
    "admin": "@sre-oncall",
}
IDENTITY = Identity(
    team="T0HOME00",
    enterprise="",
    app="A1",
    bot_user="U0BOT",
    workspace="acme",
    url="",
    scopes=frozenset(),
)
FULL: Mapping[str, Any] = {
    "id": "U0ANA",
    "team_id": "T0HOME00",
    "name": "ana",
    "profile": {"display_name": "ana", "email": "Ana@Example.com"},
    "is_email_confirmed": True,
}


@dataclass(slots=True)
class Site:
    """A workspace, a directory, and the directory's clock."""

    workspace: Workspace
    directory: SlackDirectory
    seconds: float = 0.0

    def asked(self, method: str) -> int:
        return len(self.workspace.fake.requests_of(method))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with a_workspace() as workspace:
        site = Site(workspace, workspace.slack.directory)
        site.directory = SlackDirectory(
            workspace.api, contacts=CONTACTS, monotonic=lambda: site.seconds
        )
        yield site


async def test_a_full_member_is_known_by_id_and_proven_email(site: Site) -> None:
    member = await site.directory.member("U0ANA")

    assert (member.id, member.email, member.outsider) == ("U0ANA", "ana@example.com", "")


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ({"bot": True}, "a bot"),
        ({"guest": True}, "a guest"),
        ({"ultra_restricted": True}, "a guest"),
        ({"deleted": True}, "deactivated"),
        ({"stranger": True}, "not a member of this workspace"),
        ({"team": "T0OTHER0"}, "not a member of this workspace"),
    ],
)
async def test_outsiders_are_told_apart_and_have_no_email(
    site: Site, user: Mapping[str, Any], why: str
) -> None:
    site.workspace.fake.add_user("U0OUT", "ana", "Ana Lind", "out@example.com", **user)

    member = await site.directory.member("U0OUT")

    assert (member.outsider, member.email) == (why, "")


async def test_nobody_is_an_outsider_too(site: Site) -> None:
    assert (await site.directory.member("U0NOBODY")).outsider == "not a member of this workspace"


@pytest.mark.parametrize(
    ("changes", "outsider", "email"),
    [
        ({}, "", "ana@example.com"),
        ({"is_app_user": True}, "", "ana@example.com"),
        ({"is_email_confirmed": False}, "", ""),
        ({"profile": {}}, "", ""),
        ({"profile": None}, "", ""),
        ({"profile": {"email": ["a"]}}, "", ""),
        ({"profile": {"bot_id": "B1"}}, "a bot", ""),
        ({"is_workflow_bot": True}, "a bot", ""),
        ({"is_connector_bot": True}, "a bot", ""),
        ({"id": "USLACKBOT"}, "a bot", ""),
        ({"is_invited_user": True}, "invited, but not yet a member", ""),
        ({"team_id": None}, "not a member of this workspace", ""),
        ({"team_id": "T2"}, "not a member of this workspace", ""),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T0HOME00"]}}, "", "ana@example.com"),
        (
            {"team_id": "T2", "enterprise_user": {"teams": ["T3"]}},
            "not a member of this workspace",
            "",
        ),
        ({"team_id": "T2", "enterprise_user": None}, "not a member of this workspace", ""),
    ],
)
def test_a_user_is_read_as_slack_describes_it(
    changes: Mapping[str, Any], outsider: str, email: str
) -> None:
    member = member_of("U0ANA", {**FULL, **changes}, IDENTITY)

    assert (member.outsider, member.email) == (outsider, email)


def test_a_name_is_one_short_line() -> None:
    name = "Ana\u202e\x1b[1m\n" + "x" * 500

    member = member_of("U0ANA", {**FULL, "profile": {"display_name": name}}, IDENTITY)

    assert member.name.startswith("Ana x") and len(member.name) <= 60


@pytest.mark.parametrize(
    ("user", "names", "found"),
    [
        ("U0ANA", ["@sre-oncall"], {"@sre-oncall"}),
        ("U0ANA", ["@SRE-Oncall"], {"@SRE-Oncall"}),
        ("U0ANA", ["S0ONCALL", "oncall", "@sre-leads"], {"S0ONCALL", "oncall"}),
        ("U0BEN", ["@sre-oncall", "oncall", "S0ONCALL"], set()),
        ("U0ANA", ["sre-oncall", "@nobody", "S0NONE", "#sre", "", "@"], set()),
        ("U0ANA", ["ana"], {"ana"}),
        ("U0BEN", ["ana", "U0BEN"], set()),
        ("U0ANA", ["admin"], set()),
        ("U0ANA", [], set()),
    ],
)
async def test_groups_are_given_back_as_they_were_spelt(
    site: Site, user: str, names: list[str], found: set[str]
) -> None:
    assert await site.directory.groups_of(user, names) == found


async def test_a_group_that_is_switched_off_has_no_members(site: Site) -> None:
    site.workspace.fake.world.groups["S0ONCALL"].disabled = True

    assert await site.directory.groups_of("U0ANA", ["@sre-oncall", "S0ONCALL"]) == frozenset()


async def test_a_workspace_without_groups_has_nobody_in_them(site: Site) -> None:
    site.workspace.fake.world.is_paid = False

    assert await site.directory.groups_of("U0ANA", ["@sre-oncall"]) == frozenset()


# what is kept


async def test_answers_are_kept_for_five_minutes(site: Site) -> None:
    for site.seconds in (0, 1, KEPT.total_seconds() - 1):
        await site.directory.member("U0ANA")
        await site.directory.groups_of("U0ANA", ["@sre-oncall"])
    asked = [site.asked(m) for m in ("users.info", "usergroups.list", "usergroups.users.list")]
    site.workspace.fake.add_group("S0ONCALL", "@sre-oncall", [])
    site.workspace.fake.world.users["U0ANA"].deleted = True
    site.seconds = KEPT.total_seconds() + 1

    assert asked == [1, 1, 1]
    assert await site.directory.groups_of("U0ANA", ["@sre-oncall"]) == frozenset()
    assert (await site.directory.member("U0ANA")).outsider == "deactivated"


async def test_what_is_kept_counts_while_slack_is_away_and_not_a_second_longer(site: Site) -> None:
    await site.directory.member("U0ANA")
    await site.directory.groups_of("U0ANA", ["@sre-oncall"])
    site.workspace.fake.fail("*", status=503, times=None)

    site.seconds = KEPT.total_seconds() - 1
    assert (await site.directory.member("U0ANA")).outsider == ""
    assert await site.directory.groups_of("U0ANA", ["@sre-oncall"]) == {"@sre-oncall"}

    site.seconds = KEPT.total_seconds() + 1
    with pytest.raises(UnknownToSlack):
        await site.directory.member("U0ANA")
    with pytest.raises(UnknownToSlack):
        await site.directory.groups_of("U0ANA", ["@sre-oncall"])


@pytest.mark.parametrize("error", ["missing_scope", "invalid_auth", "internal_error"])
async def test_a_question_that_slack_does_not_answer_is_no_no(site: Site, error: str) -> None:
    site.workspace.fake.fail("*", error, times=None)

    with pytest.raises(UnknownToSlack, match=error):
        await site.directory.member("U0ANA")
    with pytest.raises(UnknownToSlack, match=error):
        await site.directory.groups_of("U0ANA", ["@sre-oncall"])


async def test_failures_are_not_kept(site: Site) -> None:
    site.workspace.fake.fail("users.info", status=503)
    with pytest.raises(UnknownToSlack):
        await site.directory.member("U0ANA")

    assert (await site.directory.member("U0ANA")).id == "U0ANA"


async def test_a_hundred_who_ask_at_once_are_one_question(site: Site) -> None:
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(site.directory.member("U0ANA")) for _ in range(100)]

    assert {task.result().id for task in asked} == {"U0ANA"}
    assert site.asked("users.info") == 1


async def test_a_hundred_who_ask_in_vain_are_one_question(site: Site) -> None:
    site.workspace.fake.fail("users.info", status=503, times=1)

    async def ask() -> str:
        try:
            return (await site.directory.member("U0ANA")).id
        except UnknownToSlack:
            return "unknown"

    assert set(await asyncio.gather(*(ask() for _ in range(100)))) == {"unknown"}
    assert site.asked("users.info") == 1


async def test_whoever_asked_first_and_went_away_leaves_the_others_an_answer(site: Site) -> None:
    site.workspace.fake.hang("users.info", times=1)
    first = asyncio.create_task(site.directory.member("U0ANA"))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(site.directory.member("U0ANA"))
    await asyncio.sleep(0)

    first.cancel()

    assert (await second).id == "U0ANA"
    assert first.cancelled()


# mentions


@pytest.mark.parametrize(
    ("name", "mention"),
    [
        ("@sre-oncall", "<!subteam^S0ONCALL>"),
        ("S0ONCALL", "<!subteam^S0ONCALL>"),
        ("oncall", "<!subteam^S0ONCALL>"),
        ("U0ANA", "<@U0ANA>"),
        ("ana", "<@U0ANA>"),
        ("ben@example.com", "<@U0BEN>"),
        ("mail", "<@U0BEN>"),
    ],
)
async def test_people_and_groups_are_called_by_their_ids(
    site: Site, name: str, mention: str
) -> None:
    assert await site.directory.mention(name) == mention


@pytest.mark.parametrize(
    "name",
    [
        "@nobody",
        "S0NONE",
        "nobody@example.com",
        "@here",
        "@channel",
        "@everyone",
        "<!channel>",
        "<@U0ANA>",
        "U0ANA>",
        "",
        "#sre",
        "admins",
    ],
)
async def test_who_is_unknown_is_text_and_calls_nobody(site: Site, name: str) -> None:
    mention = await site.directory.mention(name)

    assert "<" not in mention and ">" not in mention
    assert name.strip("<!@>#")[:3] in mention


async def test_while_slack_is_away_names_are_text(site: Site) -> None:
    site.workspace.fake.fail("*", status=503, times=None)

    assert await site.directory.mention("@sre-oncall") == "@sre-oncall"


async def test_whom_slack_once_knew_is_called_though_it_cannot_say_now(site: Site) -> None:
    names = ["oncall", "@sre-oncall", "S0ONCALL", "mail", "ben@example.com", "U0ANA"]
    mentions = [await site.directory.mention(name) for name in names]
    site.workspace.fake.fail("*", status=503, times=None)
    site.seconds += 3600

    assert [await site.directory.mention(name) for name in names] == mentions
    assert [site.directory.known_mention(name) for name in names] == mentions
    assert all(mention.startswith("<") for mention in mentions)
    with pytest.raises(UnknownToSlack):  # rights never hang on what was known
        await site.directory.groups_of("U0ANA", ["@sre-oncall"])


async def test_what_is_kept_is_bounded(site: Site) -> None:
    from remediator.integrations.slack.gateway.cache import Kept

    async def ask(key: str) -> str:
        asked.append(key)
        return key

    asked: list[str] = []
    kept = Kept(ask, seconds=60, monotonic=lambda: 0, most=3)
    for key in "abcd" * 2:
        await kept.get(key)

    assert asked == list("abcd" * 2)
    assert await kept.get("d") == "d" and len(asked) == 8
