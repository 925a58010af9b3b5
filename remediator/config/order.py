"""Renders a playbook for one alert into an `Order`: all that a run will ever need. Used by intake, through `app`.

Label values are data: they are filled in once, never looked at again for templates, and cannot add a part to a
target. Values that came from labels are checked against the parameters' types here, before anything is admitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from remediator.config.catalog import Catalog
from remediator.config.check_orders import check_text
from remediator.config.guards import map_checks
from remediator.config.playbook_report import holds_template
from remediator.config.template_syntax import without_templates
from remediator.core.alert import Alert
from remediator.core.errors import InputError, InvalidTarget
from remediator.core.languages import Renderer
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder, Playbook, ProbeOrder, StepOrder
from remediator.core.selection import Selection
from remediator.core.target import Target, parse_target
from remediator.ports.parameters import Parameters
from remediator.ports.sections import Sections


class Orders:
    """Writes orders with one configuration's catalog, templates, severities and kinds of target."""

    def __init__(
        self,
        catalog: Catalog,
        renderer: Renderer,
        severities: Mapping[str, str] | None = None,
        sections: Sections | None = None,
    ) -> None:
        self._catalog = catalog
        self._renderer = renderer
        self._severities = severities or {}
        self._kinds = catalog.target_kinds(sections or Sections())

    def render_order(self, selection: Selection, alert: Alert, source: str) -> Order:
        """Return the order; raise InvalidTemplate, InvalidTarget or InputError where the alert does not fit."""
        playbook = selection.playbook
        variables = alert_variables(alert, source)
        target = self._target(playbook.target, variables)
        filler = _Filler(self._catalog, self._renderer, variables | target_variables(target))
        return Order(
            playbook=playbook.name,
            playbook_digest=playbook.digest,
            owner=playbook.owner,
            description=playbook.description,
            runbook_url=playbook.runbook_url,
            severity=self.severity(playbook, alert),
            environment=selection.environment,
            source=source,
            alert=alert,
            mode=selection.mode,
            target=target,
            guards={name: map_checks(each, filler.check) for name, each in playbook.guards.items()},
            diagnose=tuple(filler.probe(probe) for probe in playbook.diagnose),
            steps=tuple(filler.step(step) for step in playbook.steps),
            verify=map_checks(playbook.verify, filler.check),
            approval=playbook.approval,
            failure=playbook.failure,
            notify=playbook.notify,
        )

    def _target(self, text: str, variables: Mapping[str, object]) -> Target:
        rendered = self._renderer.render(text, variables)
        written = without_templates(text)
        if rendered.count("/") != written.count("/"):
            raise InvalidTarget(f"{rendered[:200]!r}: a value with a / cannot be part of a target")
        if "/-" in rendered:
            raise InvalidTarget(f"{rendered[:200]!r}: a part of a target cannot begin with a dash")
        target = parse_target(rendered)
        known = (each for each in self._kinds if target.kind in each.kinds)
        return next((each.checked(target, written) for each in known), target)

    def severity(self, playbook: Playbook, alert: Alert) -> str:
        """Return how severe an alert is to a playbook, "" where nobody says."""
        return playbook.severity or self._severities.get(alert.labels.get("severity", ""), "")


def alert_variables(alert: Alert, source: str) -> dict[str, object]:
    """Return what templates and conditions see of an alert."""
    return {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "alert": {
            "name": alert.name,
            "fingerprint": alert.fingerprint,
            "status": alert.status.value,
            "starts_at": alert.starts_at.isoformat(),
            "generator_url": alert.generator_url,
        },
        "source": source,
    }


def target_variables(target: Target) -> dict[str, object]:
    """Return what templates and conditions see of a target."""
    fields = {"kind": target.kind, "name": target.name, "namespace": target.namespace or ""}
    return {"target": fields}


class _Filler:
    """Fills one alert's values into the parts of a playbook."""

    def __init__(
        self, catalog: Catalog, renderer: Renderer, variables: Mapping[str, object]
    ) -> None:
        self._catalog = catalog
        self._renderer = renderer
        self._variables = variables

    def check(self, order: CheckOrder) -> CheckOrder:
        """Return the check with its texts filled in."""
        if not holds_template(order.parameters):
            return order
        check = self._catalog.checks[order.kind]
        filled = {
            key: self._fill(value, promql=key in check.promql)
            for key, value in order.parameters.items()
        }
        _validated(f"check {order.kind}", check.parameters, filled)
        return CheckOrder(kind=order.kind, parameters=filled, text=check_text(check, filled))

    def probe(self, order: ProbeOrder) -> ProbeOrder:
        """Return the probe with its texts filled in."""
        if not holds_template(order.parameters):
            return order
        filled = self._fill(order.parameters)
        _validated(f"probe {order.kind}", self._catalog.probes[order.kind].parameters, filled)
        return replace(order, parameters=filled)

    def step(self, order: StepOrder) -> StepOrder:
        """Return the step with its texts filled in, and its effect with these parameters."""
        unless = tuple(self.check(check) for check in order.unless)
        if not holds_template(order.parameters):
            return replace(order, unless=unless) if unless else order
        action = self._catalog.actions[order.action]
        filled = self._fill(order.parameters)
        parameters = _validated(f"step {order.id}", action.parameters, filled)
        effect = action.effect_of(parameters) if action.effect_of else action.effect
        return replace(order, parameters=filled, effect=effect, unless=unless)

    def _fill(self, value: object, *, promql: bool = False) -> Any:
        if isinstance(value, str):
            return self._renderer.render(value, self._variables, promql=promql)
        if isinstance(value, Mapping):
            return {key: self._fill(inner, promql=promql) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._fill(inner, promql=promql) for inner in value]
        return value


def _validated(what: str, model: type[Parameters], filled: Mapping[str, object]) -> Parameters:
    try:
        return model.model_validate(filled)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{what}: {place}: {first['msg']}") from error
