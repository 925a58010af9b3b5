"""What the core asks of conditions; the implementation (CEL, type-checked and budgeted) is in `config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Conditions(Protocol):
    """Evaluates `when` texts over `labels`, `annotations`, `alert`, `target`, `plan`, `facts` and `now`."""

    def holds(self, text: str, variables: Mapping[str, object]) -> bool:
        """Return the condition's value, perhaps after seconds; raise InvalidExpression where it has none: no."""
        ...

    def is_quick(self, text: str, variables: Mapping[str, object]) -> bool:
        """Say whether `holds` answers at once."""
        ...
