"""YAML 1.2 with positions and without surprises: what playbooks and settings are read from.

A text without a mistake is read quickly; where what stands in it is found out when a problem asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from remediator.documents.plain_yaml import NotPlain, plain_value
from remediator.documents.problem import Problem
from remediator.documents.regular_file import read_regular
from remediator.documents.yaml_reader import CarefulReader, KeyPath, Mark, mark_in

__all__ = ["KeyPath", "Mark", "YamlSource", "read_yaml", "read_yaml_file"]

LARGEST_FILE = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class YamlSource:
    """One file as plain Python values, and where each of them stands in its `text`. `value` is None where there are
    `problems`."""

    file: str
    value: object = None
    text: str = field(default="", repr=False)
    problems: tuple[Problem, ...] = ()

    def mark_within(self, path: KeyPath, offset: int) -> Mark:
        """Return where one character of the text at a path stands (or the text, where it is not known how it is
        written)."""
        place = self._nearest(path)
        text, written = self._value_at(place), self._places.texts_at.get(place)
        if written is None or not isinstance(text, str):
            return self.mark(path)
        return mark_in(written.file, written.place_of(text, offset))

    def mark(self, path: KeyPath, *, of_key: bool = False) -> Mark:
        """Return where the value (or its key) at a path stands.

        Parts of the path that are not in the file (a missing key, the parameter that a bare value stands for) are
        skipped, so the nearest thing around it is found.
        """
        places, place = self._places, self._nearest(path)
        if of_key and place in places.keys_at:
            return places.keys_at[place]
        return places.values_at.get(place, Mark())

    @cached_property
    def _places(self) -> CarefulReader:
        reader = CarefulReader(self.file)
        if self.text:
            reader.read(self.text)
        return reader

    def _nearest(self, path: KeyPath) -> KeyPath:
        values_at = self._places.values_at
        place: KeyPath = ()
        for part in path:
            place = (*place, part) if (*place, part) in values_at else place
        return place

    def _value_at(self, path: KeyPath) -> object:
        value: Any = self.value
        for part in path:
            value = value[part]
        return value


def read_yaml_file(path: Path, real: Path | None = None) -> YamlSource:
    """Read one file, whose links are resolved in `real`; what cannot be read is a problem of line 1."""
    try:
        raw = read_bytes(path, real)
    except OSError as error:
        return unreadable(str(path), error)
    return read_yaml(str(path), raw)


def read_bytes(path: Path, real: Path | None = None) -> bytes:
    """Return what `read_yaml` is given of a file; raise OSError."""
    return read_regular(real or path, LARGEST_FILE, follow=real is None)


def unreadable(file: str, error: OSError) -> YamlSource:
    """Return what is known of a file that cannot be read."""
    return _refused(file, f"cannot be read: {error.strerror}", code="unreadable")


def read_yaml(file: str, raw: bytes) -> YamlSource:
    """Read one document; every structural problem is returned, none raised."""
    if len(raw) > LARGEST_FILE:
        return _refused(file, f"is larger than {LARGEST_FILE // 1024} KiB", code="too-large")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(file, f"is not UTF-8 (byte {error.start})", code="encoding")
    try:
        return YamlSource(file=file, value=plain_value(text), text=text)
    except NotPlain:
        return _carefully(file, text)


def _carefully(file: str, text: str) -> YamlSource:
    reader = CarefulReader(file)
    value = reader.read(text)
    if reader.problems:
        return YamlSource(file=file, problems=tuple(reader.problems))
    return YamlSource(file=file, value=value, text=text)


def _refused(file: str, message: str, *, code: str) -> YamlSource:
    problem = Problem(file=file, line=1, column=1, code=code, message=f"the file {message}")
    return YamlSource(file=file, problems=(problem,))
