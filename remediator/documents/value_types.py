"""Types of values that the shapes of settings and playbooks share."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictInt, StrictStr

from remediator.documents.model_reader import Shape, Word

LabelName = Annotated[StrictStr, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,127}$")]


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


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, and can be nothing else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Url = Annotated[StrictStr, Field(max_length=2000), AfterValidator(web_address)]


Path_ = Annotated[StrictStr, Field(min_length=1, max_length=4000)]
Words = Annotated[tuple[Word, ...], Field(max_length=1000)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Argv = Annotated[tuple[StrictStr, ...], Field(min_length=1, max_length=100)]


class BasicShape(Shape):
    """A user name and a password."""

    user: Word
    password: StrictStr | None = None
    password_file: Path_ | None = None


class SignInShape(Shape):
    """How to sign in at a server."""

    bearer_token: StrictStr | None = None
    bearer_token_file: Path_ | None = None
    basic: BasicShape | None = None
