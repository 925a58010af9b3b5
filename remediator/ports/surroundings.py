"""What the engine asks the store about everything else that goes on, before one run may act; part of `ports.store`."""

from __future__ import annotations

from typing import Protocol


class Surroundings(Protocol):
    """Questions about more than one run; each reads no more than its answer needs."""

    def pause_ended(self, pause_id: str) -> bool | None:
        """Say whether the pause with this id was ended; None where there never was one."""
        ...
