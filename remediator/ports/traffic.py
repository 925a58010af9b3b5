"""How busy the door is, so that intake can give way: taking notifications in comes before working on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

_WINDOW = 0.1
_HEAVY = 20


@dataclass(slots=True)
class Traffic:
    """Counts arrivals in windows of a tenth of a second. The door notes, intake asks."""

    monotonic: Callable[[], float]
    _window: int = field(default=0, init=False)
    _count: int = field(default=0, init=False)
    _before: int = field(default=0, init=False)

    def note(self) -> None:
        """Count one arrival."""
        self._turn()
        self._count += 1

    def is_heavy(self) -> bool:
        """Say whether more than twenty arrived within a tenth of a second just now."""
        self._turn()
        return max(self._count, self._before) > _HEAVY

    def _turn(self) -> None:
        window = int(self.monotonic() / _WINDOW)
        if window == self._window:
            return
        self._before = self._count if window == self._window + 1 else 0
        self._window, self._count = window, 0
