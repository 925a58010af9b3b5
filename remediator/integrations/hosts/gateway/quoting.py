"""From a list of words to the one line that sshd hands to the login shell; used by the SSH shell for every command.

This is the only place where words are quoted, once, by `shlex.join`; its quoting holds for every POSIX shell (dash,
bash, busybox ash are tested). Nothing else in remediator makes shell text.
"""

from __future__ import annotations

import math
import secrets
import shlex
from collections.abc import Sequence
from datetime import timedelta

from remediator.core.errors import Permanent

LONGEST_LINE = 120_000  # bytes; Linux takes no argument over 128 KiB, and the line is one argument of the login shell
_BEGIN = """\
printf '%s\\n' "$1"
printf '%s\\n' "$1" >&2
shift
exec env -i PATH="$PATH" LC_ALL=C "$@"
"""
KILL_AFTER = 5  # seconds between the polite and the certain end of a command


def under_limit(argv: Sequence[str], limit: timedelta, *, sudo: bool) -> list[str]:
    """Return the words that run `argv` for at most `limit` on the host: closing a channel ends nothing there."""
    if not argv:
        raise Permanent("there is no command")
    words = ["timeout", "-k", str(KILL_AFTER), str(whole_seconds(limit)), *argv]
    return ["sudo", "-n", *words] if sudo else words


def whole_seconds(limit: timedelta) -> int:
    """Return at least one second: zero means no limit at all to `timeout`."""
    return max(1, math.ceil(limit.total_seconds()))


def new_mark() -> str:
    """Return a line that nobody can have printed before."""
    return f"remediator-begins-{secrets.token_hex(16)}"


def behind_mark(printed: bytes, mark: str) -> bytes | None:
    """Return what was printed after the line of the mark; None where there is none.

    A login shell that traces its commands (`set -x`) prints the mark too, but not at the end of a line.
    """
    _, found, behind = printed.partition(mark.encode() + b"\n")
    return behind if found else None


def remote_line(words: Sequence[str], *, path: str, mark: str) -> str:
    """Quote words for the login shell, to run in an environment of PATH and the C locale only.

    They print the mark first, to both streams: what a .bashrc says is before it. Raise Permanent for what no command
    line can hold.
    """
    clean = ["env", "-i", f"PATH={path}", "LC_ALL=C"]
    line = shlex.join([*clean, "sh", "-c", _BEGIN, "remediator", mark, *words])
    if "\0" in line:
        raise Permanent("a word of the command holds a NUL character")
    try:
        size = len(line.encode())
    except UnicodeEncodeError:
        raise Permanent("a word of the command is not valid Unicode text") from None
    if size > LONGEST_LINE:
        raise Permanent(f"the command is {size} bytes long; hosts take {LONGEST_LINE}")
    return line
