"""Telling the fake who and what is in its workspace, and asking what people see there; inherited by FakeSlack."""

from __future__ import annotations

from collections.abc import Iterable

from remediator.integrations.slack.fake.call import App
from remediator.integrations.slack.fake.messages import Channel, Ephemeral, Message
from remediator.integrations.slack.fake.workspace import File, Group, User, View, World


class Population:
    """A workspace with a bot in it, and the channel `#sre`."""

    def __init__(self, world: World, app: App) -> None:
        self.world = world
        self.app = app
        self.add_user(app.bot_user, "remediator", "Remediator", "", bot=True)
        self.add_channel("C0SRE000", "sre")

    def add_user(
        self, id: str, name: str = "", real_name: str = "", email: str | None = None, **more: object
    ) -> User:
        """Add a person. `more`: bot, guest, ultra_restricted, deleted, stranger, team, email_confirmed, raw."""
        name = name or id.lower()
        address = f"{name}@example.com" if email is None else email
        team = {"team": "T0OTHER0" if more.get("stranger") else self.app.team}
        user = User(
            id=id,
            name=name,
            real_name=real_name or name.title(),
            email="" if more.get("bot") else address,
            **{**team, **more},  # type: ignore[arg-type]
        )
        with self.world.lock:
            self.world.users[id] = user
        return user

    def add_group(self, id: str, handle: str, members: Iterable[str] = ()) -> Group:
        """Add a user group, or replace it."""
        group = Group(id=id, handle=handle.removeprefix("@"), members=tuple(members))
        with self.world.lock:
            self.world.groups[id] = group
        return group

    def add_channel(
        self,
        id: str,
        name: str,
        *,
        private: bool = False,
        member: bool = True,
        members: Iterable[str] | None = None,
    ) -> Channel:
        """Add a channel. `member`: whether the bot is in it; `members`: which people are, None for all."""
        channel = Channel(
            id=id,
            name=name.removeprefix("#"),
            private=private,
            member=member,
            members=None if members is None else frozenset(members),
        )
        with self.world.lock:
            self.world.channels[id] = channel
        return channel

    def channel(self, name: str) -> Channel:
        """Return a channel by its `#name` or id."""
        found = self.world.channels.get(name) or self.world.channel_named(name)
        if found is None:
            raise KeyError(name)
        return found

    def thread(self, root: Message) -> tuple[Message, ...]:
        """Return the replies to a message."""
        return self.world.channels[root.channel].thread(root)

    def post(self, channel: str, user: str, text: str, thread_ts: str = "") -> Message:
        """Let a person write something."""
        where = self.channel(channel)
        with self.world.lock:
            message = Message(
                channel=where.id,
                ts=self.world.next_ts(),
                user=user,
                versions=[self.world.version(text, [])],
                thread_ts=thread_ts,
                number=self.world.next_number(),
            )
            where.all[message.ts] = message
        return message

    def delete(self, message: Message) -> None:
        """Let somebody delete a message."""
        with self.world.lock:
            del self.world.channels[message.channel].all[message.ts]

    def ephemerals(self, user: str) -> tuple[Ephemeral, ...]:
        """Return what one person alone was shown, in order."""
        return tuple(one for one in tuple(self.world.ephemerals) if one.user == user)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every message of every channel and thread, in the order they were posted."""
        channels = tuple(self.world.channels.values())
        everything = [message for one in channels for message in tuple(one.all.values())]
        return tuple(sorted(everything, key=lambda message: message.number))

    @property
    def files(self) -> tuple[File, ...]:
        """The files that were shared."""
        return tuple(file for file in tuple(self.world.files.values()) if file.channel)

    @property
    def views(self) -> tuple[View, ...]:
        """Every modal that was opened, in order."""
        return tuple(self.world.views.values())

    def let_pass(self, seconds: float) -> None:
        """Let time pass at once: triggers and response URLs grow old."""
        self.world.skew += seconds
