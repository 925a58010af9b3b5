"""Puts the keys of a YAML file in order, and leaves every line as it was written: comments, quotes, flow style. Pure.

Whole lines are moved. A comment belongs to the key below it; one that stands deeper than the keys, to the entry above;
what stands above the first key or below the last entry of the file stays there. Whoever calls compares what is read
before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from remediator.documents.yaml_source import KeyPath

OTHERS = "*"
"""Where in an order the keys stand that it does not name; last where it does not say."""
Order = Callable[[KeyPath], Sequence[str] | None]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def in_layout(text: str, order: Order) -> str:
    """Return the text with the keys of its block mappings in order, and blanks as they should be.

    `order` names the keys of the mapping at a path, None where any order is fine. The text is one that `read_yaml`
    takes.
    """
    lines, settled = text.replace("\r\n", "\n").split("\n"), set[KeyPath]()
    while (found := _out_of_order(lines, order, settled)) is not None:
        lines = found.rearranged(lines)
        settled.add(found.path)
    return _tidy(lines)


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A block mapping, and the order of its keys."""

    path: KeyPath
    node: Any
    order: Sequence[str]

    @property
    def ranks(self) -> list[int]:
        others = self.order.index(OTHERS) if OTHERS in self.order else len(self.order)
        names = [key.value for key, _ in self.node.value]
        return [self.order.index(name) if name in self.order else others for name in names]

    def rearranged(self, lines: list[str]) -> list[str]:
        """Return the lines with this mapping's entries in order; as they are where a comment is in the way."""
        bounds = self._bounds(lines)
        chunks = [lines[start:end] for start, end in bounds]
        column = self.node.value[0][0].start_mark.column
        first = self.node.value[0][0].start_mark.line - bounds[0][0]
        prefix = chunks[0][first][:column]  # `- ` in a list
        chunks[0][first] = " " * column + chunks[0][first][column:]
        moved = [c for _, c in sorted(zip(self.ranks, chunks, strict=True), key=lambda p: p[0])]
        if prefix.strip():
            if not moved[0][0].strip() or moved[0][0].lstrip().startswith("#"):
                return lines
            moved[0][0] = prefix + moved[0][0][column:]
        body = [line for chunk in moved for line in chunk]
        return lines[: bounds[0][0]] + body + lines[bounds[-1][1] :]

    def _bounds(self, lines: list[str]) -> list[tuple[int, int]]:
        """Return from which line to which each entry goes."""
        entries = self.node.value
        column = entries[0][0].start_mark.column
        ends = [_own_end(lines, _last_line(key, value), column) for key, value in entries]
        starts = [self._first_line(lines), *ends[:-1]]
        return list(zip(starts, ends, strict=True))

    def _first_line(self, lines: list[str]) -> int:
        """Where the first entry begins: with the comments above it, but for those of the file or of a list's item."""
        line = int(self.node.value[0][0].start_mark.line)
        if not self.path or lines[line][: self.node.value[0][0].start_mark.column].strip():
            return line
        while lines[line - 1].lstrip().startswith("#"):
            line -= 1
        return line


def _out_of_order(lines: list[str], order: Order, settled: set[KeyPath]) -> _Mapping | None:
    root = yaml.compose("\n".join(lines), _Loader)
    for path, node in _block_mappings(root, ()):
        wanted = order(path)
        if wanted and path not in settled:
            found = _Mapping(path, node, wanted)
            if found.ranks != sorted(found.ranks):
                return found
    return None


def _block_mappings(node: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _block_mappings(item, (*path, number))
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        yield path, node
        for key, value in node.value:
            yield from _block_mappings(value, (*path, key.value))


def _last_line(key: Any, value: Any) -> int:
    """Return the last line on which anything of an entry is written."""
    return max(int(key.end_mark.line), _end_of(value))


def _end_of(node: Any) -> int:
    if isinstance(node, yaml.ScalarNode):
        is_block = node.style in ("|", ">")
        return int(node.end_mark.line) - (1 if is_block and node.end_mark.column == 0 else 0)
    if node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(*last) if isinstance(node, yaml.MappingNode) else _end_of(last)


def _own_end(lines: list[str], last: int, column: int) -> int:
    """Return the line behind an entry and the comments that stand deeper than its key."""
    end = last + 1
    while end < len(lines) and _is_deeper_comment(lines[end], column):
        end += 1
    return end


def _is_deeper_comment(line: str, column: int) -> bool:
    text = line.lstrip()
    return text.startswith("#") and len(line) - len(text) > column


def _tidy(lines: list[str]) -> str:
    """Strip blanks at the ends of lines and keep at most one empty line, but for what stands in a text."""
    kept: list[str] = []
    inside = set(_inside_texts(yaml.compose("\n".join(lines), _Loader)))
    for number, line in enumerate(lines):
        if number in inside:
            kept.append(line)
        elif line.strip() or (kept and kept[-1].strip()):
            kept.append(line.rstrip(" \t"))
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept) + "\n"


def _inside_texts(node: Any) -> Iterator[int]:
    """Yield the lines of which a text of several lines is made."""
    if isinstance(node, yaml.ScalarNode):
        if node.end_mark.line > node.start_mark.line:
            yield from range(node.start_mark.line, _end_of(node) + 1)
        return
    for each in node.value if node else ():
        for inner in each if isinstance(each, tuple) else (each,):
            yield from _inside_texts(inner)
