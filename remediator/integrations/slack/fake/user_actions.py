"""What people do in Slack: press buttons, submit modals, type commands; inherited by FakeSlack.

A person can only press what is shown, and only submit what the client would let through: the rest is CannotHappen.
"""

from __future__ import annotations

import secrets
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future

from remediator.integrations.slack.fake import payloads
from remediator.integrations.slack.fake.call import App
from remediator.integrations.slack.fake.delivery import Delivery
from remediator.integrations.slack.fake.forms import check_errors, filled_in
from remediator.integrations.slack.fake.messages import Message, Version
from remediator.integrations.slack.fake.modals import check_view
from remediator.integrations.slack.fake.outgoing import Outgoing, response_action
from remediator.integrations.slack.fake.refusals import CannotHappen
from remediator.integrations.slack.fake.response_urls import ResponseUrls
from remediator.integrations.slack.fake.views import replace_view
from remediator.integrations.slack.fake.workspace import Trigger, User, View, World


class UserActions:
    """Every method returns at once; await the Delivery (or call its `wait`) for what came of it.

    `by`: `socket` or `http`, "" for the app's URL where one is set.
    """

    world: World
    app: App

    def __init__(self, outgoing: Outgoing, response_urls: ResponseUrls) -> None:
        self._outgoing = outgoing
        self._response_urls = response_urls
        self.deliveries: list[Delivery] = []

    @property
    def url(self) -> str:
        """Where the fake is."""
        raise NotImplementedError

    def submit_to_loop(self, coroutine: Coroutine[object, object, None]) -> Future[None]:
        """Begin something in the fake's own loop."""
        raise NotImplementedError

    def click(
        self,
        where: Message | View,
        action_id: str,
        user: str,
        *,
        value: str | None = None,
        stale: Version | None = None,
        by: str = "",
    ) -> Delivery:
        """Press a button of a message or an open modal. `value` chooses among several with one `action_id`.

        `stale`: one of the message's earlier `versions`, as a client shows it that has not caught up.
        """
        person = self._person(user)
        shown = stale or (where.now if isinstance(where, Message) else _as_version(where))
        button = _button(shown, action_id, value)
        payload, channel = self._clicked(where, person, shown)
        payload["actions"] = [payloads.action_of(button, self.world.next_ts())]
        message = where if isinstance(where, Message) else None
        return self._deliver(payload, person, by, channel=channel, message=message)

    def submit(
        self,
        view: View,
        values: Mapping[str, object] | None = None,
        *,
        user: str = "",
        by: str = "",
    ) -> Delivery:
        """Submit an open modal. `values`: by `action_id` or `block_id`, a text, or the value of an option."""
        person = self._person(user or view.user)
        if view.state != "open" or not view.now.get("submit"):
            raise CannotHappen(f"view {view.id} cannot be submitted: {view.state}")
        state = filled_in(view.now["blocks"], values or {})
        payload = payloads.submission(self.app, person, view, state)
        return self._deliver(payload, person, by, view=view)

    def close_view(self, view: View, *, by: str = "") -> Delivery | None:
        """Close a modal; the app hears of it only if it asked to."""
        view.state = "closed"
        if not view.now.get("notify_on_close"):
            return None
        person = self._person(view.user)
        return self._deliver(payloads.closing(self.app, person, view), person, by)

    def command(self, typed: str, user: str, channel: str = "#sre", *, by: str = "") -> Delivery:
        """Type a slash command, as in `/remediator pause web1 2h`."""
        found = self.world.channels.get(channel) or self.world.channel_named(channel)
        if found is None or not typed.startswith("/"):
            raise CannotHappen(f"{typed!r} cannot be typed in {channel}")
        person = self._person(user)
        payload = payloads.command(self.app, person, found, typed, self.world)
        return self._deliver(payload, person, by, channel=found.id)

    def send(self, payload: Mapping[str, object], user: str, *, by: str = "") -> Delivery:
        """Send any payload as it is: what a forger, or another app, might bring."""
        return self._begin(Delivery(self.world, user, payload), by)

    def repeat(self, delivery: Delivery) -> Delivery:
        """Replay a request to the app's URL, byte for byte; the new attempt is the last of `attempts`."""
        done = self.submit_to_loop(self._outgoing.repeat(delivery, delivery.first))
        return delivery.begin(done)

    def trigger(self, user: str) -> str:
        """Return a trigger as a click of this person would give it."""
        trigger = f"{self.world.next_number()}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self.world.triggers[trigger] = Trigger(user=user, at=self.world.now())
        return trigger

    def _person(self, user: str) -> User:
        if user not in self.world.users:
            raise CannotHappen(f"there is no {user}: add_user first")
        return self.world.users[user]

    def _clicked(
        self, where: Message | View, person: User, shown: Version
    ) -> tuple[dict[str, object], str]:
        if isinstance(where, View):
            if where.state != "open":
                raise CannotHappen(f"view {where.id} is {where.state}")
            return payloads.click_in_view(self.app, person, where), ""
        channel = self.world.channels[where.channel]
        if where.ts not in channel.all:
            raise CannotHappen("the message was deleted")
        if channel.members is not None and person.id not in channel.members:
            raise CannotHappen(f"{person.id} is not in #{channel.name}")
        payload = payloads.click_on_message(self.app, person, where, channel=channel, version=shown)
        return payload, channel.id

    def _deliver(
        self,
        payload: dict[str, object],
        person: User,
        by: str,
        *,
        channel: str = "",
        message: Message | None = None,
        view: View | None = None,
    ) -> Delivery:
        payload["trigger_id"] = self.trigger(person.id)
        delivery = Delivery(self.world, person.id, payload)
        if channel:
            path = self._response_urls.issue(person.id, channel, delivery.id, message)
            payload["response_url"] = self.url + path
        return self._begin(delivery, by, view)

    def _begin(self, delivery: Delivery, by: str, view: View | None = None) -> Delivery:
        self.deliveries.append(delivery)
        return delivery.begin(self.submit_to_loop(self._through(delivery, by, view)))

    async def _through(self, delivery: Delivery, by: str, view: View | None) -> None:
        await self._outgoing.deliver(delivery, by)
        if view is not None and delivery.acknowledged:
            self._follow(delivery, view)

    def _follow(self, delivery: Delivery, view: View) -> None:
        """Do with a modal what the app answered to its submission."""
        answer = response_action(delivery)
        match answer.get("response_action"):
            case "errors":
                check_errors(view.now["blocks"], answer.get("errors"))
                view.errors = answer["errors"]
            case "update":
                check_view(answer.get("view"))
                replace_view(view, answer["view"])
            case "push":
                raise CannotHappen("the fake does not stack modals")
            case _:
                view.state = "submitted"


def _as_version(view: View) -> Version:
    return Version(text="", blocks=view.now["blocks"], at=0)


def _button(shown: Version, action_id: str, value: str | None) -> Mapping[str, object]:
    found = [
        button
        for button in shown.buttons
        if button.get("action_id") == action_id and value in (None, button.get("value"))
    ]
    if len(found) != 1:
        there = [(button.get("action_id"), button.get("value")) for button in shown.buttons]
        raise CannotHappen(f"{len(found)} buttons are {action_id} ({value}); there are {there}")
    return found[0]
