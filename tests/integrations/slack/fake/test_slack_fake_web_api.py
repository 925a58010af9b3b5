"""The fake's Web API through the real SDK: what goes well, and every refusal once."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from remediator.integrations.slack.fake import FakeSlack

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*hi*"}}
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Why?"},
    "blocks": [SECTION],
}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        slack.add_user("U1", "ana", email="ana@example.com")
        slack.add_user("U2", "gone", deleted=True)
        slack.add_group("S1", "@sre", ["U1"])
        slack.add_channel("C0OUT000", "outside", member=False)
        slack.add_channel("C0HIDDEN", "hidden", private=True, member=False)
        slack.add_channel("C0OLD000", "old").archived = True
        yield slack


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])


async def _refusal(client: AsyncWebClient, method: str, arguments: Mapping[str, Any]) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=dict(arguments))
    return caught.value.response


Arguments = dict[str, Any]
SRE: Arguments = {"channel": "#sre", "text": "x"}
OLDEST = "1000000000.000001"

REFUSED: list[tuple[str, Arguments, str]] = [
    ("chat.nothing", {}, "unknown_method"),
    ("apps.connections.open", {}, "not_allowed_token_type"),
    ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
    ("chat.postMessage", {**SRE, "colour": "red"}, "invalid_arguments"),
    ("chat.postMessage", {**SRE, "text": 5}, "invalid_arguments"),
    ("chat.postMessage", {**SRE, "channel": "#nowhere"}, "channel_not_found"),
    ("chat.postMessage", {**SRE, "channel": "C0HIDDEN"}, "channel_not_found"),
    ("chat.postMessage", {**SRE, "channel": "#old"}, "is_archived"),
    ("chat.postMessage", {"channel": "#sre"}, "no_text"),
    ("chat.postMessage", {"channel": "#sre", "text": "  "}, "no_text"),
    ("chat.postMessage", {**SRE, "text": "x" * 4001}, "msg_too_long"),
    ("chat.postMessage", {**SRE, "thread_ts": "yesterday"}, "invalid_thread_ts"),
    ("chat.postMessage", {**SRE, "thread_ts": OLDEST}, "thread_not_found"),
    ("chat.postMessage", {**SRE, "blocks": "{"}, "invalid_blocks_format"),
    ("chat.postMessage", {**SRE, "blocks": [{"type": "plan"}]}, "invalid_blocks"),
    ("chat.postMessage", {**SRE, "blocks": [SECTION] * 51}, "invalid_blocks"),
    (
        "chat.postMessage",
        {
            **SRE,
            "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5,
        },
        "msg_blocks_too_long",
    ),
    ("chat.postMessage", {**SRE, "metadata": {"event_type": "run"}}, "invalid_metadata_format"),
    (
        "chat.postMessage",
        {**SRE, "metadata": {"event_type": "run", "event_payload": {"run": "x" * 9000}}},
        "metadata_too_large",
    ),
    ("chat.update", {**SRE, "ts": OLDEST}, "channel_not_found"),
    ("chat.update", {**SRE, "channel": "C0SRE000", "ts": OLDEST}, "message_not_found"),
    ("chat.postEphemeral", {**SRE, "user": "U9"}, "user_not_found"),
    ("chat.postEphemeral", {**SRE, "user": "U2"}, "user_not_in_channel"),
    ("chat.scheduleMessage", {**SRE, "post_at": 1}, "time_in_past"),
    ("chat.scheduleMessage", {**SRE, "post_at": "soon"}, "invalid_time"),
    ("chat.scheduleMessage", {**SRE, "post_at": 9999999999}, "time_too_far"),
    (
        "chat.deleteScheduledMessage",
        {"channel": "C0SRE000", "scheduled_message_id": "Q1"},
        "invalid_scheduled_message_id",
    ),
    ("files.completeUploadExternal", {"files": []}, "invalid_arguments"),
    ("files.completeUploadExternal", {"files": [{"id": "F1"}]}, "file_not_found"),
    ("files.getUploadURLExternal", {"filename": "a", "length": 1}, "invalid_arguments"),
    ("views.open", {"trigger_id": "1.2.3", "view": MODAL}, "invalid_trigger_id"),
    ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_arguments"),
    (
        "views.open",
        {"trigger_id": "1.2.3", "view": {**MODAL, "title": {"type": "mrkdwn", "text": "x"}}},
        "invalid_arguments",
    ),
    ("views.update", {"view_id": "V1", "view": MODAL}, "not_found"),
    ("users.info", {"user": "U1"}, "invalid_arguments"),  # takes no JSON
]


@pytest.mark.parametrize(("method", "arguments", "error"), REFUSED)
async def test_a_bad_call_is_refused_by_name(
    client: AsyncWebClient, method: str, arguments: Arguments, error: str
) -> None:
    assert (await _refusal(client, method, arguments))["error"] == error


FORMS: list[tuple[str, Arguments, str]] = [
    ("users.info", {"user": "U9"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
    ("usergroups.users.list", {"usergroup": "S9"}, "no_such_subteam"),
    ("bots.info", {"bot": "B9"}, "bot_not_found"),
    ("files.getUploadURLExternal", {"filename": "a", "length": "0"}, "invalid_arguments"),
]


@pytest.mark.parametrize(("method", "arguments", "error"), FORMS)
async def test_a_lookup_of_nothing_is_refused_by_name(
    client: AsyncWebClient, method: str, arguments: Arguments, error: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, params=arguments)
    assert caught.value.response["error"] == error


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-other", "invalid_auth")])
async def test_only_its_own_token_opens_the_door(slack: FakeSlack, token: str, error: str) -> None:
    client = AsyncWebClient(token=token, base_url=slack.api_url)
    assert (await _refusal(client, "auth.test", {}))["error"] == error


SCOPED = [
    ("chat:write", "chat.postMessage", SRE),
    ("users:read", "users.info", {}),
    ("users:read.email", "users.lookupByEmail", {}),
    ("usergroups:read", "usergroups.list", {}),
    ("files:write", "files.getUploadURLExternal", {}),
]


@pytest.mark.parametrize(("scope", "method", "arguments"), SCOPED)
async def test_a_scope_that_is_missing_is_named(
    slack: FakeSlack, client: AsyncWebClient, scope: str, method: str, arguments: Arguments
) -> None:
    slack.app.scopes.discard(scope)
    refused = await _refusal(client, method, arguments)
    assert (refused["error"], refused["needed"]) == ("missing_scope", scope)
    assert scope not in refused["provided"].split(",")


async def test_identity_comes_with_scopes_but_without_the_app_id(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    found = await client.auth_test()
    assert set(found.headers["x-oauth-scopes"].split(",")) == slack.app.scopes
    assert "app_id" not in found.data
    bot = await client.bots_info(bot=found["bot_id"])
    assert bot["bot"]["app_id"] == slack.app.id


async def test_a_message_keeps_all_its_versions(slack: FakeSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="#sre", text="<!channel> one", blocks=[SECTION])
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="<@U1> two")

    (message,) = slack.channel("#sre").messages
    assert [version.text for version in message.versions] == ["<!channel> one", "<@U1> two"]
    assert message.blocks == []  # a text without blocks takes the blocks away
    assert message.plain == "@ana two"
    assert (message.mentions, message.called) == (("<@U1>",), ())


async def test_metadata_stays_when_an_update_brings_none(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    kept = {"event_type": "run", "event_payload": {"run": "run_1"}}
    posted = await client.chat_postMessage(channel="#sre", text="x", metadata=kept)
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="y")
    assert slack.channel("#sre").messages[0].metadata == kept


async def test_replies_stand_in_the_thread_and_broadcasts_in_both(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    root = (await client.chat_postMessage(channel="#sre", text="root"))["ts"]
    quiet = await client.chat_postMessage(channel="#sre", text="quiet", thread_ts=root)
    await client.chat_postMessage(
        channel="#sre", text="loud", thread_ts=quiet["ts"], reply_broadcast=True
    )
    sre = slack.channel("#sre")
    assert [message.text for message in sre.messages] == ["root", "loud"]
    assert [message.text for message in sre.thread(root)] == ["quiet", "loud"]


@pytest.mark.parametrize(
    ("scopes", "error"), [({"chat:write.public"}, ""), (set(), "not_in_channel")]
)
async def test_a_channel_the_bot_is_not_in_takes_a_scope(
    slack: FakeSlack, client: AsyncWebClient, scopes: set[str], error: str
) -> None:
    slack.app.scopes = {"chat:write", *scopes}
    if not error:
        await client.chat_postMessage(channel="#outside", text="x")
        assert slack.channel("#outside").messages[0].text == "x"
        return
    refused = await _refusal(client, "chat.postMessage", {"channel": "#outside", "text": "x"})
    assert refused["error"] == error


Spoil = Callable[[FakeSlack, str], object]
SPOILT: list[tuple[Spoil, str]] = [
    (lambda slack, ts: slack.delete(slack.channel("#sre").all[ts]), "message_not_found"),
    (lambda slack, ts: setattr(slack.channel("#sre").all[ts], "user", "U1"), "cant_update_message"),
    (
        lambda slack, ts: setattr(slack.channel("#sre").all[ts], "is_editable", False),
        "edit_window_closed",
    ),
    (lambda slack, ts: setattr(slack.channel("#sre"), "archived", True), "is_archived"),
]


@pytest.mark.parametrize(("spoil", "error"), SPOILT)
async def test_a_message_cannot_always_be_changed(
    slack: FakeSlack, client: AsyncWebClient, spoil: Spoil, error: str
) -> None:
    posted = await client.chat_postMessage(channel="#sre", text="x")
    spoil(slack, posted["ts"])
    again = {"channel": posted["channel"], "ts": posted["ts"], "text": "y"}
    assert (await _refusal(client, "chat.update", again))["error"] == error


async def test_a_file_takes_its_three_calls(slack: FakeSlack, client: AsyncWebClient) -> None:
    root = (await client.chat_postMessage(channel="#sre", text="root"))["ts"]
    await client.files_upload_v2(
        channel="C0SRE000", thread_ts=root, filename="a.txt", title="Output", content="hello"
    )
    (file,) = slack.files
    assert (file.name, file.title, file.content) == ("a.txt", "Output", b"hello")
    assert slack.channel("#sre").thread(root)[0].files == (file.id,)


async def test_a_file_needs_the_bot_in_the_channel(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.files_upload_v2(channel="C0OUT000", filename="a", content="x")
    assert slack.files == ()


async def test_a_whisper_is_seen_by_one_person(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="#sre", user="U1", text="psst &amp; so")
    assert [one.plain for one in slack.ephemerals("U1")] == ["psst & so"]
    assert slack.messages == ()


async def test_what_is_scheduled_can_be_taken_back(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    far = int(time.time()) + 100 * 24 * 3600
    planned = await client.chat_scheduleMessage(channel="#sre", text="x", post_at=far)
    assert len(slack.world.scheduled) == 1
    await client.chat_deleteScheduledMessage(
        channel=planned["channel"], scheduled_message_id=planned["scheduled_message_id"]
    )
    assert (len(slack.world.scheduled), slack.messages) == (0, ())


PEOPLE = [
    ({}, {"is_bot": False, "is_restricted": False, "deleted": False}),
    ({"bot": True}, {"is_bot": True}),
    ({"guest": True}, {"is_restricted": True, "is_ultra_restricted": False}),
    ({"ultra_restricted": True}, {"is_restricted": True, "is_ultra_restricted": True}),
    ({"deleted": True}, {"deleted": True}),
    ({"raw": {"is_app_user": True}}, {"is_app_user": True}),
    ({"stranger": True}, {"is_stranger": True, "team_id": "T0OTHER0"}),
]


@pytest.mark.parametrize(("told", "said"), PEOPLE)
async def test_slack_says_what_somebody_is(
    slack: FakeSlack, client: AsyncWebClient, told: dict[str, Any], said: dict[str, object]
) -> None:
    slack.add_user("U5", "eve", **told)
    found = (await client.users_info(user="U5"))["user"]
    assert said.items() <= found.items()


async def test_an_email_is_only_told_with_its_scope(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    assert (await client.users_info(user="U1"))["user"]["profile"]["email"] == "ana@example.com"
    slack.app.scopes.discard("users:read.email")
    assert "email" not in (await client.users_info(user="U1"))["user"]["profile"]


@pytest.mark.parametrize("more", [{"deleted": True}, {"bot": True}, {"stranger": True}])
async def test_an_email_finds_full_members_only(
    slack: FakeSlack, client: AsyncWebClient, more: dict[str, bool]
) -> None:
    assert (await client.users_lookupByEmail(email="ANA@example.com"))["user"]["id"] == "U1"
    slack.add_user("U1", "ana", email="ana@example.com", **more)
    with pytest.raises(SlackApiError, match="users_not_found"):
        await client.users_lookupByEmail(email="ana@example.com")


async def test_groups_cost_money(slack: FakeSlack, client: AsyncWebClient) -> None:
    assert [g["handle"] for g in (await client.usergroups_list())["usergroups"]] == ["sre"]
    assert (await client.usergroups_users_list(usergroup="S1"))["users"] == ["U1"]
    slack.world.is_paid = False
    for call in (client.usergroups_list(), client.usergroups_users_list(usergroup="S1")):
        with pytest.raises(SlackApiError, match="plan_upgrade_required"):
            await call


async def test_a_group_that_was_switched_off_is_not_listed(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    slack.world.groups["S1"].disabled = True
    assert (await client.usergroups_list())["usergroups"] == []
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        await client.usergroups_users_list(usergroup="S1")


async def test_a_trigger_opens_one_modal_within_three_seconds(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    trigger, late = slack.trigger("U1"), slack.trigger("U1")
    await client.views_open(trigger_id=trigger, view=MODAL)
    assert [(view.user, view.plain) for view in slack.views] == [("U1", "Why?\n*hi*")]

    again = {"trigger_id": trigger, "view": MODAL}
    assert (await _refusal(client, "views.open", again))["error"] == "exchanged_trigger_id"
    slack.let_pass(3.1)
    too_late = {"trigger_id": late, "view": MODAL}
    assert (await _refusal(client, "views.open", too_late))["error"] == "expired_trigger_id"


async def test_a_modal_is_updated_by_who_knows_its_hash(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    opened = await client.views_open(trigger_id=slack.trigger("U1"), view=MODAL)
    view_id, first = opened["view"]["id"], opened["view"]["hash"]
    await client.views_update(view_id=view_id, hash=first, view=MODAL)
    stale = {"view_id": view_id, "hash": first, "view": MODAL}
    assert (await _refusal(client, "views.update", stale))["error"] == "hash_conflict"


async def test_every_call_is_written_down(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="#sre", text="x")
    await _refusal(client, "chat.postMessage", {"channel": "#sre"})
    assert [(one.method, one.error) for one in slack.requests] == [
        ("chat.postMessage", ""),
        ("chat.postMessage", "no_text"),
    ]
