"""Answers that are kept for a while, asked for by one caller at a time: the cache behind the directory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from remediator.core.errors import DeliveryError

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    """One question under way; those who want to know the same wait for it to land."""

    landed: asyncio.Event = field(default_factory=asyncio.Event)
    answer: list[T] = field(default_factory=list)
    error: DeliveryError | None = None


class Kept(Generic[T]):
    """Keeps at most `most` answers for `seconds`; failures are not kept, but shared by those who waited."""

    def __init__(
        self,
        ask: Callable[[str], Awaitable[T]],
        *,
        seconds: float,
        monotonic: Callable[[], float],
        most: int = 1000,
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._monotonic = monotonic
        self._most = most
        self._answers: dict[str, tuple[float, T]] = {}
        self._flights: dict[str, _Flight[T]] = {}

    async def get(self, key: str) -> T:
        """Return the answer, asking where what is kept is too old; raise DeliveryError."""
        while True:
            asked_at, answer = self._answers.get(key, (None, None))
            if asked_at is not None and self._monotonic() - asked_at < self._seconds:
                return answer  # type: ignore[return-value] # it stands beside its time
            flight = self._flights.get(key)
            if flight is None:
                return await self._fly(key)
            await flight.landed.wait()
            if flight.error is not None:
                raise flight.error
            if flight.answer:
                return flight.answer[0]  # neither: its caller was cancelled, so another one asks

    def last(self, key: str) -> T | None:
        """Return the last answer, however old, without asking; None where there never was one."""
        kept = self._answers.get(key)
        return kept[1] if kept else None

    async def _fly(self, key: str) -> T:
        flight = self._flights[key] = _Flight[T]()
        try:
            asked_at = self._monotonic()
            answer = await self._ask(key)
            flight.answer.append(answer)
            self._keep(key, (asked_at, answer))
            return answer
        except DeliveryError as error:
            flight.error = error
            raise
        finally:
            del self._flights[key]
            flight.landed.set()

    def _keep(self, key: str, answer: tuple[float, T]) -> None:
        self._answers.pop(key, None)
        while len(self._answers) >= self._most:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = answer
