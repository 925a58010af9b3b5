"""An order: a playbook rendered for one alert. It holds all that a run will ever need; the YAML is not read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.core.alert import Alert
from remediator.core.playbook import (
    ApprovalPolicy,
    FailurePolicy,
    Mode,
    ProbeOrder,
    StepOrder,
    VerifyOrder,
)
from remediator.core.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Everything that was decided when a run was admitted. `guards` maps a guard's name to its settings
    (floors applied)."""

    playbook: str
    playbook_digest: str
    owner: str = ""
    description: str = ""
    runbook_url: str = ""
    severity: str = ""
    environment: str = ""
    source: str
    alert: Alert
    mode: Mode
    target: Target
    guards: Mapping[str, Any] = field(default_factory=dict)
    diagnose: tuple[ProbeOrder, ...] = ()
    steps: tuple[StepOrder, ...]
    verify: VerifyOrder
    approval: ApprovalPolicy = ApprovalPolicy()
    failure: FailurePolicy = FailurePolicy()
    notify: tuple[Mapping[str, object], ...] = ()

    def step(self, step_id: str) -> StepOrder:
        """Return the step with this id."""
        return next(step for step in self.steps if step.id == step_id)
