"""The quick reader of YAML agrees with the careful one, or leaves the word to it."""

import random
from pathlib import Path

import pytest

from remediator.documents.plain_yaml import NotPlain, plain_value
from remediator.documents.yaml_reader import CarefulReader
from remediator.documents.yaml_source import read_yaml

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "playbooks").glob("*.yaml"))
ODD = (
    *(
        "&a ",
        "*a",
        "!!str ",
        "<<: ",
        '"<<": ',
        "\t",
        '"\\0"',
        '"\\u202e"',
        "\u2028",
        "\ufeff",
        "\r\n",
    ),
    *(
        "---\n",
        "%YAML 1.1\n---\n",
        "%YAML 1.2\n---\n",
        "...\n",
        "0777",
        "1e400",
        ".nan",
        "0x1f",
        "12:30",
    ),
    *(
        "? ",
        "- ",
        "null",
        "~",
        "[]",
        "{}",
        ": ",
        "'",
        '"',
        "#",
        "off",
        "|-\n",
        ">\n",
        "[[[[",
        "\x85",
    ),
    *("[" * 40 + "]" * 40, "{a: 1, a: 2}", "{1: 2}", "{[a]: b}", "1" * 31, "true: x\n", "a: b\n"),
)


def mutated(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice((dice.choice(ODD), "")) + text[at + dice.randint(0, 3) :]
    return text


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_what_is_read_quickly_is_what_careful_reading_gives(file: Path) -> None:
    dice, quick = random.Random(file.stem), 0
    for _ in range(150):
        text = mutated(file.read_text(), dice)
        careful = CarefulReader("x.yaml")
        value = careful.read(text)
        try:
            found = plain_value(text)
        except NotPlain:
            continue
        quick += 1
        assert not careful.problems, text
        assert repr(found) == repr(value)
    assert quick > 10


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_text_without_a_mistake_is_read_quickly(file: Path) -> None:
    plain_value(file.read_text())


@pytest.mark.parametrize("text", ODD)
def test_what_is_odd_is_never_taken_quickly_where_it_is_refused(text: str) -> None:
    careful = CarefulReader("x.yaml")
    careful.read(text)
    if not careful.problems:
        return
    with pytest.raises(NotPlain):
        plain_value(text)


def test_the_limits_are_the_careful_readers() -> None:
    for text in ("[" * 34 + "]" * 34, "[" + "1," * 10_000 + "]"):
        assert read_yaml("x.yaml", text.encode()).problems
        with pytest.raises(NotPlain):
            plain_value(text)
    assert read_yaml("x.yaml", b"[" * 33 + b"]" * 33).problems == ()


def test_a_place_is_found_though_the_text_was_read_quickly() -> None:
    source = read_yaml("x.yaml", b"a: 1\nb:\n  - c: 2\n")

    assert (source.mark(("b", 0, "c")).line, source.mark(("b", 0, "c")).column) == (3, 8)
    assert source.mark(("b", 0, "c"), of_key=True).column == 5
