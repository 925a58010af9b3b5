"""What can be said of a text with templates, or without, before anybody reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Usage:
    """Which labels a template needs (not those with a `default`), which it uses, and whether it is one `… | host`."""

    labels: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    is_host: bool = False


def has_template(text: str) -> bool:
    """Say whether a text holds anything that Jinja2 would look at."""
    return "{{" in text or "{%" in text or "{#" in text


def without_templates(text: str) -> str:
    """Return the text with every `{{ … }}` taken out."""
    return _EXPRESSION.sub("", text)
