"""The section `postgres`: databases by name, whose sessions may be ended there, and what checks may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictStr

from remediator.documents.model_reader import Shape, Word
from remediator.documents.secret import Secret
from remediator.documents.value_types import Path_, Words
from remediator.ports.sections import Section, SectionReading

_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"


class Tls(StrEnum):
    """How sure we are whom we talk to: libpq's `verify-full`, or not at all."""

    VERIFY_FULL = "verify-full"
    OFF = "off"


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError(f"it is not a URL: {error}") from error
    names = (parts.username, parts.hostname, parts.path.strip("/"))
    if parts.scheme != "postgresql" or not all(names) or not port_is_fine or parts.query:
        raise ValueError("it must be like postgresql://USER@HOST:PORT/DATABASE")
    if parts.password is not None:
        raise ValueError("a URL must not hold a password: name its file in `password_file`")
    return text


class DatabaseShape(Shape):
    """One entry of `postgres`."""

    name: Annotated[StrictStr, Field(pattern=_NAME)]
    url: Annotated[StrictStr, Field(max_length=2000), AfterValidator(_address)]
    password: StrictStr | None = None
    password_file: Path_ | None = None
    tls: Tls = Tls.VERIFY_FULL
    ca_file: Path_ | None = None
    users: Words = ()
    checks: dict[
        Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")],
        Annotated[StrictStr, Field(min_length=1, max_length=8192)],
    ] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """One database. Sessions of `users` may be ended, of nobody else; `checks` are queries by name."""

    name: str
    host: str
    port: int
    user: str
    database: str
    password: Secret | None = None
    tls: Tls = Tls.VERIFY_FULL
    ca_file: Path | None = None
    users: frozenset[str] = frozenset()
    checks: Mapping[str, str] = field(default_factory=dict)


_Shapes = Annotated[tuple[DatabaseShape, ...], Field(max_length=1000)]


def _read(reading: SectionReading, shape: object) -> tuple[DatabaseSettings, ...]:
    shapes = shape if isinstance(shape, tuple) else ()
    names: list[Word] = [each.name for each in shapes]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"there are two databases `{name}`"
            reading.report.error(("postgres", index, "name"), "duplicate-name", message)
    return tuple(_database(reading, index, each) for index, each in enumerate(shapes))


def _database(reading: SectionReading, index: int, shape: DatabaseShape) -> DatabaseSettings:
    parts = urlsplit(shape.url)
    path = ("postgres", index)
    if shape.tls is Tls.OFF and shape.ca_file is not None:
        reading.report.error((*path, "ca_file"), "tls", "`ca_file` means nothing with `tls: off`")
    pair = (shape.password, shape.password_file)
    return DatabaseSettings(
        name=shape.name,
        host=parts.hostname or "",
        port=parts.port or 5432,
        user=parts.username or "",
        database=parts.path.strip("/"),
        password=reading.secrets.one(path, "password", *pair),
        tls=shape.tls,
        ca_file=reading.folder / shape.ca_file if shape.ca_file else None,
        users=frozenset(shape.users),
        checks=shape.checks,
    )


POSTGRES_SECTION: Section[tuple[DatabaseSettings, ...]] = Section(
    key="postgres", shape=_Shapes, unwritten=(), read=_read, absent=()
)
