"""A fake Alertmanager that has been up for a week, and the gateway to it; a test file may have others of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from remediator.integrations.alertmanager.fake import FakeAlertmanager
from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
from remediator.integrations.json_api import Endpoint

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def fake() -> AsyncIterator[FakeAlertmanager]:
    async with FakeAlertmanager() as fake:
        fake.started_at = NOW - timedelta(days=7)
        yield fake


@pytest.fixture
async def gateway(fake: FakeAlertmanager) -> AsyncIterator[AlertmanagerGateway]:
    gateway = AlertmanagerGateway([Endpoint(url=fake.url)], timeout=timedelta(seconds=0.2))
    yield gateway
    await gateway.close()
