"""Templates: labels filled into texts by Jinja2, locked down. Used by `templates`, where there is one.

Field-notes §7.1 found that the sandbox alone lets a text of 20 characters take a gigabyte. So: expressions only, no
calls, attributes are mapping lookups, arithmetic on numbers, seven filters, no globals, at most 8 KiB out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, Undefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from remediator.config.template_filters import LARGEST_TEXT, filters, promql, text_of
from remediator.config.template_syntax import check_template
from remediator.config.template_texts import Usage
from remediator.core.errors import InvalidTemplate
from remediator.ports.integration import Filter

_LARGEST_NUMBER = 10**15


class TemplateEngine:
    """Renders and checks texts that hold templates; each is checked and compiled once."""

    def __init__(self, brought: Mapping[str, Filter]) -> None:
        names = filters(brought)
        self._plain = _Environment(names, quoted=False)
        self._promql = _Environment(names, quoted=True)
        self._checked: dict[tuple[str, bool], Usage] = {}
        self._compiled: dict[tuple[str, bool], Template] = {}

    def render(self, text: str, variables: Mapping[str, object], *, promql: bool = False) -> str:
        """See `Templates.render`."""
        template = self._template(text, promql=promql)
        try:
            return _joined(template, variables)
        except TemplateError as error:
            raise InvalidTemplate(f"{_short(text)}: {error.message or error}") from error
        except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise InvalidTemplate(f"{_short(text)}: {error}") from error

    def usage(self, text: str, *, promql: bool = False) -> Usage:
        """See `Templates.usage`."""
        key = (text, promql)
        if key not in self._checked:
            self._checked[key] = check_template(self._of(promql), text, promql=promql)
        return self._checked[key]

    def _template(self, text: str, *, promql: bool) -> Template:
        """Return what renders a text: compiled when a run first asks, as most playbooks wait for ever."""
        key = (text, promql)
        if key not in self._compiled:
            self.usage(text, promql=promql)
            self._compiled[key] = self._of(promql).from_string(text)
        return self._compiled[key]

    def _of(self, promql: bool) -> _Environment:
        return self._promql if promql else self._plain


def _joined(template: Template, variables: Mapping[str, object]) -> str:
    pieces: list[str] = []
    length = 0
    for piece in template.generate(dict(variables)):
        length += len(piece)
        if length > LARGEST_TEXT:
            raise InvalidTemplate(f"the result has more than {LARGEST_TEXT} characters")
        pieces.append(piece)
    return "".join(pieces)


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def __init__(self, names: Mapping[str, object], *, quoted: bool) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=promql if quoted else text_of,
            autoescape=False,
            optimized=False,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.tests.clear()
        self.filters = dict(names)

    def is_safe_callable(self, obj: object) -> bool:
        """Allow no call at all."""
        return False

    def getattr(self, obj: object, attribute: str) -> object:
        """Look a name up in a mapping; there are no attributes."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: Any) -> object:
        """Look a name up in a mapping; there are no items of anything else."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        return self.undefined(hint=f"there is no `{argument}`", obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Calculate with numbers of a sane size only."""
        for value in (left, right):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidTemplate(f"`{operator}` works on numbers only; write ~ to join texts")
            if abs(value) > _LARGEST_NUMBER:
                raise InvalidTemplate("a number is too large")
        return super().call_binop(context, operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: object) -> object:
        """Change the sign of numbers only."""
        if isinstance(arg, bool) or not isinstance(arg, int | float):
            raise InvalidTemplate(f"`{operator}` works on numbers only")
        return super().call_unop(context, operator, arg)
