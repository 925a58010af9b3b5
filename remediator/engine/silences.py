"""Ask whether people have silenced a run's alert, wherever alerts are silenced. Used by the observer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from remediator.core.errors import RemediatorError
from remediator.core.facts import Answer, Known, unknown
from remediator.ports.check import Question
from remediator.ports.integration import Silences

PATIENCE = timedelta(seconds=15)
_STRICTEST = (Known.HOLDS, Known.UNKNOWN, Known.FAILS)


async def strictest(asked: Sequence[Silences], question: Question) -> Answer:
    """Return the strictest answer of all that are asked."""
    answers = await asyncio.gather(*(_answer(ask, question) for ask in asked))
    return min(answers, key=lambda answer: _STRICTEST.index(answer.known))


async def _answer(ask: Silences, question: Question) -> Answer:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await ask(question)
    except TimeoutError:
        return unknown("no answer in time")
    except RemediatorError as error:
        return unknown(str(error))
