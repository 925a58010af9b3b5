"""What a store may be told of a closure before it runs: which run it locks, and whether others have to wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from remediator.ports.store import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OnRun(Generic[T]):
    """A closure of which is known that it locks one run first: a store may lock those of several at once.

    One that `counts` lets a run act by what was counted: it waits for all others that do, in every replica.
    """

    run_id: str
    closure: Callable[[Transaction], T]
    counts: bool = False

    def __call__(self, tx: Transaction) -> T:
        """Run the closure."""
        return self.closure(tx)
