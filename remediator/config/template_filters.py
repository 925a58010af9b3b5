"""The filters that templates may use, each bounded in time and size. Used by `templates` only.

A filter sees label values that anybody may have written: it returns text, and never evaluates any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from remediator.core.errors import InvalidTemplate
from remediator.core.pattern import compiled, read_replacement, replaced
from remediator.ports.integration import Filter

LARGEST_TEXT = 8 * 1024
FILTER_ARGUMENTS: Mapping[str, tuple[int, int]] = {
    "default": (1, 1),
    "lower": (0, 0),
    "replace": (2, 2),
    "regex_replace": (2, 2),
    "promql": (0, 0),
    "promql_regex": (0, 0),
}
_LONGEST_REPLACED = 256
_REGEX_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


class PromqlText(str):
    """Text that is already quoted for PromQL."""

    __slots__ = ()


def filters(brought: Mapping[str, Filter]) -> dict[str, Callable[..., object]]:
    """Return all filters by name; those that integrations brought come first."""
    return {
        **{name: _given_labels(found) for name, found in brought.items()},
        "default": default,
        "lower": lambda value: text_of(value).lower(),
        "replace": replace,
        "regex_replace": regex_replace,
        "promql": promql,
        "promql_regex": promql_regex,
    }


def _given_labels(found: Filter) -> Callable[..., str]:
    @pass_context
    def filled(context: Context, value: object) -> str:
        labels = context.get("labels")
        return found(text_of(value), labels if isinstance(labels, Mapping) else {})

    return filled


def text_of(value: object) -> str:
    """Return a printable value as text; InvalidTemplate for anything that is not one, such as all labels."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Undefined):
        text = str(value)  # an Undefined raises UndefinedError here, and says what is missing
        if len(text) <= LARGEST_TEXT:
            return PromqlText(text) if isinstance(value, PromqlText) else text
        raise InvalidTemplate(f"a value of more than {LARGEST_TEXT} characters")
    raise InvalidTemplate("only one label, annotation or field can be printed, not all of them")


def default(value: object, fallback: object) -> object:
    """Return the fallback for what is absent or empty: to Prometheus these two are the same."""
    return fallback if isinstance(value, Undefined) or value == "" else value


def replace(value: object, old: object, new: object) -> str:
    """Replace every occurrence of a text."""
    text, old_text, new_text = text_of(value), text_of(old), text_of(new)
    if not old_text:
        raise InvalidTemplate("replace: the text to look for is empty")
    grown = len(text) + text.count(old_text) * (len(new_text) - len(old_text))
    if grown > LARGEST_TEXT:
        raise InvalidTemplate(f"replace: the result has more than {LARGEST_TEXT} characters")
    return text.replace(old_text, new_text)


def regex_replace(value: object, pattern: object, replacement: object) -> str:
    """Replace every match of a pattern in a text of at most 256 characters; `\\1` is the first group."""
    text, new_text = text_of(value), text_of(replacement)
    if len(text) > _LONGEST_REPLACED or len(new_text) > _LONGEST_REPLACED:
        raise InvalidTemplate(f"regex_replace: works on at most {_LONGEST_REPLACED} characters")
    try:
        found = compiled(text_of(pattern))
        return replaced(found, read_replacement(new_text, found), text, LARGEST_TEXT)
    except ValueError as error:
        raise InvalidTemplate(f"regex_replace: {error}") from error


def promql(value: object) -> PromqlText:
    """Quote for the inside of a double-quoted PromQL string (Go's escapes)."""
    text = text_of(value)
    if isinstance(text, PromqlText):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return PromqlText(escaped.replace("\n", "\\n").replace("\r", "\\r"))


def promql_regex(value: object) -> str:
    """Make a text match only itself in `=~` and `!~` (RE2's QuoteMeta); quoting comes on top, by itself."""
    return _REGEX_SPECIAL.sub(lambda found: "\\" + found[0], text_of(value))
