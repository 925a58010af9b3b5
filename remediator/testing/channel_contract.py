"""What every channel must keep, as tests to inherit: `class TestMine(ChannelContract)` with a fixture `audience`.

Shipped, so that other people's channels can be held to it. Runs under pytest with pytest-asyncio's auto mode.
"""

# ruff: noqa: S101 - asserting is what this file is for

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from remediator.core.errors import DeliveryError
from remediator.core.messages import Message, MessageKind
from remediator.ports.channel import Deliverer

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u2066 <!channel> <script> {{7*7}} *b* `c` \x00\r\x9b1m"
)
_FORBIDDEN = frozenset("\x00\x07\x1b\x9b\u202e\u2066")


class Audience(Protocol):
    """One channel with everything behind it, down to the people."""

    deliverer: Deliverer

    def seen(self) -> tuple[str, ...]:
        """Return what arrived, one text per delivery, exactly as it came over the wire or stands on the screen."""
        ...

    def block(self) -> None:
        """Let nothing through from now on."""
        ...


def a_message(kind: MessageKind = MessageKind.RESULT, number: int = 1) -> Message:
    """Return an ordinary message; `number` tells messages of one run apart."""
    return Message(
        kind=kind,
        run_id="run_1",
        thread="run_1",
        deduplication=f"run_1:{kind.value}:{number}",
        title="Disk space low on web1",
        text=f"Disk space low on web1. Cleanup ran. Space reclaimed: {number}.0 GB.",
        lines=("journal.vacuum: done, 3.0 GB freed", "promql: holds (1 sample, 0.41)"),
        facts={"playbook": "disk-space-low", "run": "run_1", "took": "42s"},
        body={"run": "run_1", "outcome": "resolved", "alert": {"labels": {"instance": "web1"}}},
    )


class ChannelContract:
    """Inherit, and give a fixture `audience`."""

    async def test_every_kind_of_message_arrives(self, audience: Audience) -> None:
        """Whatever is told, people get its sentence."""
        for kind in MessageKind:
            await audience.deliverer.deliver(a_message(kind), None)
        arrived = audience.seen()
        assert len(arrived) == len(MessageKind)
        assert all("Space reclaimed: 1.0 GB." in text for text in arrived)

    async def test_lines_and_facts_arrive(self, audience: Audience) -> None:
        """The body of a message is not lost on the way."""
        await audience.deliverer.deliver(a_message(), None)
        (text,) = audience.seen()
        assert "journal.vacuum: done, 3.0 GB freed" in text
        assert "disk-space-low" in text

    async def test_a_receipt_is_taken_back_with_the_next_message(self, audience: Audience) -> None:
        """The courier hands the receipt of a run's message in with the following one."""
        receipt = await audience.deliverer.deliver(a_message(MessageKind.PLAN), None)
        assert isinstance(receipt, str) and receipt
        again = await audience.deliverer.deliver(a_message(number=2), receipt)
        assert isinstance(again, str) and again
        assert "2.0 GB" in audience.seen()[-1]

    async def test_a_message_may_be_delivered_twice(self, audience: Audience) -> None:
        """A courier that died after delivering does it again."""
        first = await audience.deliverer.deliver(a_message(), None)
        assert await audience.deliverer.deliver(a_message(), None) == first

    async def test_hostile_texts_arrive_inert(self, audience: Audience) -> None:
        """Control, escape and direction characters of labels reach nobody."""
        hostile = replace(
            a_message(),
            title=HOSTILE,
            text=HOSTILE,
            lines=(HOSTILE, "end of lines"),
            facts={HOSTILE: HOSTILE},
            body={"label": HOSTILE},
        )
        await audience.deliverer.deliver(hostile, None)
        (text,) = audience.seen()
        assert not _FORBIDDEN & set(text)
        assert "end of lines" in text

    async def test_an_empty_message_arrives(self, audience: Audience) -> None:
        """Nothing but the sentence is needed."""
        bare = replace(a_message(), title="", lines=(), facts={}, body={})
        await audience.deliverer.deliver(bare, None)
        assert "Cleanup ran." in audience.seen()[0]

    async def test_a_huge_message_is_no_failure(self, audience: Audience) -> None:
        """Long evidence is the channel's to cut, not the courier's to retry for ever."""
        huge = replace(a_message(), lines=tuple(f"line {n} " + "x" * 500 for n in range(2000)))
        await audience.deliverer.deliver(huge, None)
        assert "Cleanup ran." in audience.seen()[0]

    async def test_a_blocked_way_is_a_delivery_error(self, audience: Audience) -> None:
        """The courier only knows this one error, and its text."""
        audience.block()
        try:
            await audience.deliverer.deliver(a_message(), None)
        except DeliveryError as error:
            assert str(error)
            return
        raise AssertionError("a message went through a blocked way")
