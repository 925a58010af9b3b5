"""What operators' machines ask: the code of each answer, and the words for people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from remediator.core.errors import StoreUnavailable
from remediator.http import health
from remediator.http.refusal import HttpRefusal
from tests.http.calls import a_call


class Away:
    """A store that is not there, or does not answer."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def read(self, question: Any) -> Any:
        raise self._error


async def refusal(handler: Any, **changes: Any) -> tuple[int, str, str]:
    with pytest.raises(HttpRefusal) as refused:
        await handler(a_call(**changes))
    return refused.value.status, refused.value.code, str(refused.value)


async def test_a_loop_that_stands_still_is_unavailable() -> None:
    words = "a loop of the daemon has not moved for too long"

    assert await refusal(health.healthy, loops_alive=lambda: False) == (503, "unavailable", words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accepting": lambda: False}, "starting or shutting down"),
        ({"store": Away(StoreUnavailable("no disk"))}, "nothing can be stored: no disk"),
        ({"store": Away(TimeoutError())}, "the store does not answer"),
    ],
)
async def test_what_cannot_store_a_notification_is_unavailable_and_says_why(
    changes: dict[str, Any], words: str
) -> None:
    assert await refusal(health.ready, **changes) == (503, "unavailable", words)


async def test_a_reload_that_fails_answers_with_every_problem() -> None:
    async def reload(who: str) -> list[str]:
        await asyncio.sleep(0)
        return ["a", "b"]

    answer = await health.reload(a_call(reload=reload))

    assert answer.status == 422
    assert answer.body is not None
    assert b'"problems": ["a", "b"]' in answer.body  # type: ignore[operator]
    assert b'"code": "invalid", "message": "2 problem(s): the old' in answer.body  # type: ignore[operator]
