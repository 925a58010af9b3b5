"""Alert rules as Prometheus keeps them, in files and in its API. Pure. Used by `coverage` and `new`.

Files are those of `rule_files`, and PrometheusRule objects of Prometheus' operator; what promtool refuses besides is
left to promtool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from remediator.core.errors import InputError
from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.documents.foreign_yaml import Node, read_foreign_yaml
from remediator.ports.alert_rules import AlertRule, NoRules

MOST_RULES = 20_000
_IN_TEMPLATE = re.compile(r"\$labels\.([a-zA-Z_][a-zA-Z0-9_]*)")


def read_rules(file: str, raw: bytes) -> tuple[AlertRule, ...]:
    """Return the alert rules of a file; raise NoRules for one that holds no rules at all,
    InputError for one that cannot be read."""
    documents = read_foreign_yaml(file, raw)
    groups = [group for each in documents for group in _groups(each)]
    if not any(each["groups"] or each["spec"]["groups"] for each in documents):
        text = "no alert rules: a rule file has `groups`, a PrometheusRule has them under `spec`"
        raise NoRules(f"{file}: {text}")
    found = (_of_file(rule, group["labels"].texts()) for group, rule in _alerting(groups))
    return tuple(_capped(file, found))


def read_answer(server: str, data: Any) -> tuple[AlertRule, ...]:
    """Return the alert rules of an answer of /api/v1/rules; raise LookupError or TypeError for what is none."""
    found = (
        _of_answer(f"{server} {group['name']}", rule)
        for group in data["groups"]
        for rule in group["rules"]
        if rule["type"] == "alerting"
    )
    return tuple(_capped(server, found))


def read_external_labels(configuration: str) -> dict[str, str]:
    """Return what Prometheus adds to every alert (`global.external_labels`)."""
    found = read_foreign_yaml("prometheus.yml", configuration.encode())
    return found[0]["global"]["external_labels"].texts() if found else {}


def with_external(rule: AlertRule, external: Mapping[str, str]) -> AlertRule:
    """Return a rule whose alerts also get these labels, where they have none of the name."""
    return replace(rule, labels=rule.labels.with_defaults(external))


def _groups(document: Node) -> Iterator[Node]:
    yield from document["groups"].items()
    yield from document["spec"]["groups"].items()


def _alerting(groups: list[Node]) -> Iterator[tuple[Node, Node]]:
    for group in groups:
        yield from ((group, rule) for rule in group["rules"].items() if rule["alert"])


def _capped(where: str, rules: Iterator[AlertRule]) -> Iterator[AlertRule]:
    for number, rule in enumerate(rules):
        if number >= MOST_RULES:
            raise InputError(f"{where}: more than {MOST_RULES} alert rules")
        yield rule


def _of_file(rule: Node, of_group: Mapping[str, str]) -> AlertRule:
    """Read a rule; since 3.0 a group may have labels, which its rules may overwrite."""
    return _rule(
        rule["alert"].text,
        rule["expr"].text,
        {**of_group, **rule["labels"].texts()},
        rule["annotations"].texts(),
        place=rule["alert"].place,
        file=rule.file,
        line=rule["alert"].line,
    )


def _of_answer(place: str, rule: Any) -> AlertRule:
    return _rule(
        str(rule["name"]),
        str(rule["query"]),
        _texts(rule.get("labels")),
        _texts(rule.get("annotations")),
        place=place,
    )


def _texts(found: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in (found or {}).items()}


def _rule(
    name: str,
    expression: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    **place: Any,
) -> AlertRule:
    found, remark = _of_expression(expression)
    told = _told(found, annotations)
    return AlertRule(
        name=name,
        expression=expression,
        labels=_set_by_rule(told, labels).with_values({"alertname": name}),
        annotations=annotations,
        remark=remark,
        **place,
    )


def _told(found: KnownLabels, annotations: Mapping[str, str]) -> KnownLabels:
    """What the annotations tell people of an alert, its author knows to be there, as behind `by`."""
    named = {name for text in annotations.values() for name in _IN_TEMPLATE.findall(text)}
    return found.with_present(name for name in named if found.has(name) is Known.UNKNOWN)


def _of_expression(expression: str) -> tuple[KnownLabels, str]:
    from remediator.integrations.prometheus.knowledge.promql_labels import ANYTHING, labels_of

    try:
        return labels_of(expression), ""
    except ValueError as error:
        return ANYTHING, f"the expression cannot be read, your Prometheus may know it: {error}"


def _set_by_rule(found: KnownLabels, labels: Mapping[str, str]) -> KnownLabels:
    """A label with a template has a value that nobody knows; an empty one is dropped."""
    fixed = {name: text for name, text in labels.items() if "{{" not in text}
    return found.with_values(fixed).with_present(labels.keys() - fixed.keys())
