"""The field types that parameters of actions, checks and probes are made of; strict, and readable from YAML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from remediator.core import duration


class Parameters(BaseModel):
    """Parameters of one action, check or probe: frozen, no unknown keys. The class's docstring is its help text."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_yes_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        """Say no to what pydantic would take for 1."""
        if isinstance(value, bool) and _is_number(cls.model_fields[info.field_name or ""]):
            raise PydanticCustomError("int_type", "Input should be a number")
        return value

    @classmethod
    def of(cls, parameters: Parameters) -> Self:
        """Return these parameters, which were read as this class says, as what they are."""
        if not isinstance(parameters, cls):
            raise TypeError(f"{type(parameters).__name__} are no {cls.__name__}")
        return parameters


def _is_number(field: FieldInfo) -> bool:
    kinds = tuple(_kinds(field.annotation))
    return bool not in kinds and (int in kinds or float in kinds)


def _kinds(annotation: object) -> Iterator[object]:
    yield annotation
    for each in get_args(annotation):
        yield from _kinds(each)


class CommandName:
    """Marks a parameter that is the name of one of the settings' `commands`: `Annotated[str, CommandName()]`."""


class NoParameters(Parameters):
    """No parameters."""


def _read_duration(value: object) -> object:
    if isinstance(value, str):
        return duration.parse_duration(value)
    is_number = isinstance(value, int | float) and (isinstance(value, bool) or value != 0)
    if is_number:  # of what?
        raise ValueError(f"{value} is not a duration: write it like 30s, 15m or 1h30m")
    return value


def _read_size(value: object) -> object:
    return duration.parse_size(value) if isinstance(value, str) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "pattern": duration.PATTERN,
            "minLength": 1,
            "minimum": 0,
            "maximum": 0,
        }
    ),
]
Size = Annotated[
    int,
    BeforeValidator(_read_size),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "pattern": duration.SIZE_PATTERN,
            "minLength": 1,
            "description": "bytes, or like 500M, 5GiB",
        }
    ),
]
