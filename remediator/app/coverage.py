"""`coverage`: alert rules, the routes of their alerts and the playbooks, from files or asked of the systems that the
settings name. Nothing is changed anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from remediator.app.gateways import build_gateways
from remediator.config.catalog import Catalog
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.core.coverage import Covered, cover, idle
from remediator.core.errors import InputError, InvalidSettings
from remediator.core.facts import Known
from remediator.documents.regular_file import read_regular
from remediator.ports.alert_rules import AlertRule, NoRules, Routing
from remediator.ports.gateways import Reads
from remediator.ports.targets import UsualTarget, fitting

T = TypeVar("T")
_RULE_FILES = ("*.yaml", "*.yml")
_LARGEST = 8 * 1024 * 1024
_NO_RULES = (
    "there are no alert rules to look at: give --rules FILE, or `prometheus.url` in the settings"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What to look at. With rule files nobody is asked; `routes` is a file too, `receivers` name who posts to us.
    `labels` are what Prometheus adds to every alert."""

    settings: Path | None = None
    playbooks: tuple[Path, ...] = ()
    rules: tuple[Path, ...] = ()
    routes: Path | None = None
    receivers: tuple[str, ...] = ()
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCover:
    """One rule, what answers it, whether its alerts reach us (None: nobody was asked), and what a playbook for it
    could have as its target."""

    rule: AlertRule
    covered: Covered
    reaches: Known | None
    target: UsualTarget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All rules in their order, the playbooks that none of them can set off, and what could not be found out."""

    rules: tuple[RuleCover, ...]
    idle: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def find_coverage(sought: Sought, catalog: Catalog) -> Coverage:
    """Look everything up; raise InputError (what is wrong in a file), Transient and Permanent (who does not answer)."""
    settings = load_settings(sought.settings, catalog).checked()
    templates = Templates(catalog.filters(settings.sections))
    loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
    book = loader.load(sought.playbooks or settings.playbooks).checked()
    rules, routings = asyncio.run(_found(sought, settings, catalog))
    return _covered(rules, routings, book, catalog)


async def _found(
    sought: Sought, settings: Settings, catalog: Catalog
) -> tuple[list[AlertRule], list[Routing]]:
    if sought.rules:
        rules = read_rules(sought.rules, catalog)
        return _labelled(rules, sought.labels), _read_routes(sought, catalog)
    gateways = build_gateways(settings)
    try:
        rules = await fetch_rules(gateways.reads, catalog)
        routes = _read_routes(sought, catalog) if sought.routes else None
        asked = (each.routing for each in catalog.integrations if each.routing)
        fetched = (each.fetch(gateways.reads, sought.receivers) for each in asked)
        found = routes if routes is not None else await _answers(fetched)
    finally:
        await gateways.close()
    return _labelled(rules, sought.labels), found


async def fetch_rules(reads: Reads, catalog: Catalog) -> list[AlertRule]:
    """Ask every system that has rules; raise InvalidSettings where the settings name none."""
    fetched = [each.rules.fetch(reads) for each in catalog.integrations if each.rules]
    if all(each is None for each in fetched):
        raise InvalidSettings(_NO_RULES)
    return [rule for rules in await _answers(fetched) for rule in rules]


def read_rules(paths: Iterable[Path], catalog: Catalog) -> list[AlertRule]:
    """Read rule files, and those of folders, where files of other kinds are left out; raise InputError."""
    found: list[AlertRule] = []
    for path in paths:
        for file in _files(path):
            with suppress(*((NoRules,) if path.is_dir() else ())):
                found += _rules_in(file, catalog)
    return found


def _rules_in(file: Path, catalog: Catalog) -> list[AlertRule]:
    raw, sources = _raw(file), (each.rules for each in catalog.integrations)
    return [rule for each in sources if each for rule in each.read(str(file), raw)]


async def _answers(asked: Iterable[Awaitable[T] | None]) -> list[T]:
    return [await each for each in asked if each is not None]


def _read_routes(sought: Sought, catalog: Catalog) -> list[Routing]:
    if sought.routes is None:
        return []
    raw, sources = _raw(sought.routes), [each.routing for each in catalog.integrations]
    return [each.read(str(sought.routes), raw, sought.receivers) for each in sources if each]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for pattern in _RULE_FILES for file in path.rglob(pattern))
    if not found:
        raise InputError(f"{path}: the folder holds no rule files (*.yml, *.yaml)")
    return found


def _raw(path: Path) -> bytes:
    try:
        return read_regular(path, _LARGEST)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _labelled(rules: Iterable[AlertRule], labels: Mapping[str, str]) -> list[AlertRule]:
    """Add what Prometheus adds to every alert, where a rule has no label of the name."""
    return [replace(rule, labels=rule.labels.with_defaults(labels)) for rule in rules]


def _covered(
    rules: Sequence[AlertRule], routings: Sequence[Routing], book: PlaybookBook, catalog: Catalog
) -> Coverage:
    usual = [target for each in catalog.integrations for target in each.usual_targets]
    known = [each for each in routings if each.receivers]
    found = (
        RuleCover(
            rule=rule,
            covered=cover(rule.labels, book),
            reaches=_reach(rule, known),
            target=fitting(usual, rule.labels),
        )
        for rule in rules
    )
    return Coverage(
        rules=tuple(found),
        idle=idle(book, [rule.labels for rule in rules]),
        remarks=_remarks(rules, routings),
    )


def _reach(rule: AlertRule, routings: Iterable[Routing]) -> Known | None:
    """Return the best answer: one Alertmanager that sends it is enough."""
    found = {routing.reach(rule.labels) for routing in routings}
    ordered = (Known.HOLDS, Known.UNKNOWN, Known.FAILS)
    return next((known for known in ordered if known in found), None)


def _remarks(rules: Iterable[AlertRule], routings: Iterable[Routing]) -> tuple[str, ...]:
    found = [f"{rule.place}: {rule.name}: {rule.remark}" for rule in rules if rule.remark]
    if any(not each.receivers for each in routings):
        found.append("no receiver posts to remediator by its address: name it with --receiver")
    return tuple(found)
