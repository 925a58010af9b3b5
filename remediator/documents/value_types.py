"""Types of values that the shapes of settings and playbooks share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetPydanticSchema,
    StrictInt,
    StrictStr,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import PydanticUseDefault
from pydantic_core.core_schema import (
    no_info_wrap_validator_function,
    with_info_wrap_validator_function,
)

from remediator.documents.model_reader import Word
from remediator.documents.secret import Secret

LabelName = Annotated[StrictStr, Field(pattern=r"^[^\x00-\x1f\x7f]{1,1024}$")]
"""The name of an alert's label: any text since Prometheus 3, as `host.name`."""
ParameterName = Annotated[StrictStr, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,127}$")]


def web_address(text: str) -> str:
    """Return an http(s) URL without credentials; ValueError for anything else."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError(f"{text[:200]!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise ValueError(f"{text[:200]!r} is not an http:// or https:// URL")
    if parts.username is not None:
        raise ValueError("a URL must not hold credentials")
    return text


Url = Annotated[StrictStr, Field(max_length=2000), AfterValidator(web_address)]


Path_ = Annotated[StrictStr, Field(min_length=1, max_length=4000)]
Words = Annotated[tuple[Word, ...], Field(max_length=1000)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Argv = Annotated[tuple[StrictStr, ...], Field(min_length=1, max_length=100)]


def _secret(value: object, read: ValidatorFunctionWrapHandler) -> object:
    return value if isinstance(value, Secret) else Secret(read(value))


def _file(value: object, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    if isinstance(value, Path):
        return value
    folder = info.context["folder"] if info.context else Path()
    try:
        return folder / Path(read(value)).expanduser()
    except RuntimeError as error:
        raise ValueError(f"there is no such home directory: {error}") from error


def _unsaid(value: object) -> object:
    if value is None:
        raise PydanticUseDefault
    return value


SecretText = Annotated[
    Secret,
    GetPydanticSchema(lambda _, of: no_info_wrap_validator_function(_secret, of(StrictStr))),
]
"""A secret that stands in the file itself."""

File = Annotated[
    Path, GetPydanticSchema(lambda _, of: with_info_wrap_validator_function(_file, of(Path_)))
]
"""A file by its name, relative to the one that names it."""

UNSAID = BeforeValidator(_unsaid)
"""Marks a key that may stand there without a value: then its default holds."""


def written_as(kind: object) -> GetPydanticSchema:
    """Mark a key that is checked as this when written; its section's `read` makes of it what it holds."""
    return GetPydanticSchema(lambda _, of: of(kind))
