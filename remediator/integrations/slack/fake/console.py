"""The fake as a person plays it in a terminal: prints what people see, and obeys short commands; for `__main__`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from remediator.integrations.slack.fake.delivery import Delivery
from remediator.integrations.slack.fake.fake import FakeSlack
from remediator.integrations.slack.fake.messages import Message, Version
from remediator.integrations.slack.fake.refusals import CannotHappen, Refusal
from remediator.integrations.slack.fake.workspace import View

HELP = """\
click approve           press the button whose action_id ends so, on the newest message that has it
click review run_1      … and whose value begins so, where there are several
submit TEXT             submit the modal that is open; TEXT goes into its first input
close                   close the modal that is open
/remediator status      type a command
as U2 click reject      do any of these as somebody else
away, back              Slack cannot be reached; Slack is back
help, quit"""
ME = "U1"


class Console:
    """Call `obey` with each line, and `news` now and then."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._seen: dict[str, int] = {}
        self._ephemerals = 0

    def obey(self, line: str) -> str:
        """Do what a line says; return what to print."""
        user, words = ME, line.split()
        if words[:1] == ["as"] and len(words) > 2:
            user, words = words[1], words[2:]
        try:
            return self._obey(user, words, line)
        except (CannotHappen, Refusal) as error:
            return f"! {error}"

    def news(self) -> Iterator[str]:
        """Say what was posted, edited, whispered and opened since the last time."""
        for message in self._slack.messages:
            for number in self._unseen(message.channel + message.ts, len(message.versions)):
                yield self._told(message, number)
        for view in self._slack.views:
            for _ in self._unseen(view.id, len(view.versions)):
                yield f"--- a modal opens for {self._name(view.user)}\n{_indented(view.plain)}"
        whispers = tuple(self._slack.world.ephemerals)[self._ephemerals :]
        self._ephemerals += len(whispers)
        for whisper in whispers:
            yield f"--- only {self._name(whisper.user)} sees\n{_indented(whisper.plain)}"

    def _obey(self, user: str, words: list[str], line: str) -> str:
        match words:
            case []:
                return ""
            case ["click", name, *value]:
                return self._outcome(self._click(user, name, value[0] if value else ""))
            case ["submit", *rest]:
                return self._outcome(self._submit(user, " ".join(rest)))
            case ["close"]:
                self._slack.close_view(self._open_view(user))
            case ["away"]:
                self._slack.away()
            case ["back"]:
                self._slack.back()
            case [first, *_] if first.startswith("/"):
                return self._outcome(self._slack.command(" ".join(words), user))
            case _:
                return HELP if words == ["help"] else f"! {shlex.quote(line.strip())}?\n{HELP}"
        return ""

    def _click(self, user: str, name: str, value: str) -> Delivery:
        views = [one for one in self._slack.views if one.state == "open" and one.user == user]
        places: list[Message | View] = [*reversed(views), *reversed(self._slack.messages)]
        for place in places:
            for action_id, whole in _buttons(place):
                if action_id.split(".")[-1] == name and whole.startswith(value):
                    return self._slack.click(place, action_id, user, value=whole or None)
        raise CannotHappen(f"there is no button {name} {value}".rstrip())

    def _submit(self, user: str, text: str) -> Delivery:
        view = self._open_view(user)
        inputs = [block["block_id"] for block in view.now["blocks"] if block["type"] == "input"]
        return self._slack.submit(view, {inputs[0]: text} if inputs and text else {})

    def _open_view(self, user: str) -> View:
        for view in reversed(self._slack.views):
            if view.state == "open" and view.user == user:
                return view
        raise CannotHappen(f"no modal is open for {user}")

    def _outcome(self, delivery: Delivery) -> str:
        error = delivery.wait().error
        return f"! Slack shows an error: {error}" if error else ""

    def _unseen(self, key: str, count: int) -> range:
        seen = self._seen.get(key, 0)
        self._seen[key] = count
        return range(seen, count)

    def _told(self, message: Message, number: int) -> str:
        where = self._slack.channel(message.channel).name
        thread = ", in a thread" if message.thread_ts else ""
        loud = ", and in the channel" if message.broadcast else ""
        edited = " (edited)" if number else ""
        shown = message.versions[number]
        text = shown.shown.plain or f"[{len(message.files)} files]"
        head = f"--- {self._name(message.user)} in #{where}{thread}{loud}{edited}"
        return "\n".join((head, _indented(text), *_keys(shown)))

    def _name(self, user: str) -> str:
        return self._slack.world.names().get(user, user)


def _buttons(place: Message | View) -> list[tuple[str, str]]:
    shown = place.now if isinstance(place, Message) else None
    buttons = shown.buttons if shown else Version(text="", blocks=_blocks(place), at=0).buttons
    return [(str(one.get("action_id", "")), str(one.get("value", ""))) for one in buttons]


def _blocks(place: Message | View) -> list[dict[str, object]]:
    return list(place.now["blocks"]) if isinstance(place, View) else []


def _keys(shown: Version) -> list[str]:
    named = [f"[{one['text']['text']}: click {_short(one)}]" for one in shown.buttons]
    return ["    " + " ".join(named)] if named else []


def _short(button: object) -> str:
    return str(button.get("action_id", "")).split(".")[-1] if isinstance(button, dict) else ""


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
