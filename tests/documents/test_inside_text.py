"""Where a character of a text stands in a file, in every way in which YAML writes texts."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from remediator.documents.yaml_source import YamlSource, read_yaml

STYLES = ["", "'", '"', "|", ">"]
WORDS = st.text(st.sampled_from("ab \n'\"\\:#{}[]é日\t-"), max_size=60)


def _source(text: str) -> YamlSource:
    return read_yaml("x.yaml", text.encode())


def _character(text: str, source: YamlSource, offset: int) -> str:
    mark = source.mark_within(("a",), offset)
    return text.split("\n")[mark.line - 1][mark.column - 1]


@pytest.mark.parametrize("style", STYLES)
@given(words=WORDS, width=st.integers(10, 40))
def test_every_character_is_found_where_it_is_written(style: str, words: str, width: int) -> None:
    document = yaml.dump(
        {"a": f"x{words}"}, default_style=style or None, width=width, allow_unicode=True
    )
    source = _source(document)
    if source.problems:  # a style that cannot hold this text, and so became another with a tag
        return
    value = source.value["a"]  # type: ignore[index]

    for offset, character in enumerate(value):
        if not character.isspace():
            written = _character(document, source, offset)
            assert written in (character, "\\"), (document, offset)


ROWS = [
    ("plain over two lines", "a: foo\n  bar baz\n", "foo bar baz", "baz", (2, 7)),
    ("single quotes", "a: 'it''s (x'\n", "it's (x", "(", (1, 11)),
    ("double quotes", 'a: "\\"b\\" \\u0028x"\n', '"b" (x', "x", (1, 17)),
    ("continued in double quotes", 'a: "foo \\\n    bar"\n', "foo bar", "bar", (2, 5)),
    ("literal", "a: |-\n  foo\n\n  bar (\n", "foo\n\nbar (", "(", (4, 7)),
    ("folded", "a: >- # why\n    foo\n    bar (\n", "foo bar (", "(", (3, 9)),
    ("folded with an inner indent", "a: >2\n  foo\n    bar\n", "foo\n  bar\n", "bar", (3, 5)),
    ("lines of Windows", "a: |\r\n  foo\r\n  bar\r\n", "foo\nbar\n", "bar", (3, 3)),
    ("behind an umlaut", "é: ä\na: 'über ('\n", "über (", "(", (2, 10)),
]


@pytest.mark.parametrize(
    ("written", "value", "word", "place"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_lines_and_columns(written: str, value: str, word: str, place: tuple[int, int]) -> None:
    source = _source(written)

    assert source.value["a"] == value  # type: ignore[index]
    mark = source.mark_within(("a",), value.index(word))
    assert (mark.line, mark.column) == place


def test_behind_the_end_is_the_end() -> None:
    mark = _source("a: |\n  foo(\nb: 1\n").mark_within(("a",), 99)

    assert (mark.line, mark.column) == (2, 7)


def test_a_blank_is_behind_what_stands_before_it() -> None:
    mark = _source("a: foo   bar\n").mark_within(("a",), 3)

    assert (mark.line, mark.column) == (1, 7)


def test_without_a_text_there_is_the_place_of_the_value() -> None:
    source = YamlSource(file="stored", value={"a": "b("})

    assert source.mark_within(("a",), 1) == source.mark(("a",))


def test_a_number_has_only_the_place_of_its_own() -> None:
    mark = _source("a: 12\n").mark_within(("a",), 1)

    assert (mark.line, mark.column) == (1, 4)
