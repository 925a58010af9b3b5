"""What is put into a run's thread as a file: long output and graphs, which never fail a delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from remediator.core.errors import Permanent, Transient
from remediator.integrations.prometheus.api import Sample, Series
from tests.integrations.slack.workspace import K, Workspace, a_card, roots, thread, told

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


async def test_output_that_is_too_long_is_put_into_the_thread_as_a_file(
    workspace: Workspace,
) -> None:
    lines = tuple(f"line {n} of the output" for n in range(500))
    failure = told(K.FAILURE, card=a_card(asks=False), lines=lines)

    await workspace.deliverer().deliver(failure, None)

    (root,) = roots(workspace)
    (file,) = workspace.fake.files
    assert file.name == "run_1-failure.txt" and file.thread_ts == root.ts
    assert file.content is not None and b"line 499 of the output" in file.content


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_a_file_that_slack_does_not_take_fails_nothing(
    workspace: Workspace, method: str
) -> None:
    workspace.fake.fail(method, "missing_scope", times=None)
    failure = told(K.FAILURE, card=a_card(asks=False), lines=("x" * 200,) * 500)

    receipt = await workspace.deliverer().deliver(failure, None)

    assert receipt and len(roots(workspace)) == 1
    assert workspace.fake.files == ()
    (hint,) = thread(workspace)
    assert "could not be attached" in hint and "missing_scope" in hint


class History:
    """Prometheus as the graph asks it; `error` is what it does instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def query(self, promql: str) -> tuple[Sample, ...]:
        return ()

    async def query_range(
        self, promql: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        if self.error:
            raise self.error
        times = [start + step * n for n in range(int((end - start) / step))]
        return (Series(labels={}, points=tuple((at.timestamp(), 0.4) for at in times)),)


VERIFIED = told(
    K.RESULT,
    2,
    card=replace(a_card(asks=False), queries=('disk_used_ratio{host="web1"} < 0.8',)),
)


async def test_a_result_comes_with_a_graph_of_what_was_verified(workspace: Workspace) -> None:
    await workspace.deliverer(prometheus=History()).deliver(VERIFIED, None)

    (root,) = roots(workspace)
    (file,) = workspace.fake.files
    assert file.name == "run_1.png" and file.thread_ts == root.ts
    assert file.content is not None and file.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("prometheus", [None, History(Transient("away")), History(Permanent("no"))])
async def test_without_a_graph_the_result_stands_all_the_same(
    workspace: Workspace, prometheus: History | None
) -> None:
    await workspace.deliverer(prometheus=prometheus).deliver(VERIFIED, None)

    assert len(roots(workspace)) == 1 and workspace.fake.files == ()


async def test_a_file_that_takes_too_long_fails_nothing(workspace: Workspace) -> None:
    workspace.fake.hang("upload")
    failure = told(K.FAILURE, card=a_card(asks=False), lines=("x" * 200,) * 500)

    receipt = await workspace.deliverer().deliver(failure, None)

    assert receipt and thread(workspace) == ()
