"""Files, in the three calls that `files_upload_v2` makes: a URL, the bytes, and the place to share them in."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.integrations.slack.fake.call import Call
from remediator.integrations.slack.fake.chat import thread_of
from remediator.integrations.slack.fake.messages import Channel, Message
from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.workspace import File


def get_upload_url(call: Call) -> Mapping[str, object]:
    """`files.getUploadURLExternal`."""
    length = str(call.arguments["length"])
    if not length.isdigit() or int(length) < 1:
        raise Refusal("invalid_arguments", "[ERROR] length must be a positive integer")
    file = File(id=call.world.next_id("F"), name=call.text("filename"), length=int(length))
    call.world.files[file.id] = file
    return {"upload_url": f"{call.url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(call: Call) -> Mapping[str, object]:
    """`files.completeUploadExternal`; `chat:write.public` is no help: the bot must be in the channel."""
    files = [_file(call, one) for one in _listed(call)]
    if not call.text("channel_id"):
        return {"files": [{"id": file.id, "title": file.title} for file in files]}
    channel = call.world.channels.get(call.text("channel_id"))
    if channel is None or (channel.private and not channel.member):
        raise Refusal("channel_not_found")
    if channel.archived:
        raise Refusal("is_archived")
    if not channel.member:
        raise Refusal("not_in_channel")
    _share(call, channel, files)
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _listed(call: Call) -> list[Mapping[str, object]]:
    listed = call.json("files")
    if not isinstance(listed, list) or not listed:
        raise Refusal("invalid_arguments", "[ERROR] must provide an array [json-pointer:/files]")
    return listed


def _file(call: Call, listed: Mapping[str, object]) -> File:
    file = call.world.files.get(str(listed.get("id")))
    if file is None or file.content is None or file.channel:
        raise Refusal("file_not_found")
    file.title = str(listed.get("title") or file.name)
    return file


def _share(call: Call, channel: Channel, files: list[File]) -> None:
    thread_ts = thread_of(call, channel)
    message = Message(
        channel=channel.id,
        ts=call.world.next_ts(),
        user=call.app.bot_user,
        versions=[call.world.version(call.text("initial_comment"), [])],
        thread_ts=thread_ts,
        files=tuple(file.id for file in files),
        number=call.world.next_number(),
    )
    channel.all[message.ts] = message
    for file in files:
        file.channel, file.thread_ts = channel.id, thread_ts
