"""YAML 1.2 with positions; hostile files are refused quickly, with the place of what is wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.documents.yaml_source import Mark, read_yaml, read_yaml_file


def value_of(text: str) -> Any:
    source = read_yaml("f.yaml", text.encode())
    assert source.problems == ()
    return source.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("off", "off"),
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("22:00", "22:00"),
        ("12:30:45", "12:30:45"),
        ("2026-11-20", "2026-11-20"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("1.2.3", "1.2.3"),
        ("500M", "500M"),
        ("1h30m", "1h30m"),
        ("-", None),
        ('"off"', "off"),
        ("'010'", "010"),
        ('"1"', "1"),
        ("=", "="),
        ("'{{ labels.x }}'", "{{ labels.x }}"),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(written: str, meant: Any) -> None:
    found = value_of(f"- {written}\n")

    assert found == ([[None]] if written == "-" else [meant])
    assert written == "-" or type(found[0]) is type(meant)


def test_positions_of_keys_and_values_are_known() -> None:
    source = read_yaml("f.yaml", b"a: 1\nb:\n  - c: {d: x}\n  - [1, 2]\n")

    assert source.mark(("b",), of_key=True) == Mark(2, 1)
    assert source.mark(("b", 0, "c"), of_key=True) == Mark(3, 5)
    assert source.mark(("b", 0, "c", "d")) == Mark(3, 12)
    assert source.mark(("b", 1, 1)) == Mark(4, 9)


def test_the_position_of_what_is_missing_is_the_nearest_thing_around_it() -> None:
    source = read_yaml("f.yaml", b"a:\n  b: 1\n")

    assert source.mark(("a", "zzz")) == Mark(2, 3)
    assert source.mark(("a", "query", "b")) == Mark(2, 6)
    assert source.mark(("q",)) == Mark(1, 1)


EVIL = [
    ("anchor", b"a: &x 1\n", "1:4: error[anchor]"),
    ("alias", b"a: *x\n", "1:4: error[alias]"),
    ("alias as key", b"*x : 1\n", "1:1: error[alias]"),
    ("anchor on a mapping", b"a: &x {b: 1}\n", "1:4: error[anchor]"),
    ("merge", b"<<: {a: 1}\n", "1:1: error[merge]"),
    ("billion laughs", b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "1:4: error[anchor]"),
    ("python object", b"!!python/object/apply:os.system [id]\n", "1:1: error[tag]"),
    ("string tag", b"a: !!str 1\n", "1:4: error[tag]"),
    ("binary tag", b"a: !!binary aGk=\n", "1:4: error[tag]"),
    ("own tag", b"a: !vault x\n", "1:4: error[tag]"),
    ("bare tag", b"a: ! x\n", "1:4: error[tag]"),
    ("verbatim tag", b"a: !<tag:x> x\n", "1:4: error[tag]"),
    ("tag directive", b"%TAG ! tag:x\n---\na: 1\n", "1:1: error[directive]"),
    ("yaml 1.1", b"%YAML 1.1\n---\na: 1\n", "1:1: error[directive]"),
    ("duplicate key", b"a: 1\nb: 2\na: 3\n", "3:1: error[duplicate-key]"),
    ("duplicate nested", b"a: {b: 1, b: 2}\n", "1:11: error[duplicate-key]"),
    ("duplicate by quoting", b'a: 1\n"a": 2\n', "2:1: error[duplicate-key]"),
    ("two documents", b"a: 1\n---\nb: 2\n", "2:1: error[documents]"),
    ("document after end", b"a: 1\n...\n---\nb: 2\n", "3:1: error[documents]"),
    ("empty", b"", "1:1: error[empty]"),
    ("comment only", b"# nothing\n", "2:1: error[empty]"),
    ("deep flow", b"[" * 5000, "1:34: error[too-deep]"),
    ("deep mapping", b"{a: " * 5000, "1:130: error[too-deep]"),
    ("deep block", b"".join(b" " * n + b"a:\n" for n in range(60)), "error[too-deep]"),
    ("many values", b"[" + b"1," * 20000 + b"1]", "error[too-large]"),
    ("many keys", b"".join(b"k%d: 1\n" % n for n in range(9000)), "error[too-large]"),
    ("large", b"a: " + b"x" * 300_000, "1:1: error[too-large]"),
    ("int key", b"1: a\n", "1:1: error[key]"),
    ("null key", b"~: a\n", "1:1: error[key]"),
    ("bool key", b"true: a\n", "1:1: error[key]"),
    ("list key", b"? [a, b]\n: 1\n", "1:3: error[key]"),
    ("bare template", b"path: {{ labels.mountpoint }}\n", "1:8: error[key]"),
    ("octal or not", b"a: 010\n", "1:4: error[number]"),
    ("infinite", b"a: .inf\n", "1:4: error[number]"),
    ("not a number", b"a: .nan\n", "1:4: error[number]"),
    ("overflow", b"a: 1e999\n", "1:4: error[number]"),
    ("huge integer", b"a: " + b"9" * 5000, "1:4: error[number]"),
    ("escape sequence", b"a: \x1b[31m\n", "1:4: error[character]"),
    ("escaped escape", b'a: "\\e[31m"\n', "1:4: error[character]"),
    ("escaped NUL", b'a: "\\0"\n', "1:4: error[character]"),
    ("NUL", b"a: \x00\n", "1:4: error[character]"),
    ("bidi override", "a: x\u202etxt\n".encode(), "1:5: error[character]"),
    ("line separator", "a: x\u2028b: y\n".encode(), "1:5: error[character]"),
    ("next line", "a: x\u0085b: y\n".encode(), "1:5: error[character]"),
    ("surrogate escape", b'a: "\\ud800"\n', "error[syntax]"),
    ("utf-16", "a: 1\n".encode("utf-16"), "1:1: error[encoding]"),
    ("latin-1", b"a: caf\xe9\n", "1:1: error[encoding]"),
    ("tab", b"a:\n\t- b\n", "2:1: error[syntax]"),
    ("unclosed", b"a: [1, 2\n", "error[syntax]"),
    ("unclosed quote", b'a: "x\n', "error[syntax]"),
    ("bad indent", b"a: 1\n b: 2\n", "error[syntax]"),
]


@pytest.mark.parametrize(("raw", "expected"), [e[1:] for e in EVIL], ids=[e[0] for e in EVIL])
def test_an_evil_file_is_refused_quickly_with_its_place(raw: bytes, expected: str) -> None:
    started = time.process_time()

    source = read_yaml("f.yaml", raw)

    assert time.process_time() - started < 5
    assert source.value is None
    assert expected in str(source.problems[0])


def test_all_structural_problems_of_a_file_are_shown_at_once() -> None:
    source = read_yaml("f.yaml", b"a: &x 1\nb: !!str y\nc: 010\na: 2\n")

    assert [str(p).partition(": ")[0] for p in source.problems] == [
        "f.yaml:1:4",
        "f.yaml:2:4",
        "f.yaml:3:4",
        "f.yaml:4:1",
    ]


def test_an_unquoted_template_gets_a_hint() -> None:
    source = read_yaml("f.yaml", b"path: {{ labels.mountpoint }}\n")

    assert 'Quote a value that begins with a template: "{{ … }}"' in str(source.problems[0])


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    source = read_yaml("f.yaml", raw)

    assert (source.value is None) or not source.problems


@given(st.text(alphabet="{}[]:,-&*!|>?%@`\"'# \n\tab01~<", max_size=80))
def test_no_punctuation_makes_the_reader_fail(text: str) -> None:
    read_yaml("f.yaml", text.encode())


def test_a_missing_file_is_a_problem_of_its_first_line(tmp_path: Path) -> None:
    source = read_yaml_file(tmp_path / "no.yaml")

    assert str(source.problems[0]) == (
        f"{tmp_path}/no.yaml:1:1: error[unreadable]: "
        "the file cannot be read: No such file or directory"
    )


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    source = read_yaml_file(tmp_path / "pipe.yaml")

    assert "is not a regular file" in str(source.problems[0])


def test_a_byte_order_mark_is_no_harm() -> None:
    assert read_yaml("f.yaml", b"\xef\xbb\xbfa: 1\n").value == {"a": 1}
