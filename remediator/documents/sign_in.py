"""How somebody signs in at a server, as the settings write it wherever somebody does."""

from __future__ import annotations

from typing import Annotated, TypeVar

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
