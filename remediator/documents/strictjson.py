"""JSON as we accept it from outside: one meaning on every machine, or refused. Used by the webhook and the API.

Python's reader takes duplicate keys, NaN, lone surrogates and NUL; PostgreSQL, SQLite and other readers of the same
bytes would each make something else of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from remediator.core.errors import InputError

MOST_DEPTH = 32
MOST_CONTAINERS = 250_000
MOST_KEYS = 500_000
"""Ten thousand alerts with thirty labels and annotations each have fewer; more costs memory and time to read."""

# Only these escapes can smuggle in what raw UTF-8 cannot hold; a hit is then looked at closely.
SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

_WHITE_SPACE = b" \t\n\r"
_SURROGATE = re.compile("[\ud800-\udfff]")


class InvalidJson(InputError):
    """Refuse a body as JSON, in words for its sender."""


def read_json(body: bytes) -> object:
    """Return the value of a JSON text in UTF-8; raise InvalidJson. The work grows with the body and no faster."""
    _refuse_crowd(body)
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidJson(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise InvalidJson(f"nested deeper than {MOST_DEPTH} levels") from error
    except json.JSONDecodeError as error:
        raise InvalidJson(f"not JSON: {error}") from error
    except ValueError as error:  # the interpreter's limit for the digits of one number
        raise InvalidJson("not JSON: a number has too many digits") from error
    if SUSPECT.search(body):
        _refuse_unstorable(value)
    return value


def keys_written(body: bytes) -> int:
    """Return no less than the number of keys in a JSON text: without white space, `":` stands behind each of them.

    It may stand inside of texts too. So whoever reads exactly as many keys knows that none of them is there twice.
    """
    return body.translate(None, _WHITE_SPACE).count(b'":')


def may_be_deep(body: bytes) -> bool:
    """Say whether a text has enough brackets to be nested too deep; most have not, and need no closer look."""
    return body.count(b"{") + body.count(b"[") > MOST_DEPTH


def refuse_deep(value: object, depth: int = 1) -> None:
    """Raise InvalidJson where a value is nested deeper than MOST_DEPTH; `depth` is where it stands itself."""
    level = [value]
    while level := [inner for outer in level for inner in _inside(outer)]:
        depth += 1
        if depth > MOST_DEPTH:
            raise InvalidJson(f"nested deeper than {MOST_DEPTH} levels")


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    if isinstance(value, list):
        return [inner for inner in value if isinstance(inner, dict | list)]
    return []


def _refuse_crowd(body: bytes) -> None:
    """Count before anything is made of it: sixteen mebibytes of `{},` would become a gigabyte of objects."""
    if body.count(b"{") + body.count(b"[") > MOST_CONTAINERS:
        raise InvalidJson(
            f"more than {MOST_CONTAINERS} objects and lists, or nested deeper than {MOST_DEPTH} levels"
        )
    if body.count(b":") > MOST_KEYS and keys_written(body) > MOST_KEYS:
        raise InvalidJson(f"more than {MOST_KEYS} keys")


def _refuse_unstorable(value: object) -> None:
    for text in _texts(value):
        if "\x00" in text:
            raise InvalidJson("a text holds NUL (\\u0000)")
        if _SURROGATE.search(text):
            raise InvalidJson("a text holds a lone surrogate (\\ud800 to \\udfff)")


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidJson(f"the key {_repeated([key for key, _ in pairs])[:100]!r} is there twice")
    return value


def _repeated(keys: list[str]) -> str:
    """Return the first key that was there before; a set remembers, because a list would be searched for each key."""
    known: set[str] = set()
    for key in keys:
        if key in known:
            return key
        known.add(key)
    raise LookupError("no key is there twice")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
