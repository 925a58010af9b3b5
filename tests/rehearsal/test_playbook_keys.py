"""Every key of the playbook language shows in `remediator test`: a test passes with it, and fails without it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.config.guards import _may_be_set
from remediator.config.playbook_shape import (
    ApprovalShape,
    EscalationShape,
    PlaybookShape,
    ReminderShape,
    VerifyShape,
    VotersShape,
)
from remediator.config.steps import STEP_KEYS, RetriesShape
from remediator.core.guards import GUARDS
from tests.rehearsal.stages import differences

BASE: dict[str, Any] = {
    "name": "base",
    "match": ['alertname="A"'],
    "target": "host/web1",
    "mode": "auto",
    "steps": [{"service.restart": {"unit": "a.service"}}],
    "verify": {"after": "30s", "within": "10m", "all": [{"alert": "resolved"}]},
    "on_failure": [{"escalate": [{"to": "oncall"}]}],
}
KEYS = yaml.safe_load((Path(__file__).parent / "playbook_keys.yaml").read_text())


def patched(changed: dict[str, Any]) -> str:
    whole = {**BASE, **changed}
    if "verify" in changed:
        whole["verify"] = {**BASE["verify"], **changed["verify"]}
    return "\n".join(f"{key}: {json.dumps(value)}" for key, value in whole.items())


@pytest.mark.slow
@pytest.mark.parametrize("entry", KEYS, ids=[entry["key"] for entry in KEYS])
def test_a_test_passes_with_a_key_and_fails_without_it(entry: dict[str, Any]) -> None:
    test = ", ".join(f"{key}: {json.dumps(value)}" for key, value in entry["test"].items())

    assert differences(patched(entry["with"]), test) == []
    assert differences(patched({}), test) != []


def test_every_key_of_the_language_is_among_them() -> None:
    known = set(PlaybookShape.model_fields)
    for name, shape in (
        ("verify", VerifyShape),
        ("approval", ApprovalShape),
        ("by", VotersShape),
        ("escalate", ReminderShape),
        ("on_failure", EscalationShape),
        ("retries", RetriesShape),
    ):
        known |= {f"{name}.{each.alias or key}" for key, each in shape.model_fields.items()}
    known |= {f"step.{key}" for key in STEP_KEYS} - {"step.allow_blind"}  # none that ship is blind
    known |= {f"guard.{each.name}" for each in GUARDS if _may_be_set(each, in_settings=False)}

    assert {entry["key"] for entry in KEYS} == known | {"on_failure.rollback"}
