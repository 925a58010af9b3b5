"""A real Alertmanager posts to the real webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.alert import AlertStatus
from remediator.http.auth import Authenticator
from remediator.http.credentials import SourceKeys
from remediator.integrations.alertmanager.source import parse
from tests.http.daemon import Daemon, running
from tests.parts.alertmanager import Alertmanager
from tests.parts.require import require

pytestmark = pytest.mark.slow
LABELS = {"alertname": "DiskSpaceLow", "instance": "web1:9100", "mountpoint": "/var"}


@asynccontextmanager
async def started(part: Alertmanager) -> AsyncIterator[Alertmanager]:
    """Start and end it in a thread, so that the daemon can answer meanwhile."""
    try:
        await asyncio.to_thread(part.start)
        yield part
    finally:
        await asyncio.to_thread(part.close)


async def statuses(daemon: Daemon, count: int) -> list[AlertStatus]:
    async with asyncio.timeout(30):
        while len(stored := await daemon.stored()) < count:
            await asyncio.sleep(0.1)
    return [parse(n.body).alerts[0].status for n in stored]


async def test_its_firing_and_resolved_notices_arrive_by_their_token(tmp_path: Path) -> None:
    require("alertmanager", "amtool")
    authenticator = Authenticator(sources=[SourceKeys(name="prod", tokens=["secret"])])

    async with running(tmp_path, authenticator=lambda: authenticator) as daemon:
        url = f"{daemon.url}/webhooks/alertmanager"
        async with started(Alertmanager(url, bearer_token="secret")) as part:
            await asyncio.to_thread(part.push, LABELS, annotations={"summary": "a <b> & c"})
            await statuses(daemon, 1)
            await asyncio.to_thread(part.push, LABELS, lasts=timedelta(0))
            seen = await statuses(daemon, 2)
            stored = await daemon.stored()

    assert [seen[0], seen[-1]] == [AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert {n.source for n in stored} == {"prod"}
    alert = parse(stored[0].body).alerts[0]
    assert (alert.labels, alert.annotations) == (LABELS, {"summary": "a <b> & c"})
    assert alert.ends_at is None


async def test_a_notice_that_could_not_be_stored_comes_again(tmp_path: Path) -> None:
    require("alertmanager", "amtool")
    is_open = False

    async with running(tmp_path, accepting=lambda: is_open) as daemon:
        url = f"{daemon.url}/webhooks/alertmanager"
        async with started(Alertmanager(url)) as part:
            await asyncio.to_thread(part.push, LABELS)
            async with asyncio.timeout(20):
                while not daemon.metrics.notifications:
                    await asyncio.sleep(0.1)
            is_open = True
            assert await statuses(daemon, 1) == [AlertStatus.FIRING]

    assert daemon.metrics.notifications[0] == ("local", "503")
