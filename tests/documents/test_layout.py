"""Keys are put in order, and every line stays as it was written."""

from __future__ import annotations

import pytest

from remediator.documents.layout import OTHERS, in_layout
from remediator.documents.yaml_source import KeyPath

TOP = ("a", "b", OTHERS, "z")
ORDERS = {(): TOP, ("a",): ("x", "y"), ("z", 0): ("id", OTHERS, "when"), ("z", 1): TOP}


def order(path: KeyPath) -> tuple[str, ...] | None:
    return ORDERS.get(path)


CASES = {
    "keys": ("b: 1\na: 2\n", "a: 2\nb: 1\n"),
    "keys that nobody knows keep their places among themselves": (
        "z: 1\nn: 2\nm: 3\na: 4\n",
        "a: 4\nn: 2\nm: 3\nz: 1\n",
    ),
    "a comment above a key goes with it": (
        "# of the file\n\nb: 1\n# about a\na: 2 # behind a\n",
        "# of the file\n\n# about a\na: 2 # behind a\nb: 1\n",
    ),
    "a comment above the first key stays at the top": (
        "# of the file\nb: 1\na: 2\n",
        "# of the file\na: 2\nb: 1\n",
    ),
    "a comment at the end stays there": ("b: 1\na: 2\n# the end\n", "a: 2\nb: 1\n# the end\n"),
    "a deeper comment belongs to the entry above": (
        "b:\n  - 1\n  # - 2\na: 2\n",
        "a: 2\nb:\n  - 1\n  # - 2\n",
    ),
    "an empty line goes with the key below it": ("b: 1\n\na: 2\n", "a: 2\nb: 1\n"),
    "a text of several lines is one thing": (
        "b: |\n  # no comment\n\n  x  \n\na: >-\n  y\n  z\n",
        "a: >-\n  y\n  z\nb: |\n  # no comment\n\n  x  \n",
    ),
    "quotes over several lines": ('b: "x\n  y"\na: 1\n', 'a: 1\nb: "x\n  y"\n'),
    "flow style is left alone": (
        "b: {z: 1, a: 2,\n  b: 3}\na: []\n",
        "a: []\nb: {z: 1, a: 2,\n  b: 3}\n",
    ),
    "a bracket on a line of its own": ("b: [\n  1,\n]\na: 1\n", "a: 1\nb: [\n  1,\n]\n"),
    "an empty line that would have to stand before a dash": (
        "z:\n  - act: 1\n\n    id: i\n",
        "z:\n  - act: 1\n\n    id: i\n",
    ),
    "nothing as a value": ("b:\na:\n", "a:\nb:\n"),
    "inner keys": (
        "a:\n  # why y\n  y: 1\n  x: 2\nb: 3\n",
        "a:\n  x: 2\n  # why y\n  y: 1\nb: 3\n",
    ),
    "keys of a list's items": (
        "z:\n  - when: w # so\n    act: 1\n    id: i\n",
        "z:\n  - id: i\n    act: 1\n    when: w # so\n",
    ),
    "a comment that would have to stand before a dash keeps its item as it is": (
        "z:\n  - act: 1\n    # about id\n    id: i\n",
        "z:\n  - act: 1\n    # about id\n    id: i\n",
    ),
    "blanks": ("\n\na: 1  \n\n\n\nb: 2\t\n\n", "a: 1\n\nb: 2\n"),
    "line ends of Windows": ("b: 1\r\na: 2\r\n", "a: 2\nb: 1\n"),
    "no line end at the end": ("a: 1", "a: 1\n"),
    "markers of the document": ("---\nb: 1\na: 2\n...\n", "---\na: 2\nb: 1\n...\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_lines_are_moved_with_their_comments(name: str) -> None:
    before, after = CASES[name]
    assert in_layout(before, order) == after


@pytest.mark.parametrize("name", CASES)
def test_doing_it_twice_changes_nothing_more(name: str) -> None:
    _, after = CASES[name]
    assert in_layout(after, order) == after
