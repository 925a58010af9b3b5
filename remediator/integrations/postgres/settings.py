"""The section `postgres`: databases by name, whose sessions may be ended there, and what checks may ask."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictStr

from remediator.documents.model_reader import Shape
from remediator.documents.value_types import File, SecretText, Words
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


class DatabaseSettings(Shape):
    """One database. Sessions of `users` may be ended, of nobody else; `checks` are queries by name."""

    name: Annotated[StrictStr, Field(pattern=_NAME)]
    url: Annotated[StrictStr, Field(max_length=2000), AfterValidator(_address)]
    password: SecretText | None = None
    password_file: File | None = None
    tls: Tls = Tls.VERIFY_FULL
    ca_file: File | None = None
    users: Words = ()
    checks: dict[
        Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")],
        Annotated[StrictStr, Field(min_length=1, max_length=8192)],
    ] = Field(default_factory=dict)

    @property
    def host(self) -> str:
        """Where the server is."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Where it listens there."""
        return urlsplit(self.url).port or 5432

    @property
    def user(self) -> str:
        """The role that we take."""
        return urlsplit(self.url).username or ""

    @property
    def database(self) -> str:
        """The database's own name, on the server."""
        return urlsplit(self.url).path.strip("/")


_Databases = Annotated[tuple[DatabaseSettings, ...], Field(max_length=1000)]


def _read(
    reading: SectionReading, written: tuple[DatabaseSettings, ...]
) -> tuple[DatabaseSettings, ...]:
    names = [each.name for each in written]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"there are two databases `{name}`"
            reading.report.error(("postgres", index, "name"), "duplicate-name", message)
    return tuple(_database(reading, index, each) for index, each in enumerate(written))


def _database(reading: SectionReading, index: int, written: DatabaseSettings) -> DatabaseSettings:
    path = ("postgres", index)
    if written.tls is Tls.OFF and written.ca_file is not None:
        reading.report.error((*path, "ca_file"), "tls", "`ca_file` means nothing with `tls: off`")
    pair = (written.password, written.password_file)
    found = {"password": reading.secrets.one(path, "password", *pair), "password_file": None}
    return written.model_copy(update=found)


POSTGRES_SECTION: Section[tuple[DatabaseSettings, ...]] = Section(
    key="postgres", shape=_Databases, read=_read, absent=()
)
