"""What `remediator new` begins from: a rule in a file or in Prometheus, an alert in a file or that fires now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from remediator.app.coverage import read_rules
from remediator.app.gateways import build_gateways
from remediator.app.offline import firing
from remediator.config.catalog import Catalog
from remediator.config.settings import Settings
from remediator.core.alert import Alert
from remediator.core.errors import ActionError, InputError
from remediator.core.known_labels import KnownLabels
from remediator.documents.problem import did_you_mean
from remediator.ports.alert_rules import AlertRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """An alert as it is known: its name, where that is from, and what it carries and says."""

    alert: str
    origin: str
    labels: KnownLabels
    sample: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""


def of_labels(labels: Mapping[str, str], annotations: Mapping[str, str], origin: str) -> Beginning:
    """Return what one alert says: other alerts of the name may carry other labels."""
    values = {"alertname": labels.get("alertname", "")}
    present = frozenset(labels) - {"alertname"}
    known = KnownLabels(values=values, present=present, is_open=True)
    return Beginning(
        alert=values["alertname"],
        origin=origin,
        labels=known,
        sample=labels,
        annotations=annotations,
    )


def of_rule(rule: AlertRule) -> Beginning:
    """Return what a rule says."""
    return Beginning(
        alert=rule.name,
        origin=f"the rule {rule.name} ({rule.place})",
        labels=rule.labels,
        annotations=rule.annotations,
        expression=rule.expression,
    )


def find_in_files(name: str, paths: Iterable[Path], catalog: Catalog) -> Beginning:
    """Return the rule of this name; raise InputError."""
    return _named(name, read_rules(paths, catalog), "in these files")


def find_live(name: str, settings: Settings, catalog: Catalog) -> Beginning:
    """Return the alert that fires now under this name or fingerprint, or the rule of this name, of the systems that the
    settings name; raise InputError, Transient, Permanent."""
    return asyncio.run(_find_live(name, settings, catalog))


async def _find_live(name: str, settings: Settings, catalog: Catalog) -> Beginning:
    gateways = build_gateways(settings)
    problems: list[ActionError] = []
    try:
        rules: list[AlertRule] = []
        for each in catalog.integrations:
            asked = each.rules.fetch(gateways.reads) if each.rules else None
            if asked is not None:
                try:
                    rules += await asked
                except ActionError as problem:
                    problems.append(problem)
        if any(rule.name == name for rule in rules):
            return _named(name, rules, "")
        fires = await firing(gateways.reads, catalog)
    finally:
        await gateways.close()
    found = next((each for each in fires if _is_named(each, name)), None)
    if found is not None:
        origin = f"the alert {found.name} ({found.fingerprint}), which fires now"
        return of_labels(found.labels, found.annotations, origin)
    if problems:
        raise problems[0]
    return _named(name, rules, "in Prometheus, and no alert that fires")


def _is_named(alert: Alert, name: str) -> bool:
    return name in (alert.name, alert.fingerprint)


def _named(name: str, rules: Iterable[AlertRule], where: str) -> Beginning:
    known = {rule.name: rule for rule in rules}
    if name not in known:
        hint = did_you_mean(name, known)
        raise InputError(f"there is no alert rule {name} {where}. {hint}".strip())
    return of_rule(known[name])
