"""What may stand in a template: one expression per `{{ }}` over five names and a short list of filters.

Checked when a file is loaded and again, from the cache, whenever a text is rendered. Jinja2 offers far more; the
sandbox in `templates` is the second wall, not the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes

from remediator.config.catalog import hint_for
from remediator.config.template_filters import FILTER_ARGUMENTS
from remediator.config.template_texts import Usage
from remediator.core.errors import InvalidTemplate
from remediator.core.pattern import compiled, read_replacement
from remediator.documents.problem import did_you_mean

LONGEST_TEMPLATE = 8 * 1024
FIELDS = {
    "labels": None,
    "annotations": None,
    "alert": ("name", "fingerprint", "status", "starts_at", "generator_url"),
    "target": ("kind", "name", "namespace"),
}
NAMES = (*FIELDS, "source")
_LONGEST_EXPRESSION = 500
_MOST_SURE_NODES = 80
"""As many cannot be nested deeper than Python's compiler goes, which takes 200 parentheses."""
_TOKENS = frozenset(
    (
        "data",
        "variable_begin",
        "variable_end",
        "whitespace",
        "name",
        "string",
        "integer",
        "float",
        "operator",
    )
)
_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.Filter,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Neg,
    nodes.Pos,
)


def check_template(environment: Environment, text: str, *, promql: bool) -> Usage:
    """Return what a template uses; raise InvalidTemplate for everything that it may not hold."""
    if len(text) > LONGEST_TEMPLATE:
        raise InvalidTemplate(f"longer than {LONGEST_TEMPLATE} characters")
    try:
        _check_tokens(environment, text, promql=promql)
        tree = environment.parse(text)
        parts = tuple(_walk(tree))
        _check_nodes(parts, environment.filters)
        if len(parts) > _MOST_SURE_NODES:
            environment.compile(text)
    except TemplateSyntaxError as error:
        where = f" (line {error.lineno})" if "\n" in text else ""
        raise InvalidTemplate(f"{error.message}{where}") from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise InvalidTemplate("nested too deep") from error
    return Usage(
        labels=frozenset(_needed_labels(tree)),
        used=frozenset(name for node in parts if (name := _label_of(node))),
        is_host=_is_host(tree),
    )


def _check_tokens(environment: Environment, text: str, *, promql: bool) -> None:
    quoting, length = _Quoting(), 0
    for _, kind, value in environment.lex(text):
        if kind not in _TOKENS:
            raise InvalidTemplate("only {{ … }} is allowed: no {% … %} and no {# … #}")
        length = 0 if kind == "variable_begin" else length + len(value)
        if kind == "data":
            length = 0
            quoting.read(value)
        elif kind == "variable_begin" and promql and quoting.quote != '"':
            hint = 'put it between double quotes, as in instance="{{ labels.instance }}"'
            raise InvalidTemplate(f"a template outside a double-quoted PromQL string: {hint}")
        if length > _LONGEST_EXPRESSION:
            raise InvalidTemplate(f"an expression of more than {_LONGEST_EXPRESSION} characters")


class _Quoting:
    """Follows PromQL's quotes and comments, so that a value can only land inside a double-quoted string."""

    def __init__(self) -> None:
        self.quote = ""
        self._escaped = False

    def read(self, text: str) -> None:
        for character in text:
            if self._escaped:
                self._escaped = False
            elif self.quote == "#":
                self.quote = "" if character == "\n" else "#"
            elif self.quote:
                self._escaped = character == "\\" and self.quote != "`"
                self.quote = "" if character == self.quote else self.quote
            elif character in "\"'`#":
                self.quote = character


def _check_nodes(parts: Iterable[nodes.Node], filters: Collection[str]) -> None:
    for parent in parts:
        if not isinstance(parent, _NODES):
            raise InvalidTemplate(f"{_word(parent)} not allowed in a template")
        match parent:
            case nodes.Filter():
                _check_filter(parent, filters)
            case nodes.Getattr() | nodes.Getitem():
                _check_field(parent)
            case nodes.Name():
                _check_name(parent)
        for child in parent.iter_child_nodes():
            if isinstance(child, nodes.Name) and child.name in FIELDS and not _is_lookup(parent):
                raise InvalidTemplate(f"`{child.name}` is many values: write {child.name}.NAME")


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _is_lookup(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Getattr | nodes.Getitem)


def _word(node: nodes.Node) -> str:
    words: dict[type[nodes.Node], str] = {
        nodes.Call: "calls are",
        nodes.Test: "tests are",
        nodes.Pow: "powers are",
    }
    return words.get(type(node), f"{type(node).__name__.lower()} is")


def _check_name(name: nodes.Name) -> None:
    if name.name not in NAMES:
        hint = did_you_mean(name.name, NAMES) or f"There are {', '.join(NAMES)}."
        raise InvalidTemplate(f"unknown name `{name.name[:80]}`. {hint}")


def _check_field(lookup: nodes.Getattr | nodes.Getitem) -> None:
    field = field_of(lookup)
    if field is None:
        raise InvalidTemplate("the name in [ ] must be written out between quotes")
    if not isinstance(lookup.node, nodes.Name):
        raise InvalidTemplate(f"`{field[:80]}`: labels and fields have no parts of their own")
    known = FIELDS.get(lookup.node.name)
    if lookup.node.name == "source" or (known is not None and field not in known):
        hint = did_you_mean(field, known or ())
        raise InvalidTemplate(f"`{lookup.node.name}` has no `{field[:80]}`. {hint}".rstrip())


def field_of(lookup: nodes.Getattr | nodes.Getitem) -> str | None:
    """Return the written-out name that is looked up, or None where it is computed."""
    if isinstance(lookup, nodes.Getattr):
        return lookup.attr
    argument = lookup.arg
    return (
        argument.value
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str)
        else None
    )


def _check_filter(node: nodes.Filter, known: Collection[str]) -> None:
    if node.name not in known:
        hint = hint_for(node.name, known, f"There are {', '.join(known)}.")
        raise InvalidTemplate(f"unknown filter `{node.name[:80]}`. {hint}")
    fewest, most = FILTER_ARGUMENTS.get(node.name, (0, 0))
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not fewest <= len(node.args) <= most:
        raise InvalidTemplate(
            f"the filter `{node.name}` takes {most or 'no'} argument{'' if most == 1 else 's'}"
        )
    if node.name == "regex_replace":
        _check_pattern(*node.args)


def _check_pattern(argument: nodes.Expr, new: nodes.Expr) -> None:
    if not isinstance(argument, nodes.Const) or not isinstance(argument.value, str):
        raise InvalidTemplate("regex_replace: the pattern must be written out between quotes")
    try:
        pattern = compiled(argument.value)
        if isinstance(new, nodes.Const):
            read_replacement(str(new.value), pattern)
    except ValueError as error:
        raise InvalidTemplate(f"regex_replace: {error}") from error


def _needed_labels(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Filter) and node.name == "default":
        return
    if name := _label_of(node):
        yield name
    for child in node.iter_child_nodes():
        yield from _needed_labels(child)


def _label_of(node: nodes.Node) -> str | None:
    """Return the label that a node looks up, or None where it looks up none."""
    if isinstance(node, nodes.Getattr | nodes.Getitem) and isinstance(node.node, nodes.Name):
        return field_of(node) if node.node.name == "labels" else None
    return None


def _is_host(tree: nodes.Template) -> bool:
    outputs = (node for node in tree.body if isinstance(node, nodes.Output))
    parts = [part for output in outputs for part in output.nodes]
    found = [part for part in parts if not isinstance(part, nodes.TemplateData)]
    return len(found) == 1 and isinstance(found[0], nodes.Filter) and found[0].name == "host"
