"""The words of a PromQL expression, as far as a graph needs them: for its limit (`graph_limit`), unit and caption.

Only texts and brackets must be right: what stands in a string, a matcher or a comment is never an operator.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum, auto

from remediator.core.duration import parse_duration

_MOST_PAIRS = 20
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORD = re.compile(
    r"""
      (?P<gap>\s+|\#[^\n]*)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    | (?P<length>(?:\d+(?:ms|[smhdwy]))+(?![\w.]))
    | (?P<number>(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w.]))
    | (?P<name>[a-z_:][a-z0-9_:]*)
    | (?P<comparison>==|!=|<=|>=|<|>)
    | (?P<match>=~|!~|=)
    | (?P<sign>[-+*/%^@,])
    | (?P<opening>[(\[{])
    | (?P<closing>[)\]}])
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


class Kind(Enum):
    """What a word is."""

    TEXT = auto()
    LENGTH = auto()
    NUMBER = auto()
    NAME = auto()
    COMPARISON = auto()
    MATCH = auto()
    SIGN = auto()
    OPENING = auto()
    CLOSING = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word, how many brackets are open around it (a bracket stands outside itself), and whether a gap precedes."""

    kind: Kind
    text: str
    depth: int
    is_apart: bool = False


Words = tuple[Word, ...]


def words_of(promql: str) -> Words | None:
    """Return the words, without comments; None where the text is no PromQL that we can read."""
    found: list[Word] = []
    open_brackets: list[str] = []
    place, is_apart = 0, False
    while place < len(promql):
        match = _WORD.match(promql, place)
        if match is None or match.lastgroup is None:
            return None
        place = match.end()
        if match.lastgroup == "gap":
            is_apart = True
            continue
        kind = Kind[match.lastgroup.upper()]
        if kind is Kind.CLOSING and (not open_brackets or open_brackets.pop() != _PAIRS[match[0]]):
            return None
        found.append(Word(kind, match[0], len(open_brackets), is_apart))
        if kind is Kind.OPENING:
            open_brackets.append(match[0])
        is_apart = False
    return None if open_brackets or not found else tuple(found)


def written(words: Words) -> str:
    """Write words on one line again; what they mean is unchanged."""
    return "".join(" " * word.is_apart + word.text for word in words).strip()


def unwrapped(words: Words) -> Words:
    """Take off brackets that enclose everything (people write one or two pairs, and nobody a thousand)."""
    for _ in range(_MOST_PAIRS):
        if len(words) < 3 or words[0].text != "(" or not _closes_last(words):
            break
        words = words[1:-1]
    return words


def outermost(words: Words) -> list[tuple[int, Word]]:
    """Return the words outside all brackets of these words, with their places."""
    floor = min((word.depth for word in words), default=0)
    return [(n, word) for n, word in enumerate(words) if word.depth == floor]


def number_of(words: Words) -> float | None:
    """Return the finite number that these words spell: `0.2`, `-1e3`, `5m`, or a product like `5 * 1024^3`."""
    words, sign = unwrapped(words), 1
    while words and words[0].text in ("-", "+"):
        sign *= -1 if words[0].text == "-" else 1
        words = unwrapped(words[1:])
    try:
        product = math.prod(_factor(part) for part in _split(words, "*"))
    except (ValueError, ArithmeticError):
        return None
    return sign * product if math.isfinite(product) else None


def _closes_last(words: Words) -> bool:
    depth = words[0].depth
    closing = next(n for n, w in enumerate(words[1:], 1) if w.text == ")" and w.depth == depth)
    return closing == len(words) - 1


def _factor(words: Words) -> float:
    powers = [_literal(part) for part in _split(words, "^")]
    if len(powers) > 2:
        raise ValueError("a power of a power")
    return math.pow(*powers) if len(powers) == 2 else powers[0]


def _literal(words: Words) -> float:
    if len(words) != 1:
        raise ValueError("not one word")
    (word,) = words
    match word.kind:
        case Kind.LENGTH:
            return parse_duration(word.text).total_seconds()
        case Kind.NUMBER if word.text.lower().startswith("0x"):
            return float(int(word.text, 16))
        case Kind.NUMBER:
            return float(word.text)
    raise ValueError("not a number")


def _split(words: Words, sign: str) -> list[Words]:
    parts: list[list[Word]] = [[]]
    for word in words:
        if word.text == sign:
            parts.append([])
        else:
            parts[-1].append(word)
    return [tuple(part) for part in parts]
