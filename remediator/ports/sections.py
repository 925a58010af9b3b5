"""A section of the settings: one top-level key, its shape and what it becomes, brought by an integration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

from remediator.documents.report import Report
from remediator.documents.secret import SecretReader

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionReading:
    """What a section is read with. Relative paths are relative to `folder`, that of the settings file."""

    report: Report
    secrets: SecretReader
    folder: Path


def as_written(_reading: SectionReading, written: T) -> T:
    """Return what is written: nothing is to be added."""
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Generic[T_co]):
    """One key. `shape` is pydantic's annotation of it: one frozen model, as written and as read.

    `absent` is its value where nothing is written. `read` is given what is there and returns it again, with what stands
    in the files that it names, after reporting what else is wrong.
    """

    key: str
    shape: object
    read: Callable[..., T_co] = as_written
    absent: T_co


class Sections:
    """The sections that were read, by typed keys."""

    def __init__(self, found: Mapping[str, object] | None = None) -> None:
        self._found = dict(found or {})

    def having(self, section: Section[T], value: T) -> Sections:
        """Return these and one more."""
        return Sections({**self._found, section.key: value})

    @property
    def keys(self) -> frozenset[str]:
        """The keys of those that are set."""
        return frozenset(key for key, value in self._found.items() if value is not None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sections) and self._found == other._found

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, key: str) -> bool:
        return self._found.get(key) is not None

    def __getitem__(self, section: Section[T]) -> T:
        return cast("T", self._found.get(section.key, section.absent))

    def names(self, key: str) -> frozenset[str]:
        """Return the names that stand under a key; none where it is no mapping, or not there."""
        found = self._found.get(key)
        return frozenset(found) if isinstance(found, Mapping) else frozenset()

    def __iter__(self) -> Iterator[object]:
        return iter(self._found.values())
