"""An event loop whose time passes at once: where everybody waits, it goes to the next moment anybody waits for."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _Impatient(selectors.SelectSelector):
    """Never waits; counts the seconds that it was asked to."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self.skipped += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """For coroutines that wait for nothing but time and each other."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.skipped


def run_virtually(coroutine: Any) -> Any:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
