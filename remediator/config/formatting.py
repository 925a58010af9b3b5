"""What `remediator fmt` does to a playbook: keys in the order of its shape, comments kept, the meaning the same."""

from __future__ import annotations

from collections import Counter

from remediator.config.playbook_shape import ApprovalShape, PlaybookShape, VerifyShape
from remediator.config.steps import STEP_KEYS
from remediator.documents.layout import OTHERS, in_layout
from remediator.documents.model_reader import Shape
from remediator.documents.problem import Problem
from remediator.documents.yaml_source import KeyPath, YamlSource, read_yaml


def _keys(shape: type[Shape]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in shape.model_fields.items())


_TOP = _keys(PlaybookShape)
_STEP = ("id", OTHERS, *(key for key in STEP_KEYS if key != "id"))
_CASE = ("name", "alerts", "given", OTHERS, "expect")
_INNER = {"verify": _keys(VerifyShape), "approval": _keys(ApprovalShape)}


def order_of(path: KeyPath) -> tuple[str, ...] | None:
    """Return the order of the keys of a playbook's mapping at a path; None where any is fine."""
    match path:
        case ():
            return _TOP
        case ("steps", int()):
            return _STEP
        case ("tests", int()):
            return _CASE
        case (str() as key,):
            return _INNER.get(key)
    return None


def formatted(file: str, raw: bytes) -> tuple[bytes, tuple[Problem, ...]]:
    """Return a playbook formatted, or as it was with what is wrong with it."""
    before = read_yaml(file, raw)
    if before.problems or not isinstance(before.value, dict):
        return raw, before.problems
    text = raw.decode("utf-8-sig")
    after = in_layout(text, order_of).encode()
    if not _is_same(before, read_yaml(file, after), text, after.decode()):
        return raw, (_refused(file),)
    return after, ()


def _is_same(before: YamlSource, after: YamlSource, text: str, new: str) -> bool:
    """Say whether both files mean the same and hold the same lines."""
    return not after.problems and before.value == after.value and _words(text) == _words(new)


def _words(text: str) -> Counter[str]:
    return Counter(text.split())


def _refused(file: str) -> Problem:
    message = "formatting would change what the file means, so it is left as it is"
    hint = "Put its keys in order by hand, and report it as a bug."
    return Problem(file=file, line=1, column=1, code="format", message=message, hint=hint)
