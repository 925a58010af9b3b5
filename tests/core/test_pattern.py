"""Expressions that meet texts of strangers: linear in the text, and honest about what RE2 cannot do."""

from __future__ import annotations

import time

import pytest

from remediator.core.matcher import parse_matcher
from remediator.core.pattern import compiled
from remediator.integrations.shell.filesystem import parse_df

EVIL = [
    ("(a+)+b", "a" * 8192),
    ("(a|a)*b", "a" * 8192),
    ("(a|aa)+b", "a" * 8192),
    ("(.*a){12}b", "a" * 8192),
    ("(?:a?){50}a{50}b", "a" * 8192),
    (r"(\w+\s?)*!", "aaaa " * 1600),
    ("(?i)(x+x+)+y", "xX" * 4096),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 8192),
    (".*a.{400}c", "ab" * 4096),
]


@pytest.mark.parametrize(("pattern", "text"), EVIL)
def test_a_pattern_that_backtracks_elsewhere_is_linear_here(pattern: str, text: str) -> None:
    matcher = parse_matcher(f'instance=~"{pattern}"'.replace("\\", "\\\\"))
    began = time.process_time()

    assert not matcher.matches({"instance": text})

    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("web(?=1)", "look-around"),
        ("web(?!1)", "look-around"),
        ("(?<=x)1", "look-around"),
        ("(?<!x)1", "look-around"),
        (r"(a)\1", "back-reference"),
        ("(?P<n>a)(?P=n)", "back-reference"),
        (r"web\Z", r"write `\z`"),
        ("(?x) a", "the flags are i, m, s and U"),
        ("(?a)a", "the flags are i, m, s and U"),
        ("a++", "possessive"),
        ("(?>a)b", "atomic"),
        ("(a)?(?(1)b|c)", "no conditions"),
        ("a(?#why)", "no comments"),
        (r"\u00e9", r"`\x{e9}`"),
        (r"\N{DASH}", r"`\x{e9}`"),
        ("a{,3}", "`{0,n}`"),
        ("a{1001}", "1000"),
        ("((a{100}){100}){100}", "1000"),
        ("(?:.{99}){9}", "too large"),
        (r"\C", "half of a character"),
        ("[", "missing ]"),
        ("*", "no argument"),
        ("a" * 2001, "at most 2000 characters"),
        ("\ud800", "half of a character"),
    ],
)
def test_what_only_python_knows_is_refused_with_what_to_write(pattern: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|not a regular expression of RE2") as refusal:
        compiled(pattern)

    assert hint in str(refusal.value)


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x00", "é" * 300, "🔥", ""])
def test_no_text_makes_matching_raise(text: str) -> None:
    for pattern in (".*", "a|b", r"\pL+", "(?i)É*", "^$", r"[^a]*"):
        compiled(pattern).matches(text)
        compiled(pattern).groups(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (".*", "a\nb", True),
        ("a|ab", "ab", True),
        ("^web$", "web", True),
        ("web$", "web\n", False),
        ("(?i)WEB", "web", True),
        ("größe", "größe", True),
        (".", "é", True),
        (r"\{,3}[{,3}]", "{,3}{", True),
        (r"\\C", "\\C", True),
    ],
)
def test_a_pattern_means_what_it_means_in_alertmanager(
    pattern: str, text: str, expected: bool
) -> None:
    assert compiled(pattern).matches(text) is expected


def test_the_output_of_df_is_read_in_linear_time_whatever_a_host_prints() -> None:
    began = time.process_time()

    assert parse_df("head\nx" + " " * 60_000 + "y") is None
    assert parse_df("head\nx " + "9" * 5000 + " 1 1 1% /") is None

    assert time.process_time() - began < 1
