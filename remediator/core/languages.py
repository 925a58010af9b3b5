"""What the core asks of the two languages that playbooks are written in; both are implemented in `config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Conditions(Protocol):
    """CEL, type-checked and budgeted: evaluates `when` texts over `labels`, `annotations`, `alert`, `target`, `plan`,
    `facts` and `now`."""

    def holds(self, text: str, variables: Mapping[str, object]) -> bool:
        """Return the condition's value, perhaps after seconds; raise InvalidExpression where it has none: no."""
        ...

    def is_quick(self, text: str, variables: Mapping[str, object]) -> bool:
        """Say whether `holds` answers at once."""
        ...


class Renderer(Protocol):
    """Jinja2, locked down: fills labels into texts. Label values are data: they are never evaluated."""

    def render(self, text: str, variables: Mapping[str, object], *, promql: bool = False) -> str:
        """Return the text with every `{{ … }}` replaced; raise InvalidTemplate. `promql` quotes each value
        for PromQL."""
        ...
