"""The kit of sections about a server with an HTTP API: its URLs, and how to sign in there."""

from __future__ import annotations

from dataclasses import dataclass

from remediator.core.errors import ActionError
from remediator.documents.secret import Secret
from remediator.documents.sign_in import BasicLogin, read_basic
from remediator.documents.value_types import SignInShape
from remediator.ports.inspection import Finding, Level
from remediator.ports.sections import SectionReading

_SIGN_IN = "see `bearer_token_file` and `basic` in the settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server, or several that know the same, and how to sign in there."""

    urls: tuple[str, ...]
    bearer_token: Secret | None = None
    basic: BasicLogin | None = None


def read_server(
    reading: SectionReading, key: str, shape: SignInShape, urls: tuple[str, ...]
) -> Server:
    """Return a section with its secrets."""
    pair = (shape.bearer_token, shape.bearer_token_file)
    return Server(
        urls=urls,
        bearer_token=reading.secrets.one((key,), "bearer_token", *pair),
        basic=read_basic(reading.report, reading.secrets, (key, "basic"), shape.basic),
    )


def no_answer(where: str, error: ActionError) -> Finding:
    """Return what `check --online` says of a server that gave none."""
    refused = any(f"status {status}" in error.detail for status in (401, 403))
    hint = _SIGN_IN if refused else ""
    return Finding(level=Level.ERROR, where=where, text=error.detail, hint=hint)
