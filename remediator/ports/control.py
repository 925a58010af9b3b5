"""What people can do, as every door asks for it. The engine's control does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from remediator.core.events import Settlement
from remediator.core.facts import Pause
from remediator.core.person import Person
from remediator.core.run import Run


class Control(Protocol):
    """People's verbs (engine/control). All raise Refused (not_found, forbidden, conflict) and StoreUnavailable."""

    async def approve(self, run_id: str, *, digest: str, person: Person, reason: str = "") -> Run:
        """Give a yes to the plan with this digest."""
        ...

    async def reject(self, run_id: str, *, digest: str | None, person: Person, reason: str) -> Run:
        """Say no, with a reason."""
        ...

    async def cancel(self, run_id: str, *, person: Person, reason: str = "") -> Run:
        """Stop a run."""
        ...

    async def take_over(self, run_id: str, *, person: Person, reason: str = "") -> Run:
        """Stop a run; this person looks after its target now."""
        ...

    async def settle(
        self, run_id: str, *, settlement: Settlement, person: Person, reason: str = ""
    ) -> Run:
        """Say what became of a change that nobody could observe."""
        ...

    async def refuse(self, run_id: str, *, verb: str, person: Person, reason: str) -> None:
        """Write down that a door refused somebody; raises nothing."""
        ...

    async def show_again(self, run_id: str) -> None:
        """Tell people once more about a plan that waits."""
        ...

    async def pause(
        self, scope: str, *, duration: timedelta | None, reason: str, person: Person
    ) -> Pause:
        """Stop everything in a scope."""
        ...

    async def resume(self, scope: str, *, person: Person) -> int:
        """End pauses and return how many, or raise Refused; `playbook/NAME` also closes that playbook's breaker."""
        ...
