"""YAML of other programs, read as its nodes: their anchors, tags and many documents are theirs to allow.

Nothing is built from it but texts, so no tag does anything, and an alias costs nothing. Used for alert rules and
Alertmanager's configuration; what is ours is read by `yaml_source`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from remediator.core.errors import InputError

LARGEST = 8 * 1024 * 1024
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. Whatever is not as expected is empty: whose format it is says what is wrong."""

    file: str
    raw: Any = None

    @property
    def line(self) -> int:
        """The line it begins on, from 1."""
        return int(self.raw.start_mark.line) + 1 if self.raw is not None else 1

    @property
    def place(self) -> str:
        """`FILE:LINE`."""
        return f"{self.file}:{self.line}"

    @property
    def text(self) -> str:
        """A scalar as it is written; empty for anything else."""
        return str(self.raw.value) if isinstance(self.raw, yaml.ScalarNode) else ""

    def __getitem__(self, key: str) -> Node:
        """The value of a key, an empty node where it is not there."""
        return next((value for name, value in self.pairs() if name == key), Node(self.file))

    def __bool__(self) -> bool:
        return self.raw is not None

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Yield the keys and values of a mapping."""
        for key, value in self.raw.value if isinstance(self.raw, yaml.MappingNode) else ():
            yield Node(self.file, key).text, Node(self.file, value)

    def items(self) -> Iterator[Node]:
        """Yield the items of a list."""
        for item in self.raw.value if isinstance(self.raw, yaml.SequenceNode) else ():
            yield Node(self.file, item)

    def texts(self) -> dict[str, str]:
        """Return a mapping of texts."""
        return {name: value.text for name, value in self.pairs()}


def read_foreign_yaml(file: str, raw: bytes) -> tuple[Node, ...]:
    """Return the documents of a file; raise InputError with FILE:LINE:COLUMN."""
    if len(raw) > LARGEST:
        raise InputError(f"{file}: larger than {LARGEST >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
        found = yaml.compose_all(text, _Loader)
        return tuple(Node(file, each) for each in found if each is not None)
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise InputError(f"{file}: nested too deep") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise InputError(f"{place}: not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{file}: not YAML: {str(error).splitlines()[0]}") from error
