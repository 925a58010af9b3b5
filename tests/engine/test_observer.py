"""What conditions may speak about: the names are a promise to whoever writes playbooks (docs/playbooks.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from remediator.core.change import ActionEffect
from remediator.core.errors import Permanent
from remediator.core.target import Target
from remediator.engine.observer import read_parameters, variables
from remediator.testing import builders as make
from remediator.testing.world import World, world_actions

ACTION = world_actions(World())["world.set"]


def test_a_condition_speaks_of_the_alert_the_target_the_plan_and_the_time() -> None:
    undo = make.a_change(step="grow", effect=ActionEffect.REVERSIBLE, target=Target("host", "web2"))
    order = make.an_order(severity="critical")
    run = make.a_run(order=order, plan=make.a_plan(make.a_change(), undo))

    assert variables(run, make.MOMENT) == {
        "labels": {"alertname": "DiskSpaceLow", "instance": "web1:9100", "severity": "warning"},
        "annotations": {"summary": "/var is 94 % full"},
        "alert": {
            "name": "DiskSpaceLow",
            "fingerprint": "5ef2a9c1d0b34e77",
            "status": "firing",
        },
        "target": {"kind": "host", "name": "web1"},
        "plan": {
            "irreversible": True,
            "changes": [
                {
                    "step": "vacuum",
                    "action": "journal.vacuum",
                    "target": "host/web1",
                    "irreversible": True,
                },
                {
                    "step": "grow",
                    "action": "journal.vacuum",
                    "target": "host/web2",
                    "irreversible": False,
                },
            ],
        },
        "facts": {"environment": "prod", "severity": "critical"},
        "now": make.MOMENT,
    }


def test_before_there_is_a_plan_it_has_no_changes() -> None:
    known = variables(replace(make.a_run(), plan=None), make.MOMENT)

    assert known["plan"] == {"changes": [], "irreversible": False}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"to": "x"}, "world.set: to: Input should be a valid integer"),
        ({"two": 2}, "world.set: two: Extra inputs are not permitted"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_with_its_action(
    raw: dict[str, Any], words: str
) -> None:
    with pytest.raises(Permanent) as refused:
        read_parameters(ACTION, raw)

    assert refused.value.detail.startswith(words)
