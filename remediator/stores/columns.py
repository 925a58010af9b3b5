"""Column types that mean the same on every database; used by the schema and by statements that compare times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# SQLite numbers rows by itself only for a column that is declared INTEGER.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


def microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(count: int) -> datetime:
    """Return the moment that lies so many microseconds after 1970, UTC."""
    return _EPOCH + timedelta(microseconds=count)


class Moment(TypeDecorator[datetime]):
    """A point in time, kept as integer microseconds UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Write the moment down as a number."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read the moment back."""
        return None if value is None else moment_of(value)


class Words(TypeDecorator[str]):
    """Text in which characters that one of the databases refuses (NUL, lone surrogates) are replaced on both."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return text that both databases store alike."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        whole = value.encode("utf-8", "replace") if _has_surrogate(value) else value.encode()
        return whole.decode().replace("\0", _REPLACEMENT)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
