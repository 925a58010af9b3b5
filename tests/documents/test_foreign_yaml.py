"""YAML of other programs: whatever it is, it is read as texts or refused with its place."""

from __future__ import annotations

import pytest

from remediator.core.errors import InputError
from remediator.documents.foreign_yaml import LARGEST, read_foreign_yaml


def test_a_document_is_read_as_texts_whatever_tags_it_has() -> None:
    (node,) = read_foreign_yaml(
        "f.yml", b"a: !!python/object/apply:os.system ['true']\nb: {c: on}\n"
    )
    assert [item.text for item in node["a"].items()] == ["true"]
    assert (node["b"]["c"].text, node["b"].place, node["x"]["y"].text) == ("on", "f.yml:2", "")


def test_what_is_not_as_expected_is_empty() -> None:
    (node,) = read_foreign_yaml("f.yml", b"a: [1]\n")
    assert (node["a"].text, list(node["a"].pairs()), node["a"]["b"].texts()) == ("", [], {})
    assert not node["b"]


def test_several_documents_are_read_and_an_empty_one_holds_nothing() -> None:
    found = read_foreign_yaml("f.yml", b"a: 1\n---\n---\nb: 2\n")
    assert [each.texts() for each in found] == [{"a": "1"}, {}, {"b": "2"}]
    assert read_foreign_yaml("f.yml", b"") == ()


@pytest.mark.parametrize("text", ["[" * 200_000, "a: " + "[" * 300 + "]" * 300, "{a: " * 200_000])
def test_what_is_nested_without_end_is_refused_and_ends_no_process(text: str) -> None:
    with pytest.raises(InputError, match=r"f.yml:1:\d+: nested more than 200 deep"):
        read_foreign_yaml("f.yml", text.encode())


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"a: [", r"f.yml:2:1: not YAML"),
        (b"\xff", "not UTF-8"),
        (b"a: \x00", "not YAML"),
        (b"#" * (LARGEST + 1), "larger than 8 MiB"),
        (b"a: *b", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_foreign_yaml("f.yml", raw)
