"""Playbooks and orders: modes, and finding a step."""

from __future__ import annotations

import pytest

from remediator.core.playbook import CheckOrder, Mode, lowest
from remediator.testing.builders import a_step, an_alert, an_order

OFF, DRY_RUN, APPROVE, AUTO = Mode


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ((AUTO,), AUTO),
        ((AUTO, APPROVE), APPROVE),
        ((APPROVE, DRY_RUN, AUTO), DRY_RUN),
        ((OFF, AUTO), OFF),
    ],
)
def test_the_most_careful_mode_counts(modes: tuple[Mode, ...], expected: Mode) -> None:
    assert lowest(*modes) is expected


def test_a_step_is_found_by_its_id() -> None:
    second = a_step(id="second")
    assert an_order(steps=(a_step(), second)).step("second") is second


def test_an_answer_is_filed_under_the_kind_and_the_text_of_its_check() -> None:
    assert CheckOrder(kind="tcp", parameters={"port": 22}, text="web1:22").key == "tcp: web1:22"


@pytest.mark.parametrize(("labels", "name"), [({"alertname": "Disk"}, "Disk"), ({}, "-")])
def test_an_alert_without_a_name_has_a_dash(labels: dict[str, str], name: str) -> None:
    assert an_alert(labels=labels).name == name
