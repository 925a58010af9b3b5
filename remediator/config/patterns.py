"""Regular expressions from the settings that meet labels: refused where a hostile label could make them slow.

Python's `re` backtracks. A repeated group, or many unbounded repeats, can take minutes on a text somebody else
chose; neither is needed to rewrite a host name. Used by templates, hosts and commands.
"""

from __future__ import annotations

import re

LONGEST_TEXT = 256
_LONGEST_PATTERN = 200
_MOST_REPEATS = 3
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_REPEATED_GROUP = re.compile(r"\)\s*(?:[*+]|\{)")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}|\{\d{2,}\}")
_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?P=")


def safe_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern whose cost on 256 characters is bounded; ValueError says what is wrong with it."""
    if len(text) > _LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {_LONGEST_PATTERN} characters")
    try:
        compiled = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"`{text}` is not a regular expression: {error}") from error
    skeleton = _CLASS.sub("x", _ESCAPE.sub("x", text))
    if _REPEATED_GROUP.search(skeleton) or _BACKREFERENCE.search(text):
        raise ValueError(
            f"`{text}` repeats a group, which can be very slow; repeat single characters"
        )
    if len(_REPEAT.findall(skeleton)) > _MOST_REPEATS:
        raise ValueError(f"`{text}` has more than {_MOST_REPEATS} repeats, which can be very slow")
    return compiled


def fully_matches(pattern: str, text: str) -> bool:
    """Say whether the whole text matches; a text of more than 256 characters never does."""
    return len(text) <= LONGEST_TEXT and re.fullmatch(pattern, text) is not None
