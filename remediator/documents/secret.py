"""Secrets: read from files, masked wherever they could be shown. Used by the settings and whoever they are for."""

from __future__ import annotations

import hmac
from pathlib import Path

from remediator.documents.regular_file import read_regular
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath

_LARGEST_SECRET = 64 * 1024


class Secret:
    """A value that never shows itself: not in a message, a log line, a repr or a traceback's locals."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself, for the one place that has to send or compare it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")


NO_SECRET = Secret("")
"""What stands in a settings' model where a secret that must be there is not: compare by identity."""


def read_quietly(path: Path) -> Secret | None:
    """Return what a file holds, or None where it holds no text; for those who only want to mask it."""
    try:
        text = read_regular(path, _LARGEST_SECRET).decode().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Secret(text) if text else None


class SecretReader:
    """Reads the pairs `NAME` and `NAME_file`; relative files are relative to the settings file."""

    def __init__(self, report: Report, folder: Path) -> None:
        self._report = report
        self._folder = folder

    def one(
        self, path: KeyPath, name: str, inline: Secret | str | None, file: Path | str | None
    ) -> Secret | None:
        """Return the secret, or None where none is given or it cannot be read."""
        if inline is not None and file is not None:
            message = f"`{name}` and `{name}_file` exclude each other"
            self._report.error((*path, name), "secret", message, at_key=True)
            return None
        if inline is not None:
            message = f"`{name}` is a secret in a settings file"
            hint = f"Put it into a file of its own and name that in `{name}_file`."
            self._report.warn((*path, name), "inline-secret", message, hint, at_key=True)
            value = inline.reveal() if isinstance(inline, Secret) else inline
            return self._checked((*path, name), value)
        return self.file((*path, f"{name}_file"), file) if file is not None else None

    def file(self, path: KeyPath, file: Path | str) -> Secret | None:
        """Return what a file holds, without the line end."""
        full = self._folder / file
        try:
            raw = read_regular(full, _LARGEST_SECRET)
            text = raw.decode()
        except OSError as error:
            message = f"{full} cannot be read: {error.strerror}"
            self._report.error(path, "secret-file", message)
            return None
        except UnicodeDecodeError:
            self._report.error(path, "secret-file", f"{full} is not text")
            return None
        if len(raw) > _LARGEST_SECRET:
            self._report.error(path, "secret-file", f"{full} is larger than 64 KiB")
            return None
        return self._checked(path, text.rstrip("\r\n"))

    def _checked(self, path: KeyPath, value: str) -> Secret | None:
        if value.strip() and value.isprintable():
            return Secret(value)
        message = "the secret is empty or holds characters that cannot be sent"
        self._report.error(path, "secret", message)
        return None
