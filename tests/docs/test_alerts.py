"""docs/alerts.md: which playbook answers a published alert, with the labels that it carries, or why none does."""

from __future__ import annotations

import re
import runpy
from collections.abc import Mapping
from typing import Any

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.order import Orders
from remediator.config.templates import Templates
from remediator.core.alert import Alert
from remediator.core.guards.require import RequireSettings
from remediator.core.playbook import Mode, Playbook
from remediator.core.selection import Decision, Selection
from remediator.integrations.hosts.settings.hosts import HostResolver
from remediator.integrations.prometheus.knowledge.published_rules import PUBLISHED
from remediator.testing.builders import an_alert
from tests.docs.pages import ROOT

PRINTER = runpy.run_path(str(ROOT / "docs/print_alerts.py"))
BOOKS: tuple[Playbook, ...] = PRINTER["playbooks"]()
BY_NAME = {book.name: book for book in BOOKS}
CARRIED: dict[str, list[dict[str, str]]] = PRINTER["labels"]()
NAMES = [name for names in PRINTER["published"]().values() for name in names]
PAGE = (ROOT / "docs/alerts.md").read_text()
ORDERS = Orders(find_catalog(), Templates({"host": HostResolver(allow=(r"web\d+",)).resolve}))


def matching(labels: Mapping[str, str]) -> list[Playbook]:
    return [b for b in BOOKS if any(all(m.matches(labels) for m in each) for each in b.match)]


def order_for(book: Playbook, alert: Alert) -> Any:
    chosen = Selection(
        playbook=book, decision=Decision.RUN, reason="", mode=Mode.AUTO, environment="prod"
    )
    return ORDERS.render_order(chosen, alert, "prod")


def test_the_page_is_up_to_date() -> None:
    assert PRINTER["page"]() == PAGE, "run `python docs/print_alerts.py > docs/alerts.md`"


def test_every_published_alert_is_answered_or_the_page_says_why_not() -> None:
    silent = [
        a for a in NAMES if not any(b.names(a) for b in BOOKS) and not PRINTER["reason_for"](a)
    ]

    assert len(NAMES) > 1000
    assert silent == []
    assert [name for name in NAMES if f"`{name}`" not in PAGE] == []


def test_no_pattern_of_a_reason_is_left_over() -> None:
    left = [name for names in PRINTER["unanswered"]().values() for name in names]
    used = {
        next(p.pattern for p in PRINTER["reason_for"](name).alerts if p.fullmatch(name))
        for name in left
    }
    assert {p.pattern for reason in PRINTER["reasons"]() for p in reason.alerts} == used


def test_what_an_answered_alert_carries_is_written_down() -> None:
    answered = {name for name in NAMES if any(book.names(name) for book in BOOKS)}

    assert answered <= CARRIED.keys()
    assert "does not send" not in PAGE


@pytest.mark.parametrize("name", sorted(CARRIED))
def test_a_published_alert_carries_all_that_its_playbook_needs(name: str) -> None:
    for labels in CARRIED[name]:
        for book in matching(labels):
            order = order_for(book, an_alert(labels=labels))
            assert set(book.requires) <= labels.keys()
            assert order.target.kind in book.target


@pytest.mark.parametrize(
    ("mountpoint", "playbook"),
    [
        ("/", "disk-space-low"),
        ("/home", "disk-space-low"),
        ("/boot", "disk-space-low"),
        ("/var/lib/containerd", "disk-space-low"),
        ("/var/lib/docker", "disk-space-low"),
        ("/var/log/audit", "disk-space-low"),
        ("/var/lib/mysql", "disk-full-grow-volume"),
        ("/data/a", "disk-full-grow-volume"),
        ("/database", "disk-space-low"),
    ],
)
def test_every_file_system_that_fills_up_is_answered_by_one_playbook(
    mountpoint: str, playbook: str
) -> None:
    for name in ("NodeFilesystemAlmostOutOfSpace", "HostOutOfDiskSpace", "DiskSpaceLow"):
        found = matching({"alertname": name, "instance": "web1:9100", "mountpoint": mountpoint})
        assert [book.name for book in found] == [playbook]


def test_what_is_cleaned_and_what_is_grown_is_one_choice_written_twice() -> None:
    texts = [
        re.search(r"mountpoint(!~|=~)(.+)", (ROOT / f"playbooks/{name}.yaml").read_text())
        for name in ("disk-space-low", "disk-full-grow-volume")
    ]
    cleaned, grown = (found.groups() for found in texts if found)
    assert (cleaned[0], grown[0], cleaned[1]) == ("!~", "=~", grown[1])


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_host_is_not_asked_for_less_space_than_the_published_rule_fires_at(name: str) -> None:
    require = BY_NAME[name].guards["require"]
    assert isinstance(require, RequireSettings)
    for check in require.checks:
        for alert, published in PUBLISHED.items():
            if BY_NAME[name].names(alert) and "below_percent" in check.parameters:
                assert check.parameters["below_percent"] >= published.number * 100  # type: ignore[operator]
