"""PromQL taken apart at its operators, so that the check `promql` can ask about the parts of a query. Pure.

Tokens and precedence are those of Prometheus' `promql/parser/generated_parser.y`: `or`, then `and` and `unless`, then
comparisons, `+ -`, `* / % atan2`, a sign, and `^`, which alone binds to the right. It is no check of a query:
Prometheus says itself what is wrong with one. What cannot be taken apart is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_PARTS = 200
_DEEPEST = 40
_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<number>0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?[a-zA-Z0-9]*)
    |(?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<mark>==|!=|<=|>=|=~|!~|[-+*/%^<>=@,:(){}\[\]])""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "{": "}", "[": "]"}
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SETS = frozenset({"and", "or", "unless"})
_STRENGTH = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(COMPARISONS, 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
_SIGN = 6  # a sign binds as tightly as what stands behind `*`, and less than `^`
_PAIRING = frozenset({"on", "ignoring", "group_left", "group_right"})
_GROUPING = frozenset({"by", "without"})
_SHIFTS = frozenset({"offset", "@"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a query as it stands there; it is a query itself, but for a range or a subquery."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf(Part):
    """A selector, a number or a text; `name` is the metric's, where it is written before the braces."""

    name: str = ""
    is_constant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets(Part):
    """Something between round brackets."""

    inner: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign(Part):
    """Something behind a plus or a minus."""

    inner: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifted(Part):
    """Something at another time (`offset`, `@`), or over a range, which Prometheus answers with no vector."""

    inner: Part
    is_range: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Part):
    """A function, or an aggregation; `is_grouped` with `by` or `without`."""

    name: str
    arguments: tuple[Part, ...]
    is_grouped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Part):
    """Two sides of an operator (in lower case). `pairing` is what says which series belong together, as written."""

    operator: str
    left: Part
    right: Part
    is_bool: bool = False
    pairing: str = ""

    @property
    def is_filter(self) -> bool:
        """Whether this is a comparison that only lets pass."""
        return self.operator in COMPARISONS and not self.is_bool

    def joined(self, left: str, right: str, *, operator: str = "") -> str:
        """Return the same operation on other sides, or with another operator."""
        return f"({left}) {operator or self.operator} {self.pairing} ({right})"


def parse_promql(text: str) -> Part | None:
    """Return the query taken apart, or None where this file does not know how."""
    try:
        reader = _Reader(text)
        whole = reader.expression(0, 0)
        return whole if reader.is_done else None
    except _Puzzled:
        return None


def count_tokens(text: str) -> int:
    """Return of how many words and signs a text is made; 0 where some of it is neither."""
    try:
        return sum(1 for _ in _tokens(text))
    except _Puzzled:
        return 0


def inside(part: Part) -> Part:
    """Return what stands between the outermost brackets, if there are any."""
    while isinstance(part, Brackets):
        part = part.inner
    return part


def parts_of(part: Part) -> tuple[Part, ...]:
    """Return the parts that one is directly made of."""
    match part:
        case Brackets() | Sign() | Shifted():
            return (part.inner,)
        case Call():
            return part.arguments
        case Binary():
            return (part.left, part.right)
    return ()


def operators(part: Part) -> Iterator[Binary]:
    """Yield every operator anywhere within a part."""
    if isinstance(part, Binary):
        yield part
    for each in parts_of(part):
        yield from operators(each)


def lets_pass(part: Part) -> bool:
    """Say whether all that a query returns has passed a comparison without `bool`, so that a 0 of it counts."""
    match inside(part):
        case Binary(operator="or", left=left, right=right):
            return lets_pass(left) and lets_pass(right)
        case Binary(operator="and" | "unless", left=left):
            return lets_pass(left)
        case Binary() as operation:
            return operation.is_filter
    return False


def is_constant(part: Part) -> bool:
    """Say whether a part is made of numbers, texts and the time only, so that it always has a value."""
    if isinstance(part, Leaf):
        return part.is_constant
    if isinstance(part, Call) and not part.arguments:
        return True  # time(), pi()
    if isinstance(part, Binary) and (part.is_filter or part.operator in SETS):
        return False  # hour() > 8 has no value at night
    inner = parts_of(part)
    return bool(inner) and all(is_constant(each) for each in inner)


def number_of(part: Part) -> float | None:
    """Return the number that is written there, with its sign, or None."""
    part = inside(part)
    if isinstance(part, Sign):
        value = number_of(part.inner)
        return -value if value is not None and part.text.startswith("-") else value
    try:
        return float(part.text) if isinstance(part, Leaf) and part.is_constant else None
    except ValueError:
        return None


class _Puzzled(Exception):
    """The text is no query that this file knows."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.lower()


class _Reader:
    """Reads a query from its start, one token after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tuple(_tokens(text))
        self._at = 0
        self._parts = 0

    @property
    def is_done(self) -> bool:
        return self._at == len(self._tokens)

    def expression(self, weakest: int, depth: int) -> Part:
        """Read an operand and every operator behind it that binds at least so strongly."""
        self._parts += 1
        if depth > _DEEPEST or self._parts > MOST_PARTS:
            raise _Puzzled
        start, left = self._start, self._operand(depth)
        while (strength := _STRENGTH.get(self._next.word, 0)) and strength >= weakest:
            operator = self._take().word
            is_bool = self._skip("bool")
            pairing = self._pairing()
            above = strength if operator == "^" else strength + 1
            right = self.expression(above, depth + 1)
            left = Binary(
                text=self._since(start),
                operator=operator,
                left=left,
                right=right,
                is_bool=is_bool,
                pairing=pairing,
            )
        return left

    def _operand(self, depth: int) -> Part:
        start = self._start
        if self._next.text in ("+", "-"):
            self._take()
            inner = self.expression(_SIGN, depth + 1)
            return Sign(text=self._since(start), inner=inner)
        found = self._primary(depth)
        while self._next.word in _SHIFTS or self._next.text == "[":
            is_range = self._shift(depth)
            found = Shifted(text=self._since(start), inner=found, is_range=is_range)
        return found

    def _primary(self, depth: int) -> Part:
        start, token = self._start, self._take()
        if token.kind in ("number", "string"):
            return Leaf(text=token.text, is_constant=True)
        if token.text == "(":
            inner = self.expression(0, depth + 1)
            self._expect(")")
            return Brackets(text=self._since(start), inner=inner)
        if token.text == "{":
            self._to_closing("{")
            return Leaf(text=self._since(start))
        if token.kind != "word":
            raise _Puzzled
        return self._named(token, depth)

    def _named(self, token: _Token, depth: int) -> Part:
        """Read what a name begins: a call, a selector, or one of the two numbers that are words."""
        is_grouped = self._grouping()
        if self._next.text == "(":
            arguments = self._arguments(depth)
            is_grouped = self._grouping() or is_grouped
            text = self._since(token.start)
            return Call(text=text, name=token.word, arguments=arguments, is_grouped=is_grouped)
        if is_grouped:
            raise _Puzzled
        if self._skip("{"):
            self._to_closing("{")
            return Leaf(text=self._since(token.start), name=token.text)
        is_number = token.word in ("inf", "nan")
        return Leaf(text=token.text, name="" if is_number else token.text, is_constant=is_number)

    def _arguments(self, depth: int) -> tuple[Part, ...]:
        self._expect("(")
        found: list[Part] = []
        while not self._skip(")"):
            found.append(self.expression(0, depth + 1))
            if self._next.text != ")":
                self._expect(",")
        return tuple(found)

    def _grouping(self) -> bool:
        if self._next.word not in _GROUPING:
            return False
        self._take()
        self._expect("(")
        self._to_closing("(")
        return True

    def _pairing(self) -> str:
        start = self._start
        while self._next.word in _PAIRING:
            self._take()
            if self._skip("("):
                self._to_closing("(")
            elif self._tokens[self._at - 1].word in ("on", "ignoring"):
                raise _Puzzled
        return self._since(start) if self._start > start else ""

    def _shift(self, depth: int) -> bool:
        """Read a range, an offset or a moment; say whether it was a range."""
        if self._skip("["):
            self._to_closing("[")
            return True
        self._take()
        if self._next.text in ("+", "-"):
            self._take()
        if self._next.text == "(":
            self._primary(depth)
            return False
        if self._take().kind == "word" and self._skip("("):
            self._to_closing("(")
        return False

    def _to_closing(self, opening: str) -> None:
        """Skip to the bracket that closes one that was just taken."""
        waiting = [_CLOSING[opening]]
        while waiting:
            text = self._take().text  # a text in quotes is none of these
            if text in _CLOSING:
                waiting.append(_CLOSING[text])
            elif text == waiting[-1]:
                waiting.pop()
            elif text in _CLOSING.values():
                raise _Puzzled

    @property
    def _next(self) -> _Token:
        return _END if self.is_done else self._tokens[self._at]

    @property
    def _start(self) -> int:
        return len(self._text) if self.is_done else self._next.start

    def _take(self) -> _Token:
        if self.is_done:
            raise _Puzzled
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, word: str) -> bool:
        is_there = self._next.kind != "string" and self._next.word == word
        self._at += is_there
        return is_there

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise _Puzzled

    def _since(self, start: int) -> str:
        return self._text[start : self._tokens[self._at - 1].end]


_END = _Token("end", "", 0, 0)


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _Puzzled
        place = found.end()
        if found.lastgroup != "blank":
            yield _Token(found.lastgroup or "", found[0], found.start(), place)
