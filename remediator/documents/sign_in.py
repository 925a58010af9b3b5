"""A user name and a password, as the settings write them wherever somebody signs in."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.documents.report import Report
from remediator.documents.secret import Secret, SecretReader
from remediator.documents.value_types import BasicShape
from remediator.documents.yaml_source import KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicLogin:
    """A user name and a password."""

    user: str
    password: Secret


def read_basic(
    report: Report, secrets: SecretReader, path: KeyPath, shape: BasicShape | None
) -> BasicLogin | None:
    """Read a user name and a password."""
    if shape is None:
        return None
    password = secrets.one(path, "password", shape.password, shape.password_file)
    if password is None and shape.password is None and shape.password_file is None:
        report.error(path, "missing-key", "`basic` needs `password_file`", at_key=True)
    return BasicLogin(user=shape.user, password=password) if password is not None else None
