"""What every door asks control for besides the verbs of `ports/verbs`, which are asked for by `Verb.ask`."""

from __future__ import annotations

from typing import Protocol

from remediator.core.person import Person


class Control(Protocol):
    """People's verbs (engine/control), one method for each row of the table, and what doors need around them.

    A verb's method takes the run's id or the scope, `person`, and what its row says that it needs. All raise Refused
    (not_found, forbidden, conflict) and StoreUnavailable.
    """

    async def refuse(self, run_id: str, *, verb: str, person: Person, reason: str) -> None:
        """Write down that a door refused somebody; raises nothing."""
        ...

    async def show_again(self, run_id: str) -> None:
        """Tell people once more about a plan that waits."""
        ...
