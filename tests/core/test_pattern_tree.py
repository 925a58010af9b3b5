"""A pattern as a tree of letters: all its texts, and never more than the pattern itself matches."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediator.core.pattern import compiled
from remediator.core.pattern_tree import read_tree, texts_of, without_first

UNITS = ("nginx.service", "haproxy.service", "grafana-server.service")


def texts(pattern: str, most: int = 50) -> tuple[str, ...] | None:
    tree = read_tree(pattern)
    return tree and texts_of(tree, most)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("(nginx|haproxy|grafana-server)[.]service", UNITS),
        (r"(?:nginx|haproxy|grafana-server)\.service", UNITS),
        ("/|/var|/var/log", ("/", "/var", "/var/log")),
        ("^web[12]$", ("web1", "web2")),
        ("a{2}b?", ("aa", "aab")),
        ("a{1,2}", ("a", "aa")),
        ("", ("",)),
    ],
)
def test_a_pattern_that_names_its_texts_is_read_as_those(
    pattern: str, found: tuple[str, ...]
) -> None:
    assert texts(pattern) == found


@pytest.mark.parametrize(
    "pattern", ["a+", "/data/.+", "[a-z]{2}", r"\d\d", "(a|b|c|d){4}", "a{2,}"]
)
def test_a_pattern_of_too_many_texts_names_none(pattern: str) -> None:
    assert read_tree(pattern) is not None
    assert texts(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "(?i)web",
            "(?P<n>a)",
            r"\bweb",
            r"\pL",
            "[[:alpha:]]",
            "[]a]",
            "[^]a]",
            r"a\Qb\E",
            "a{,3}",
        ),
        *(
            "a b",
            "é",
            "a^b",
            "a$b",
            "(a$)",
            "x++",
            r"[A-\]]",
            "[z-a]",
            "(" * 2000,
            "(a",
            "a)",
            "[a",
            "\\",
        ),
    ],
)
def test_what_is_not_known_is_no_tree(pattern: str) -> None:
    assert read_tree(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("-?a", ("a",)),
        ("[a-]b?", ("ab", "a")),
        ("(-|)(x|-y)", ("x",)),
        ("(-a|b){1,2}", ("b-a", "bb", "b")),
        ("-+", None),
        ("", None),
    ],
)
def test_texts_that_begin_otherwise(pattern: str, found: tuple[str, ...] | None) -> None:
    tree = read_tree(pattern)
    assert tree
    left = without_first(tree, "-")

    assert (set(texts_of(left, 50) or ()) if left else None) == (set(found) if found else None)


PIECES = st.sampled_from(
    ["a", "b", "-", "[ab]", "[^a]", r"\.", r"\d", ".", "(?:a|b-)", "(a|)", "[a-c.]"]
)
REPEATS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "??"])
PATTERNS = st.lists(st.tuples(PIECES, REPEATS).map("".join), max_size=4).map("".join)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(PATTERNS, PATTERNS)
def test_no_text_of_a_tree_is_one_that_the_pattern_does_not_match(one: str, other: str) -> None:
    pattern = f"{one}|{other}"
    tree = read_tree(pattern)
    assert tree is not None
    begun = without_first(tree, "-")

    for text in texts_of(tree, 40) or ():
        assert compiled(pattern).matches(text)
    for text in (begun and texts_of(begun, 40)) or ():
        assert compiled(pattern).matches(text)
        assert not text.startswith("-")
