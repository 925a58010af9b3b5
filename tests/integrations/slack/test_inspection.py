"""What `check --online` finds in a workspace: everything right, and each thing that can be wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.inspect import inspect
from remediator.integrations.slack.manifest import SCOPES
from remediator.ports.inspection import Finding, Level
from tests.integrations.slack.workspace import Workspace

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    workspace.fake.app.scopes = frozenset(SCOPES)
    return workspace


async def found(workspace: Workspace) -> tuple[Finding, ...]:
    return await inspect(
        workspace.slack,
        app_token=workspace.fake.app.app_token,
        channels=["#leads", "#sre"],
        groups=["@sre-oncall", "oncall", "S0LEADS"],
        users=["U0ANA", "ben@example.com"],
    )


async def test_a_workspace_where_all_is_well_has_one_good_line_for_each_thing(
    workspace: Workspace,
) -> None:
    findings = await found(workspace)

    assert {finding.level for finding in findings} == {Level.OK}
    assert [finding.where for finding in findings] == [
        "slack bot token",
        "slack scopes",
        "slack app token",
        "slack #sre",
        "slack #leads",
        "slack group @sre-oncall",
        "slack group oncall",
        "slack group S0LEADS",
        "slack user U0ANA",
        "slack user ben@example.com",
    ]


async def test_looking_leaves_no_trace(workspace: Workspace) -> None:
    await found(workspace)

    assert workspace.fake.messages == ()
    assert len(workspace.fake.requests_of("chat.deleteScheduledMessage")) == 2


def _without(scope: str) -> Callable[[FakeSlack], None]:
    def change(fake: FakeSlack) -> None:
        fake.app.scopes -= {scope}

    return change


def _archived(fake: FakeSlack) -> None:
    fake.channel("#leads").archived = True


def _renamed(fake: FakeSlack) -> None:
    fake.channel("#leads").name = "bosses"


def _private(fake: FakeSlack) -> None:
    fake.add_channel("C0LEADS0", "leads", private=True, member=False)


def _free_plan(fake: FakeSlack) -> None:
    fake.world.is_paid = False


def _deactivated(fake: FakeSlack) -> None:
    fake.world.users["U0ANA"].deleted = True


def _unconfirmed(fake: FakeSlack) -> None:
    fake.world.users["U0BEN"].email_confirmed = False


def _wrong_app_token(fake: FakeSlack) -> None:
    fake.fail("apps.connections.open", "invalid_auth", times=None)


Change = Callable[[FakeSlack], object]


@pytest.mark.parametrize(
    ("change", "where", "text", "hint"),
    [
        (_without("files:write"), "slack scopes", "files:write is missing", "manifest"),
        (_without("chat:write"), "slack #sre", "missing_scope", "manifest"),
        (_wrong_app_token, "slack app token", "invalid_auth", "app_token_file"),
        (
            lambda f: f.app.app_scopes.clear(),
            "slack app token",
            "missing_scope",
            "connections:write",
        ),
        (lambda f: f.fail("*", status=502, times=None), "slack bot token", "502", "HTTPS_PROXY"),
        (_archived, "slack #leads", "is_archived", "archived"),
        (_renamed, "slack #leads", "channel_not_found", "invite"),
        (_private, "slack #leads", "", "invite"),
        (_free_plan, "slack user groups", "plan has none", "user ids"),
        (lambda f: f.add_group("S0ONCALL", "@other"), "slack group @sre-oncall", "no such", "@"),
        (lambda f: f.add_group("S0LEADS", "@x"), "slack group S0LEADS", "no members", "add people"),
        (_deactivated, "slack user U0ANA", "deactivated", "full member"),
        (
            lambda f: f.add_user("U0ANA", "ana", guest=True),
            "slack user U0ANA",
            "guest",
            "full member",
        ),
        (
            lambda f: f.world.users.pop("U0ANA"),
            "slack user U0ANA",
            "user_not_found",
            "nobody with this id",
        ),
        (_unconfirmed, "slack user ben@example.com", "not confirmed", "U0BEN"),
        (
            lambda f: f.world.users.pop("U0BEN"),
            "slack user ben@example.com",
            "users_not_found",
            "e-mail",
        ),
    ],
)
async def test_what_is_wrong_is_said_with_what_would_help(
    workspace: Workspace, change: Change, where: str, text: str, hint: str
) -> None:
    change(workspace.fake)

    wrong = {f.where: f for f in await found(workspace) if f.level is Level.ERROR}

    assert where in wrong
    assert text in wrong[where].text
    assert hint in wrong[where].hint


async def test_too_many_scopes_are_a_warning(workspace: Workspace) -> None:
    workspace.fake.app.scopes |= {"channels:history"}

    (warning,) = [f for f in await found(workspace) if f.level is not Level.OK]

    assert warning.level is Level.WARNING and "channels:history" in warning.text


async def test_a_wrong_token_is_said_once(workspace: Workspace) -> None:
    workspace.fake.fail("*", "invalid_auth", times=None)

    (finding,) = await found(workspace)

    assert finding.level is Level.ERROR and "bot_token_file" in finding.hint


async def test_slack_being_away_is_an_error_without_a_traceback(workspace: Workspace) -> None:
    workspace.fake.fail("*", status=503, times=None)

    (finding,) = await found(workspace)

    assert finding.level is Level.ERROR and "503" in finding.text
