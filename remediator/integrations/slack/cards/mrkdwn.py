"""Texts made inert for Slack, and the few forms of markup that we write ourselves. Used by everything that draws.

Slack has no escape for `* _ ~` and backticks: where they could be markup, a character that looks alike stands for them.
Every text object is sent `verbatim` besides (blocks.py), so that Slack makes no link or mention of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from remediator.core.plaintext import clean, one_line
from remediator.integrations.slack.cards.limits import URL

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_INERT = {"*": "∗", "~": "∼", "`": "ˋ"}
_WRITTEN = str.maketrans(_ENTITIES | _INERT)
_IN_CODE = str.maketrans(_ENTITIES | {"`": "ˋ"})
_QUOTE = re.compile(r"^>+")
_EDGE = re.compile(r"(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])")  # inside a word it is no markup
_EMOJI = re.compile(r":(?!\d\d:\d)(?=[^\s:]{1,100}:)")  # :bomb:, but not 14:29:07
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=(?<!<)@)(?=\S)|(?<=www)(?=\.)", re.IGNORECASE)
_KEPT_IN_URLS = ":/?#[]@!$&'()*+,;=%~"
_JOINER = "\u2060"
LONGEST_LINE = 500


def escape(text: str, most: int = LONGEST_LINE) -> str:
    """Return a text on one line as mrkdwn that is nothing but text: no markup, mention, link or emoji."""
    line = _EMOJI.sub("∶", _QUOTE.sub("›", one_line(text, most)))
    return _EDGE.sub(lambda run: "ˍ" * len(run[0]), line).translate(_WRITTEN)


def plain(text: str, most: int = LONGEST_LINE) -> str:
    """Return a text on one line for a `plain_text` object, which knows emoji but no other markup."""
    return _EMOJI.sub("∶", one_line(text, most))


def sentence(text: str, most: int = 1500) -> str:
    """Return the text of a notification: escaped, and without anything that Slack would make a link of by itself."""
    return unlinked(escape(text, most))


def unlinked(text: str) -> str:
    """Return escaped mrkdwn without what Slack would make a link of by itself; our own mentions stay."""
    return _LINKED.sub(_JOINER, text)


def code(text: str, most: int = LONGEST_LINE) -> str:
    """Return a value in backticks, which it cannot leave; nothing for an empty one."""
    line = one_line(text, most)
    return f"`{line.translate(_IN_CODE)}`" if line else ""


def fence(lines: Iterable[str], most: int = LONGEST_LINE) -> str:
    """Return lines as a block of code, which they cannot leave and in which columns stay; nothing where none are."""
    shown = [_column(line, most).translate(_IN_CODE) for line in lines]
    return "```\n" + "\n".join(shown) + "\n```" if any(shown) else ""


def bold(text: str, most: int = LONGEST_LINE) -> str:
    """Return a text in bold; nothing for an empty one."""
    line = escape(text, most)
    return f"*{line}*" if line else ""


def moment(at: datetime) -> str:
    """Return a moment that everybody reads in their own time zone: `today at 14:32`."""
    return (
        f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{at:%Y-%m-%d %H:%M} UTC>"
    )


def clock(at: datetime) -> str:
    """Return a time of day, to the second, in the reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{time_secs}}|{at:%H:%M:%S} UTC>"


def link(url: str, label: str) -> str:
    """Return a link with a label of ours; nothing where the address is no web page or too long."""
    address = quote(url, safe=_KEPT_IN_URLS, errors="replace")
    if not url.startswith(("https://", "http://")) or len(address) > URL // 3:
        return ""
    return f"<{address.replace('&', '&amp;')}|{escape(label)}>"


def _column(line: str, most: int) -> str:
    return clean(line).replace("\n", " ").rstrip()[:most]
