"""A workspace of the strict fake for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.integrations.slack.workspace import Workspace, a_workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with a_workspace(contacts={"oncall": "@sre-oncall"}) as workspace:
        yield workspace
