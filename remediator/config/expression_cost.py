"""Whether a condition is surely cheap, judged by its text and by how much it is given; used by `expressions`.

CEL has no budget in bytes: `replace` of a long annotation by itself makes gigabytes, 10 000 turns of a loop may add
two long texts each. Cheap is what is listed here; whatever else there is, is evaluated in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_GIVEN = 1024 * 1024
_LITTLE = 16 * 1024
_CALLS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*\(")
_LOOPS = frozenset(("all", "exists", "exists_one", "filter"))
_CHEAP = frozenset(
    (
        "has",
        "size",
        "in",
        "contains",
        "startsWith",
        "endsWith",
        "indexOf",
        "lastIndexOf",
        "charAt",
        "substring",
        "trim",
        "lowerAscii",
        "upperAscii",
        "int",
        "uint",
        "double",
        "bool",
        "string",
        "type",
        "timestamp",
        "duration",
        "or",
        "orValue",
        "hasValue",
        "value",
        "of",
        "ofNonZeroValue",
        "none",
        "greatest",
        "least",
        "abs",
        "ceil",
        "floor",
        "round",
        "sign",
        "trunc",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
    )
)
_MATCHES = re.compile(r"""\.matches\(\s*("[^"\\{]{0,100}"|'[^'\\{]{0,100}')\s*\)""")
_MOST_PATTERNS = 3
_MOST_SUMS = 16


def given_size(values: object) -> int:
    """Return about how many bytes a value has; texts count most."""
    if isinstance(values, str):
        return len(values) + 8
    if isinstance(values, Mapping):
        return sum(len(str(key)) + given_size(value) + 8 for key, value in values.items())
    if isinstance(values, list | tuple):
        return sum(map(given_size, values)) + 8
    return 8


def is_cheap(text: str, given: Mapping[str, object]) -> bool:
    """Say whether the condition surely takes milliseconds and little memory."""
    if "//" in text:  # a comment could stand between a name and its parenthesis
        return False
    plain, patterns = _MATCHES.subn(" ", text)
    calls = _CALLS.findall(plain)
    loops = [call for call in calls if call in _LOOPS]
    if patterns > (0 if loops else _MOST_PATTERNS) or len(loops) > 1:
        return False
    if plain.count("+") > _MOST_SUMS:
        return False
    if loops and ("+" in plain or len(calls) > len(loops) + 3):
        return False
    return _CHEAP.union(_LOOPS).issuperset(calls) and given_size(given) <= _LITTLE
