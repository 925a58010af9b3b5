"""Column types that mean the same on every database; used by the schema and by statements that compare times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

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

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        """Return what writes a moment down as a number: directly, as what SQLAlchemy puts around it is slow."""
        return _written

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        """Return what reads a moment back."""
        return _read


class Words(TypeDecorator[str]):
    """Text in which characters that one of the databases refuses (NUL, lone surrogates) are replaced on both."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Return what makes text that both databases store alike."""
        return _clean


def _written(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _read(count: int | None) -> datetime | None:
    return None if count is None else moment_of(count)


def _clean(text: str | None) -> str | None:
    if text is None or (text.isascii() and "\0" not in text):
        return text
    whole = text.encode("utf-8", "replace") if _has_surrogate(text) else text.encode()
    return whole.decode().replace("\0", _REPLACEMENT)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
