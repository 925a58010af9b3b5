"""Labels filled into texts, the implementation of `core.languages.Renderer`. Jinja2 is imported for the first one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from remediator.config.template_texts import Usage, has_template
from remediator.ports.integration import Filter

if TYPE_CHECKING:
    from remediator.config.template_engine import TemplateEngine


class Templates:
    """Renders and checks templates. Make one per loaded configuration."""

    def __init__(self, brought: Mapping[str, Filter] | None = None) -> None:
        self._brought = brought or {}

    def render(self, text: str, variables: Mapping[str, object], *, promql: bool = False) -> str:
        """Return the text with every `{{ … }}` replaced; raise InvalidTemplate, or InvalidTarget (`host`).

        `promql` quotes each value for the inside of a double-quoted PromQL string.
        """
        return self._engine.render(text, variables, promql=promql) if has_template(text) else text

    def usage(self, text: str, *, promql: bool = False) -> Usage:
        """Return what a text uses, without rendering it; raise InvalidTemplate where it is not a template."""
        return self._engine.usage(text, promql=promql) if has_template(text) else Usage()

    @cached_property
    def _engine(self) -> TemplateEngine:
        from remediator.config.template_engine import TemplateEngine

        return TemplateEngine(self._brought)
