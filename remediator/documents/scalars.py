"""YAML 1.2's core schema for plain scalars, so that `off` is a word and `22:00` is not a number.

PyYAML speaks YAML 1.1, where both surprise (field-notes, trap 10). Used by `yaml_source` only.
"""

from __future__ import annotations

import math
import re

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_LONGEST_NUMBER = 30

Scalar = str | int | float | bool | None


def resolve_plain(text: str) -> Scalar:
    """Return what a plain (unquoted) scalar means; ValueError for numbers that readers disagree about."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    integer = next((base for base, form in _BASES if form.fullmatch(text)), None)
    if integer is None and not _FLOAT.fullmatch(text) and not _NOT_FINITE.fullmatch(text):
        return text
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number of more than 30 digits")
    if _LEADING_ZERO.fullmatch(text):
        raise ValueError(f"`{text}` is a number to some and octal to others")
    if integer is not None:
        return int(text, integer)
    return _finite(text)


_BASES = ((10, _DECIMAL), (8, _OCTAL), (16, _HEXADECIMAL))


def _finite(text: str) -> float:
    value = math.inf if _NOT_FINITE.fullmatch(text) else float(text)
    if not math.isfinite(value):
        raise ValueError(f"`{text}` is not a finite number")
    return value
