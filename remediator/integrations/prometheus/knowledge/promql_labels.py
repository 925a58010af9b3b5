"""Which labels the result of a PromQL expression carries. Pure; the rules are those of Prometheus' promql/engine.go.

A series that was scraped has `job` and `instance`: Prometheus sets both on every target. Recording rules (their names
have a colon) may have dropped them. An aggregation's `by` is taken as what its author knows to be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import promql_parser as promql

from remediator.core.known_labels import KnownLabels
from remediator.core.matcher import Matcher as Condition
from remediator.core.matcher import MatchOp, parse_matcher

NOTHING = KnownLabels()
ANYTHING = KnownLabels(is_open=True)
_OF_A_TARGET = frozenset({"instance", "job"})
_MADE_UP = ("ALERTS", "ALERTS_FOR_STATE")
_DEEPEST = 100
_KEEPS_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_WITHOUT_LABELS = frozenset({"vector", "scalar", "time", "pi"})
_OPERATORS = {  # the enumeration itself has no hash
    "MatchOp.Equal": MatchOp.EQUAL,
    "MatchOp.NotEqual": MatchOp.NOT_EQUAL,
    "MatchOp.Re": MatchOp.REGEX,
    "MatchOp.NotRe": MatchOp.NOT_REGEX,
}


def labels_of(expression: str) -> KnownLabels:
    """Return what is known of the labels of an expression's result; raise ValueError where it cannot be read."""
    if expression.count("(") > _DEEPEST or len(expression) > 100_000:
        raise ValueError("the expression is too large to be looked at")
    try:
        return _of(promql.parse(expression))
    except RecursionError as error:
        raise ValueError("the expression is nested too deep") from error


def _of(node: Any) -> KnownLabels:
    match node:
        case promql.VectorSelector():
            return _of_selector(node)
        case promql.MatrixSelector():
            return _of_selector(node.vector_selector)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _of(node.expr)
        case promql.AggregateExpr():
            return _of_aggregation(node)
        case promql.Call():
            return _of_call(node.func.name, node.args)
        case promql.BinaryExpr():
            return _of_operation(node)
    return NOTHING  # a number, a text


def _of_selector(selector: Any) -> KnownLabels:
    name = selector.name or ""
    found = KnownLabels(is_open=True)
    if ":" not in name and name not in _MADE_UP:
        found = found.with_present(_OF_A_TARGET)
    if selector.matchers.or_matchers:
        return found
    for each in selector.matchers.matchers:
        if each.name != "__name__":
            found = _narrowed(found, Condition(each.name, _OPERATORS[str(each.op)], each.value))
    return found


def _narrowed(found: KnownLabels, condition: Condition) -> KnownLabels:
    """Return what is known of the series that a matcher lets pass."""
    label = condition.label
    if condition.op is MatchOp.EQUAL:
        return found.with_values({label: condition.value})
    try:
        is_needed = not parse_matcher(str(condition)).matches({})
    except ValueError:  # a pattern that RE2 reads otherwise
        return found
    if is_needed and label not in found.values:
        return found.with_present([label])
    return found


def _of_aggregation(node: Any) -> KnownLabels:
    inner, kind, modifier = _of(node.expr), str(node.op), node.modifier
    if kind in _KEEPS_SERIES:
        return inner
    found = _grouped(inner, modifier)
    if kind == "count_values":
        label = getattr(node.param, "val", None)
        return found.with_present([label]) if isinstance(label, str) else ANYTHING
    return found


def _grouped(inner: KnownLabels, modifier: Any) -> KnownLabels:
    if modifier is None:
        return NOTHING
    if modifier.type == promql.AggModifierType.Without:
        return inner.without(modifier.labels)
    kept = inner.only(modifier.labels)
    return kept.with_present(name for name in modifier.labels if name not in kept.values)


def _of_call(name: str, arguments: Sequence[Any]) -> KnownLabels:
    if name in _WITHOUT_LABELS or not arguments:
        return NOTHING
    if name in ("absent", "absent_over_time"):
        return _of_absence(arguments[0])
    inner = next((_of(each) for each in arguments if not _is_plain(each)), NOTHING)
    if name in ("label_replace", "label_join"):
        return _relabelled(inner, arguments[1])
    if name == "histogram_quantile":
        return inner.without(["le"])
    return ANYTHING if name == "info" else inner


def _of_absence(argument: Any) -> KnownLabels:
    """Return the labels that were asked for with `=`: createLabelsForAbsentFunction of functions.go."""
    while isinstance(argument, promql.ParenExpr):
        argument = argument.expr
    if isinstance(argument, promql.MatrixSelector):
        argument = argument.vector_selector
    if not isinstance(argument, promql.VectorSelector):
        return NOTHING
    known = _of_selector(argument)
    return KnownLabels(values={name: value for name, value in known.values.items() if value})


def _relabelled(inner: KnownLabels, argument: Any) -> KnownLabels:
    """The label is there where the pattern fits; else it is as it was."""
    label = getattr(argument, "val", None)
    return inner.either(inner.with_present([label])) if isinstance(label, str) else ANYTHING


def _is_plain(node: Any) -> bool:
    return isinstance(node, promql.NumberLiteral | promql.StringLiteral)


def _is_scalar(node: Any) -> bool:
    while isinstance(node, promql.ParenExpr | promql.UnaryExpr):
        node = node.expr
    if isinstance(node, promql.BinaryExpr):
        return _is_scalar(node.lhs) and _is_scalar(node.rhs)
    is_call = isinstance(node, promql.Call)
    return _is_plain(node) or (is_call and node.func.name in ("time", "pi", "scalar"))


def _of_operation(node: Any) -> KnownLabels:
    if _is_scalar(node.lhs):
        return _of(node.rhs)
    left = _of(node.lhs)
    if _is_scalar(node.rhs) or str(node.op) == "unless":
        return left
    right = _of(node.rhs)
    if str(node.op) == "or":
        return left.either(right)
    return _paired(node, left, right)


def _paired(node: Any, left: KnownLabels, right: KnownLabels) -> KnownLabels:
    """Return the labels of a pair of series (engine.go, resultMetric): what they are matched on, both have."""
    modifier, is_set = node.modifier, str(node.op) == "and"
    matching = modifier.matching if modifier else None
    if modifier and modifier.card == promql.VectorMatchCardinality.OneToMany:
        left, right = right, left
    shared = _shared(matching, right)
    if not is_set and (modifier is None or not _is_many(modifier)):
        return _shared(matching, left).both(shared)
    return _with_group(left, right, shared, (modifier and modifier.group_labels) or ())


def _is_many(modifier: Any) -> bool:
    one_to_one = promql.VectorMatchCardinality.OneToOne
    return bool(modifier.card != one_to_one)


def _shared(matching: Any, side: KnownLabels) -> KnownLabels:
    if matching is None:
        return side
    if matching.type == promql.LabelModifierType.Include:
        return side.only(matching.labels)
    return side.without(matching.labels)


def _with_group(
    many: KnownLabels, one: KnownLabels, shared: KnownLabels, group: Sequence[str]
) -> KnownLabels:
    """The many side keeps all its labels, knows what it was matched on, and takes the named ones from the other."""
    found = many
    for name in shared.carried():
        if name in shared.values:
            found = found.with_values({name: shared.values[name]})
        elif name not in found.values:
            found = found.with_present([name])
    for name in group:
        taken = one.only([name])
        found = found.with_values(taken.values) if taken.values else found.with_present([name])
    return found
