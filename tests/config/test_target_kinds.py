"""Anybody's integration says how its targets are written, in playbooks and when an alert has filled them in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from remediator.config.order import Orders
from remediator.config.playbook_report import PlaybookRules
from remediator.config.playbooks import PlaybookLoader
from remediator.config.templates import Templates
from remediator.core.alert import Alert, AlertStatus
from remediator.core.errors import InvalidTarget
from remediator.core.order import Order
from remediator.core.playbook import Mode, Playbook
from remediator.core.selection import Decision, Selection
from remediator.core.target import Target
from remediator.documents.yaml_source import read_yaml
from remediator.ports.integration import Integration
from remediator.ports.sections import Sections
from remediator.ports.targets import TargetRemark
from tests.config.catalogs import small_catalog


@dataclass(frozen=True)
class Lamps:
    """Lamps have a room and a name, and those of the cellar are nobody's business."""

    kinds: frozenset[str] = frozenset({"lamp"})

    def checked(self, target: Target, written: str) -> Target:
        if target.namespace == "cellar":
            raise InvalidTarget(f"{target}: not in the cellar")
        return Target("lamp", target.name.lower())

    def remark(self, target: str, written: str) -> TargetRemark | None:
        if written.count("/") == 2:
            return None
        return TargetRemark(code="lamp", message=f"{target}: expected lamp/ROOM/NAME")


SMALL = small_catalog()
CATALOG = replace(
    SMALL,
    actions={"lamp.on": replace(SMALL.actions["ssh.run"], name="lamp.on", targets=("lamp",))},
    integrations=(Integration(name="lamps", target_kinds=lambda _: Lamps()),),
)
TEXT = """\
name: lights
runbook_url: https://example.com/lights
match: [alertname=Dark]
requires: [lamp]
target: TARGET
steps: [{lamp.on: {command: now}}]
verify: {all: [{alert: resolved}]}
"""


def problems(target: str, rules: PlaybookRules) -> list[str]:
    source = read_yaml("p.yaml", TEXT.replace("TARGET", target).encode())
    return [str(each) for each in PlaybookLoader(CATALOG, rules).read([source]).problems]


def ordered(lamp: str) -> Order:
    source = read_yaml("p.yaml", TEXT.replace("TARGET", "lamp/{{ labels.lamp }}/one").encode())
    (playbook,) = PlaybookLoader(CATALOG).read([source]).checked()
    labels = {"alertname": "Dark", "lamp": lamp}
    now = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    alert = Alert(
        fingerprint="f",
        status=AlertStatus.FIRING,
        labels=labels,
        annotations={},
        starts_at=now,
    )
    return Orders(CATALOG, Templates()).render_order(selected(playbook), alert, "prod")


def selected(playbook: Playbook) -> Selection:
    return Selection(
        playbook=playbook, decision=Decision.RUN, reason="", mode=Mode.AUTO, environment="all"
    )


def test_a_playbook_hears_what_is_wrong_with_its_target_where_the_settings_are_known() -> None:
    there = PlaybookRules(sections=Sections())

    assert problems("lamp/one", there) == [
        "p.yaml:5:9: error[lamp]: lamp/one: expected lamp/ROOM/NAME"
    ]
    assert problems("lamp/hall/one", there) == []
    assert problems("lamp/one", PlaybookRules()) == []


def test_an_order_has_the_one_spelling_of_its_target_or_is_refused() -> None:
    assert str(ordered("Hall").target) == "lamp/hall/one"
    with pytest.raises(InvalidTarget, match="not in the cellar"):
        ordered("cellar")
