"""Steps as people write them: one action with its parameters, and the per-step keys beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictStr, ValidationError

from remediator.config.catalog import hint_for
from remediator.config.check_orders import fits, read_check, read_checks
from remediator.config.playbook_report import Reading, holds_template
from remediator.core.change import ActionEffect, Safety
from remediator.core.duration import format_duration
from remediator.core.playbook import AfterFailure, CheckOrder, StepOrder
from remediator.documents.model_reader import Flag, Part, Shape, Text, read_shape
from remediator.documents.problem import did_you_mean
from remediator.documents.report import as_mapping
from remediator.documents.schema_part import said, schema_part
from remediator.documents.yaml_source import KeyPath
from remediator.ports.action import Action
from remediator.ports.parameters import Duration

_POSITIVE = Annotated[Duration, Field(gt=timedelta(0), le=timedelta(days=1))]
_PAUSE = Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=1))]


class RetriesShape(Shape):
    """How often to try again where nothing was changed."""

    max: Annotated[int, Field(strict=True, ge=0, le=10), said("How many more tries.")] = 2
    backoff: Annotated[_PAUSE, said("How long to wait before each.")] = timedelta(seconds=10)


class StepShape(Shape):
    """The keys that may stand beside an action."""

    id: Annotated[
        Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")] | None,
        said("The step's name in plans and messages; without it, the action's."),
    ] = None
    when: Annotated[
        Text | None, said("A condition (CEL); the step is left out where it does not hold.")
    ] = None
    unless: Annotated[
        object,
        schema_part("unless"),
        said("`verified`, or checks: the step is left out where they hold already."),
    ] = None
    timeout: Annotated[_POSITIVE, said("How long one try may take.")] = timedelta(minutes=5)
    retries: RetriesShape = Field(default_factory=RetriesShape)
    approval: Annotated[
        Literal["required"] | None, said("`required`: this step asks, whatever the mode.")
    ] = None
    on_failure: Annotated[AfterFailure, said("What follows when the step fails.")] = (
        AfterFailure.STOP
    )
    irreversible: Annotated[
        Literal["allow"] | None, said("`allow`: do not ask although it cannot be taken back.")
    ] = None
    allow_blind: Annotated[
        Flag, said("Needed where nobody could see afterwards whether it happened.")
    ] = False
    required: Annotated[
        Flag, said("Without what the step works with the run fails; else the step is left out.")
    ] = False


STEP_KEYS = tuple(StepShape.model_fields)


def read_steps(
    reading: Reading, path: KeyPath, raw: list[object], kind: str
) -> tuple[StepOrder, ...]:
    """Return the steps without the wrong ones; ids are unique."""
    found = [_step(reading, (*path, index), item, kind) for index, item in enumerate(raw)]
    return tuple(_with_ids(reading, path, found))


def effect_of(action: Action, parameters: Mapping[str, object]) -> ActionEffect:
    """Return what an action can do with these parameters; where that is not known yet, what it can do at all."""
    if action.effect_of is None or holds_template(parameters):
        return action.effect
    try:
        return action.effect_of(action.parameters.model_validate(parameters))
    except ValidationError:
        return action.effect


def _step(reading: Reading, path: KeyPath, raw: object, kind: str) -> StepOrder | None:
    mapping = (
        {raw: None} if isinstance(raw, str) else as_mapping(reading.report, path, raw, "a step")
    )
    name = _action_name(reading, path, mapping) if mapping is not None else None
    if name is None or mapping is None:
        return None
    action = reading.catalog.actions[name]
    if not fits(kind, action.targets):
        message = f"`{name}` works on {' or '.join(action.targets)}, not on {kind}"
        reading.report.error((*path, name), "target-kind", message, at_key=True)
    parameters = reading.parameters((*path, name), mapping[name], action.parameters, Part(name), ())
    beside = {key: value for key, value in mapping.items() if key in STEP_KEYS}
    shape = read_shape(reading.report, path, beside, StepShape, Part(f"the step `{name}`"))
    if shape is None or parameters is None:
        return None
    _check_blind(reading, (*path, name), action, shape)
    _check_literal(reading, (*path, name), action, parameters)
    for key in action.required_on.get(kind, ()):
        if key not in parameters:
            message = f"on a {kind}, `{name}` needs `{key}`"
            reading.report.error((*path, name), "missing-key", message, at_key=True)
    if shape.timeout < action.least_timeout:
        message = f"`{name}` may take {format_duration(action.least_timeout)} to be answered: give it no less"
        reading.report.error((*path, "timeout"), "short-timeout", message)
    return _order(reading, path, action, parameters, shape)


def _check_literal(
    reading: Reading, path: KeyPath, action: Action, parameters: Mapping[str, object]
) -> None:
    for key in action.literal:
        if holds_template(parameters.get(key)):
            message = f"`{key}` is written as it is: nothing from an alert may stand in it"
            reading.report.error((*path, key), "literal", message, at_key=True)


def _order(
    reading: Reading,
    path: KeyPath,
    action: Action,
    parameters: Mapping[str, object],
    shape: StepShape,
) -> StepOrder:
    is_verified, checks = _unless(reading, (*path, "unless"), shape.unless)
    return StepOrder(
        id=shape.id or "",
        action=action.name,
        parameters=parameters,
        effect=effect_of(action, parameters),
        safety=action.safety,
        when=reading.condition((*path, "when"), shape.when),
        unless_verified=is_verified,
        unless=checks,
        timeout=shape.timeout,
        max_retries=shape.retries.max,
        backoff=shape.retries.backoff,
        approval_required=shape.approval is not None,
        after_failure=shape.on_failure,
        irreversible_allowed=shape.irreversible is not None,
        blind_allowed=shape.allow_blind,
        required=shape.required,
    )


def _action_name(reading: Reading, path: KeyPath, step: Mapping[str, object]) -> str | None:
    actions = reading.catalog.actions
    others = [key for key in step if key not in STEP_KEYS]
    named = [key for key in others if key in actions or "." in key or len(others) == 1]
    for key in others:
        if key not in named:
            message, hint = f"`{key[:80]}` is not a key of a step", did_you_mean(key, STEP_KEYS)
            reading.report.error((*path, key), "unknown-key", message, hint, at_key=True)
    if len(named) != 1:
        message = f"a step has one action, this has {len(named) or 'none'}"
        reading.report.error(path, "action", message)
        return None
    if named[0] in actions:
        return named[0]
    hint = hint_for(named[0], actions, "See `remediator actions list`.")
    message = f"`{named[0][:80]}` is not an action"
    reading.report.error((*path, named[0]), "unknown-action", message, hint, at_key=True)
    return None


def _unless(reading: Reading, path: KeyPath, raw: object) -> tuple[bool, tuple[CheckOrder, ...]]:
    if raw is None or raw == "verified":
        return raw is not None, ()
    if isinstance(raw, list):
        return False, read_checks(reading, path, raw, "`unless`")
    check = read_check(reading, path, raw)
    return False, (check,) if check is not None else ()


def _check_blind(reading: Reading, path: KeyPath, action: Action, shape: StepShape) -> None:
    if action.safety is Safety.BLIND and not (shape.allow_blind and shape.approval):
        message = f"nobody can see afterwards whether `{action.name}` happened"
        hint = "Write `allow_blind: true` and `approval: required` beside it."
        reading.report.error(path, "blind", message, hint, at_key=True)


def _with_ids(
    reading: Reading, path: KeyPath, steps: list[StepOrder | None]
) -> Iterable[StepOrder]:
    written = [step.id for step in steps if step is not None and step.id]
    taken = set(written)
    for index, step in enumerate(steps):
        if step is None:
            continue
        if step.id and written.count(step.id) > 1:
            message = f"two steps have the id `{step.id}`"
            reading.report.error((*path, index, "id"), "duplicate-id", message)
        fresh = step.id or _free_id(step.action, taken)
        taken.add(fresh)
        yield replace(step, id=fresh)


def _free_id(action: str, taken: set[str]) -> str:
    number = 1
    while (candidate := action if number == 1 else f"{action}-{number}") in taken:
        number += 1
    return candidate
