"""Matchers as Alertmanager's classic parser reads them."""

from __future__ import annotations

import pytest

from remediator.core.matcher import Matcher, MatchOp, parse_matcher

EQUAL, NOT_EQUAL, REGEX, NOT_REGEX = MatchOp


@pytest.mark.parametrize(
    ("text", "label", "op", "value"),
    [
        ('alertname="DiskSpaceLow"', "alertname", EQUAL, "DiskSpaceLow"),
        ("alertname=DiskSpaceLow", "alertname", EQUAL, "DiskSpaceLow"),
        ('  env  !=  "prod"  ', "env", NOT_EQUAL, "prod"),
        ('statuscode=~"5.."', "statuscode", REGEX, "5.."),
        ('baz!~".*quux"', "baz", NOT_REGEX, ".*quux"),
        ('foo=""', "foo", EQUAL, ""),
        ('foo="bar,quux"', "foo", EQUAL, "bar,quux"),
        ("tricky=~~~", "tricky", REGEX, "~~"),
        (r"trickier==\\=\=\"", "trickier", EQUAL, r'=\=\="'),
        (r'quote="She said: \"Hi!\""', "quote", EQUAL, 'She said: "Hi!"'),
        (r'path="C:\\temp\n"', "path", EQUAL, "C:\\temp\n"),
        (r'spurious="\d+\t"', "spurious", EQUAL, r"\d+\t"),
        (r"bare=a\nb", "bare", EQUAL, "a\nb"),
        ("last=a\\", "last", EQUAL, "a\\"),
        ('feed="a\nb"', "feed", EQUAL, "a\nb"),
        ('"a label"="x"', "a label", EQUAL, "x"),
        ("größe.in=GiB", "größe.in", EQUAL, "GiB"),
        ('space="  x  "', "space", EQUAL, "  x  "),
    ],
)
def test_matchers_are_read(text: str, label: str, op: MatchOp, value: str) -> None:
    assert parse_matcher(text) == Matcher(label, op, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alertname",
        '="x"',
        "a b=c",
        'job="value',
        'job=value"',
        'job=va"lue',
        'job="va"lue"',
        r'job="value\"',
        r'trickier==\\=\=\""',
        'foo=~"invalid[regexp"',
        "foo!~(",
        '""="x"',
        "{foo=bar}",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a matcher|double quote|not a regular expression"):
        parse_matcher(text)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("env=prod", "prod", True),
        ("env=prod", "production", False),
        ("env=prod", None, False),
        ('env=""', None, True),
        ("env!=prod", None, True),
        ("env!=prod", "prod", False),
        ('env=~"prod|staging"', "staging", True),
        ('env=~"prod|staging"', "staging2", False),
        ('env=~"prod|staging"', "xprod", False),
        ("env=~prod", "prod\n", False),
        ("env=~.*", "a\nb", True),
        ("env=~.*", None, True),
        ("env=~.+", None, False),
        ("env!~prod.*", "production", False),
        ("env!~prod", "production", True),
    ],
)
def test_matching_is_anchored_and_an_absent_label_is_empty(
    text: str, value: str | None, expected: bool
) -> None:
    labels = {} if value is None else {"env": value}
    assert parse_matcher(text).matches(labels) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", ("b",)),
        ('a=""', ("",)),
        ('a=~"b|c d|e-1"', ("b", "c d", "e-1")),
        ('a=~"b.*"', ()),
        ('a=~"b|"', ()),
        ('a=~"(b|c)"', ()),
        ("a!=b", ()),
        ("a!~b", ()),
    ],
)
def test_literals_are_the_only_values_that_can_match(text: str, expected: tuple[str, ...]) -> None:
    assert parse_matcher(text).literals() == expected


def test_a_label_that_needs_quotes_is_written_with_them() -> None:
    assert str(Matcher('a "b"', EQUAL, "c\n")) == r'"a \"b\""="c\n"'
