"""The channel contract, over the strict fake of Slack."""

from collections.abc import AsyncIterator

import pytest

from remediator.integrations.slack.fake import FakeSlack
from remediator.ports.channel import Deliverer
from remediator.testing.channel_contract import ChannelContract
from tests.integrations.slack.workspace import a_workspace

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


class Readers:
    """People who read the channel: every root with its thread below it, and the long texts put there as files."""

    def __init__(self, fake: FakeSlack, deliverer: Deliverer) -> None:
        self.fake = fake
        self.deliverer = deliverer

    def seen(self) -> tuple[str, ...]:
        channel = self.fake.channel("#sre")
        roots = [message for message in channel.messages if not message.thread_ts]
        return tuple(
            "\n".join((root.plain, *(reply.plain for reply in channel.thread(root))))
            for root in roots
        )

    def block(self) -> None:
        self.fake.fail("*", status=503, times=None)


class TestSlack(ChannelContract):
    @pytest.fixture
    async def audience(self) -> AsyncIterator[Readers]:
        async with a_workspace() as workspace:
            yield Readers(workspace.fake, workspace.deliverer())
