"""How somebody signs in at a server, as the settings write it wherever somebody does."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, StrictStr

from remediator.documents.model_reader import Shape, Word
from remediator.documents.report import Report
from remediator.documents.secret import NO_SECRET, SecretReader
from remediator.documents.value_types import UNSAID, File, SecretText
from remediator.documents.yaml_source import KeyPath


class BasicLogin(Shape):
    """A user name and a password; once read, `password` is it, whoever named the file."""

    user: Word
    password: Annotated[SecretText, UNSAID] = NO_SECRET
    password_file: File | None = None


class SignInShape(Shape):
    """How to sign in at a server; once read, the secrets are there, and no files."""

    bearer_token: SecretText | None = None
    bearer_token_file: File | None = None
    basic: BasicLogin | None = None


_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?")
_OURS = frozenset(
    ("host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect")
)


def _name(text: str) -> str:
    """Return a header that may be sent besides ours; ValueError for one that is not for settings to say."""
    if not _NAME.fullmatch(text):
        raise ValueError("that is not the name of a header (RFC 9110, section 5.1)")
    if text.lower() == "authorization":
        raise ValueError("`bearer_token_file` and `basic` write that header")
    if text.lower() in _OURS or text.lower().startswith("content-"):
        raise ValueError(f"the header {text} is the client's own")
    return text


def _value(text: str) -> str:
    if not _VALUE.fullmatch(text):
        raise ValueError("a header's value is printable ASCII, at most 1000 characters")
    return text


HeaderName = Annotated[StrictStr, AfterValidator(_name)]
HeaderValue = Annotated[StrictStr, AfterValidator(_value)]


class ServerShape(SignInShape):
    """How a server is asked: further `headers` of every request, such as a tenant's, and whom to believe its name."""

    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=20)] = Field(
        default_factory=dict
    )
    ca_file: File | None = None


S = TypeVar("S", bound=SignInShape)


def read_sign_in(report: Report, secrets: SecretReader, path: KeyPath, written: S) -> S:
    """Return the same with its secrets."""
    pair = (written.bearer_token, written.bearer_token_file)
    found = {
        "bearer_token": secrets.one(path, "bearer_token", *pair),
        "bearer_token_file": None,
        "basic": read_basic(report, secrets, (*path, "basic"), written.basic),
    }
    return written.model_copy(update=found)


def read_basic(
    report: Report, secrets: SecretReader, path: KeyPath, written: BasicLogin | None
) -> BasicLogin | None:
    """Return a user name with its password; None where there is none that could be sent."""
    if written is None:
        return None
    inline = written.password if written.password is not NO_SECRET else None
    if inline is None and written.password_file is None:
        report.error(path, "missing-key", "`basic` needs `password_file`", at_key=True)
    password = secrets.one(path, "password", inline, written.password_file)
    if password is None:
        return None
    return BasicLogin(user=written.user, password=password)
