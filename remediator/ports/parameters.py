"""The field types that parameters of actions, checks and probes are made of; strict, and readable from YAML."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from remediator.core import duration


class Parameters(BaseModel):
    """Parameters of one action, check or probe: frozen, no unknown keys. The class's docstring is its help text."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def of(cls, parameters: Parameters) -> Self:
        """Return these parameters, which were read as this class says, as what they are."""
        if not isinstance(parameters, cls):
            raise TypeError(f"{type(parameters).__name__} are no {cls.__name__}")
        return parameters


class CommandName:
    """Marks a parameter that is the name of one of the settings' `commands`: `Annotated[str, CommandName()]`."""


class NoParameters(Parameters):
    """No parameters."""


def _read_duration(value: object) -> object:
    return duration.parse_duration(value) if isinstance(value, str) else value


def _read_size(value: object) -> object:
    return duration.parse_size(value) if isinstance(value, str) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    WithJsonSchema({"type": "string", "pattern": duration.PATTERN}),
]
Size = Annotated[
    int,
    BeforeValidator(_read_size),
    WithJsonSchema({"type": ["string", "integer"], "description": "bytes, or like 500M, 5GiB"}),
]
