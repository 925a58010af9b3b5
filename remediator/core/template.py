"""What the core asks of templates; the implementation (Jinja2, locked down) is in `config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Renderer(Protocol):
    """Fills labels into texts. Label values are data: they are never evaluated."""

    def render(self, text: str, variables: Mapping[str, object], *, promql: bool = False) -> str:
        """Return the text with every `{{ … }}` replaced; raise InvalidTemplate. `promql` quotes each value
        for PromQL."""
        ...
