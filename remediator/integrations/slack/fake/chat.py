"""`chat.*`: posting, editing, whispering; and scheduling, by which `check --online` sees whether it could post."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from remediator.integrations.slack.fake.blocks import problems_of_blocks, texts_are_too_long
from remediator.integrations.slack.fake.call import Call
from remediator.integrations.slack.fake.messages import Blocks, Channel, Ephemeral, Message
from remediator.integrations.slack.fake.object_rules import Shape, problem, text
from remediator.integrations.slack.fake.refusals import Refusal

# The reference says that 40,000 are cut; nowadays more than 4,000 are refused (seratch/ChatGPT-in-Slack#102).
MOST_TEXT = 4000
MOST_METADATA = 8000
_TS = re.compile(r"\d{10}\.\d{6}")
_FARTHEST_SCHEDULE = 120 * 24 * 3600


def post_message(call: Call) -> Mapping[str, object]:
    """`chat.postMessage`."""
    channel = channel_to_post_in(call)
    thread_ts = thread_of(call, channel)
    message = Message(
        channel=channel.id,
        ts=call.world.next_ts(),
        user=call.app.bot_user,
        versions=[call.world.version(*content(call))],
        thread_ts=thread_ts,
        broadcast=bool(thread_ts) and call.flag("reply_broadcast"),
        metadata=_metadata(call) or {},
        number=call.world.next_number(),
    )
    channel.all[message.ts] = message
    return {"channel": channel.id, "ts": message.ts, "message": rendered(call, message)}


def update(call: Call) -> Mapping[str, object]:
    """`chat.update`."""
    channel = call.world.channels.get(call.text("channel"))
    if channel is None:
        raise Refusal("channel_not_found")
    message = channel.all.get(call.text("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.user != call.app.bot_user:
        raise Refusal("cant_update_message")
    if not message.is_editable:
        raise Refusal("edit_window_closed")
    if channel.archived:
        raise Refusal("is_archived")
    message.versions.append(call.world.version(*content(call)))
    if (metadata := _metadata(call)) is not None:
        message.metadata = metadata
    shown = rendered(call, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def post_ephemeral(call: Call) -> Mapping[str, object]:
    """`chat.postEphemeral`."""
    channel = channel_to_post_in(call)
    user = call.world.users.get(call.text("user"))
    if user is None:
        raise Refusal("user_not_found")
    if user.deleted or (channel.members is not None and user.id not in channel.members):
        raise Refusal("user_not_in_channel")
    thread_ts = thread_of(call, channel)
    words, blocks = content(call)
    ephemeral = Ephemeral(
        number=call.world.next_number(),
        user=user.id,
        channel=channel.id,
        text=words,
        blocks=blocks,
        thread_ts=thread_ts,
        names=call.world.names(),
    )
    call.world.ephemerals.append(ephemeral)
    return {"message_ts": call.world.next_ts()}


def schedule_message(call: Call) -> Mapping[str, object]:
    """`chat.scheduleMessage`; nothing is ever posted by it here."""
    channel = channel_to_post_in(call)
    words, _ = content(call)
    at = str(call.arguments["post_at"])
    if not at.isdigit():
        raise Refusal("invalid_time")
    if int(at) <= call.world.now():
        raise Refusal("time_in_past")
    if int(at) > call.world.now() + _FARTHEST_SCHEDULE:
        raise Refusal("time_too_far")
    number = call.world.next_id("Q")
    call.world.scheduled[number] = {"channel": channel.id, "post_at": int(at), "text": words}
    return {"scheduled_message_id": number, "channel": channel.id, "post_at": int(at)}


def delete_scheduled_message(call: Call) -> Mapping[str, object]:
    """`chat.deleteScheduledMessage`."""
    if call.text("channel") not in call.world.channels:
        raise Refusal("channel_not_found")
    scheduled = call.world.scheduled.get(call.text("scheduled_message_id"))
    if scheduled is None or scheduled["channel"] != call.text("channel"):
        raise Refusal("invalid_scheduled_message_id")
    del call.world.scheduled[call.text("scheduled_message_id")]
    return {}


def channel_to_post_in(call: Call, argument: str = "channel") -> Channel:
    """Return the channel that is meant, by id, `#name` or (a conversation with) a person's id; raise Refusal."""
    name = call.text(argument)
    channel = call.world.channels.get(name) or call.world.channel_named(name)
    if channel is None and name in call.world.users:
        channel = _conversation_with(call, name)
    if channel is None or (channel.private and not channel.member):
        raise Refusal("channel_not_found")  # a private channel is not even admitted to exist
    if channel.archived:
        raise Refusal("is_archived")
    if not channel.member and not call.has_scope("chat:write.public"):
        raise Refusal("not_in_channel")
    return channel


def thread_of(call: Call, channel: Channel) -> str:
    """Return the `thread_ts`, "" for none; a reply's is taken for its root's."""
    ts = call.text("thread_ts")
    if not ts:
        return ""
    if not _TS.fullmatch(ts):
        raise Refusal("invalid_thread_ts")
    root = channel.all.get(ts)
    if root is None:
        raise Refusal("thread_not_found")
    return root.thread_ts or root.ts


def content(call: Call) -> tuple[str, Blocks]:
    """Return text and blocks; raise Refusal where Slack would not show them."""
    words = call.text("text")
    blocks = call.json("blocks", "invalid_blocks_format") or []
    check_content(words, blocks)
    return words, [{"block_id": f"+{number}", **block} for number, block in enumerate(blocks)]


def check_content(words: str, blocks: object) -> None:
    """Raise Refusal where Slack would not show a message like this."""
    if problems := problems_of_blocks(blocks):
        raise Refusal("invalid_blocks", *problems, errors=[*problems])
    if texts_are_too_long(blocks):
        raise Refusal("msg_blocks_too_long")
    if not words.strip() and not blocks:
        raise Refusal("no_text")
    if len(words) > MOST_TEXT:
        raise Refusal("msg_too_long")


def rendered(call: Call, message: Message) -> Mapping[str, object]:
    """Return a message as Slack gives it to apps."""
    found = {
        "type": "message",
        "user": message.user,
        "bot_id": call.app.bot_id,
        "app_id": call.app.id,
        "team": call.app.team,
        "ts": message.ts,
        "text": message.text,
        "blocks": list(message.blocks),
        "thread_ts": message.thread_ts,
        "metadata": message.metadata,
    }
    return {key: value for key, value in found.items() if value}


_METADATA = Shape(
    needs={
        "event_type": text(255),
        "event_payload": lambda value, pointer: (
            iter(()) if isinstance(value, dict) else iter([problem("must be an object", pointer)])
        ),
    }
)


def _metadata(call: Call) -> Mapping[str, object] | None:
    metadata: Any = call.json("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return {} if metadata == {} else None
    if problems := tuple(_METADATA(metadata, "/metadata")):
        raise Refusal("invalid_metadata_format", *problems)
    if len(str(metadata)) > MOST_METADATA:
        raise Refusal("metadata_too_large")
    return dict(metadata)


def _conversation_with(call: Call, user: str) -> Channel:
    found = call.world.channel_named(user)
    if found is not None:
        return found
    channel = Channel(
        id=call.world.next_id("D"), name=user, private=True, members=frozenset({user})
    )
    call.world.channels[channel.id] = channel
    return channel
