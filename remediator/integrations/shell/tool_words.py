"""What a program's complaint means: it is not there, it is busy, we may not, or it failed; used by all host actions.

Pure. The words are those of the programs' sources, lower-cased, of every generation that is still met. What is not
known here counts as failed. Who changes something may only trust words that say that nothing was begun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the program itself says that a later try may work
_NOT_FOUND = 127
_WRAPPERS = re.compile(r"^(env: .*no such file|sudo: timeout: command not found)", re.MULTILINE)
_NO_PROGRAM = re.compile(
    r"^sudo: .*: command not found|executable file not found in \$path", re.MULTILINE
)
# Not its warnings ("unable to resolve host"), behind which the command runs all the same.
_SUDO_SAYS_NO = re.compile(
    r"^sudo: a (password|terminal) is required"
    r"|^sudo: (no tty present|sorry, you must have a tty|i'm sorry|effective uid|account validation)"
    r"|^sorry, user .* (is not allowed to execute|may not run sudo)"
    r"|is not (in the sudoers file|allowed to run sudo)",
    re.MULTILINE,
)


class Trouble(StrEnum):
    """What to do about a program that did not end well."""

    MISSING = "missing"
    BUSY = "busy"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolWords:
    """What one program says: where it can never work here (`absent`), where it did not begin (`idle`), and where it
    lost its way, which is harmless only for a look (`lost`)."""

    absent: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


_LOST = ("connection reset by peer", "connection timed out", "transport endpoint is not connected")
_DOCKER = ToolWords(
    idle=(
        "cannot connect to the docker daemon",
        "failed to connect to the docker api",
        "is the docker daemon running",
        "a prune operation is already running",
    ),
    lost=(
        *_LOST,
        "error during connect",
        "connection refused",
        "unexpected eof",
        "reading from server: eof",
        "context deadline exceeded",
        "client.timeout exceeded",
        "i/o timeout",
        "server is shutting down",
    ),
)
_JOURNAL = ToolWords(idle=("failed to connect to",), lost=_LOST)  # it rotates before it deletes
_SYSTEMD = ToolWords(
    absent=("has not been booted with systemd",),
    idle=("failed to connect to bus", "failed to connect to system scope bus", "is destructive"),
    lost=(*_LOST, "failed to activate service"),
)
_LVM = ToolWords(
    idle=(
        "can't get lock",
        "giving up waiting for lock",
        "flock failed: resource temporarily unavailable",
        "failed to lock",
        "lock failed: other process",
    )
)
_BUSY_DEVICE = ToolWords(idle=("device or resource busy",))
_PACKAGES = ToolWords(
    idle=(
        "could not get lock",
        "unable to acquire the dpkg",
        "unable to lock",
        "is another process using it",
        "lock was locked by another process",
        "is locked by another process",
        "another app is currently holding",
        "failed to obtain the transaction lock",
        "can't create transaction lock",
        "system management is locked",
        "change in progress",
    )
)
_PACKAGE_PROGRAMS = [
    "apt",
    "apt-get",
    "aptitude",
    "dpkg",
    "dnf",
    "yum",
    "microdnf",
    "rpm",
    "zypper",
    "snap",
    "apk",
]
_LVM_PROGRAMS = ["lvs", "pvs", "vgs", "lvextend", "pvresize", "vgextend", "lvresize"]
_WORDS: Mapping[str, ToolWords] = {
    "docker": _DOCKER,
    "journalctl": _JOURNAL,
    "systemctl": _SYSTEMD,
    **dict.fromkeys(_LVM_PROGRAMS, _LVM),
    **dict.fromkeys(_PACKAGE_PROGRAMS, _PACKAGES),
    "growpart": ToolWords(idle=("while obtaining exclusive lock", "failed to get lock")),
    "resize2fs": _BUSY_DEVICE,
    "xfs_growfs": ToolWords(idle=("resource temporarily unavailable",)),
    "dumpe2fs": ToolWords(lost=("superblock checksum does not match",)),  # it was being written
}


def trouble(program: str, exit_code: int, text: str, *, changing: bool) -> tuple[Trouble, str]:
    """Return what a program's bad end means, and the line that tells it ("" where none does).

    `changing` where it was to change something: then only what was not even begun is busy.
    """
    said = text.lower()
    if _NO_PROGRAM.search(said) or (exit_code == _NOT_FOUND and not _WRAPPERS.search(said)):
        return Trouble.MISSING, _line(text, ("not found", "no such file"))
    if found := _SUDO_SAYS_NO.search(said):
        return Trouble.REFUSED, _line(text, (found[0],))
    words = _WORDS.get(program.rpartition("/")[2], ToolWords())
    if any(one in said for one in words.absent):
        return Trouble.MISSING, _line(text, words.absent)
    busy = words.idle if changing else (*words.idle, *words.lost)
    if any(one in said for one in busy) and "permission denied" not in said:
        return Trouble.BUSY, _line(text, busy)
    return Trouble.FAILED, ""


def _line(text: str, words: tuple[str, ...]) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if any(one in line.lower() for one in words)), "")
