"""What the programs that keep receipts on a target say, read back; used by all shells. Pure.

A login shell may print what it likes before (a greeting in .bashrc): only lines that begin with our mark and our
token count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from remediator.core.errors import ActionError, Permanent, Stale, Transient
from remediator.core.target import Target
from remediator.integrations.shell.api import Output, Receipt

MARK = "remediator-receipt"
KEEP_BYTES = 128 * 1024  # head, and again as much tail, of each stream

_TOKEN = re.compile(r"[A-Za-z0-9_]{1,128}")
_NO_CODE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The words after the mark, all of them in order, and what was printed after the last."""

    words: tuple[str, ...]
    rest: bytes = b""

    @property
    def last(self) -> str:
        """The last thing that was said: a state or a refusal."""
        return self.words[-1] if self.words else ""

    @property
    def exit_code(self) -> int | None:
        """The exit code of a command that is done."""
        state, _, code = self.last.partition(":")
        return int(code) if state == "done" and code.isdigit() else None


def checked_token(token: str) -> str:
    """Return the token; raise Permanent where it could be more than a file name."""
    if not _TOKEN.fullmatch(token):
        raise Permanent("a token must be letters, digits and underscores")
    return token


def key_of(target: Target) -> str:
    """Return the name under which a host remembers a target's fence."""
    return sha256(str(target).encode()).hexdigest()[:32]


def read_report(stdout: bytes, token: str) -> Report:
    """Find our marks; after a state that ends the report, everything belongs to the command."""
    mark = f"{MARK} {token} ".encode()
    words: list[str] = []
    rest = stdout
    while (at := _line_start(rest, mark)) is not None:
        line, _, rest = rest[at + len(mark) :].partition(b"\n")
        words.append(line.decode("utf-8", "replace").strip())
        if words[-1] != "launched":
            return Report(words=tuple(words), rest=rest)
    return Report(words=tuple(words))


def refusal(report: Report, target: Target) -> ActionError | None:
    """Return the error that a refusal is; None where the command was started."""
    kind, _, reason = report.last.partition(" ")
    match kind:
        case "stale":
            return Stale(f"the host refused the change: {reason}", target=str(target))
        case "busy":
            return Transient(reason, target=str(target))
        case "unusable":
            return _unusable(reason, target)
    return None


def output_of(report: Report, stderr: bytes, seconds: float) -> Output:
    """Return what the command answered."""
    code = report.exit_code
    return Output(
        exit_code=_NO_CODE if code is None else code,
        stdout=report.rest.decode("utf-8", "replace"),
        stderr=stderr.decode("utf-8", "replace"),
        seconds=seconds,
        truncated=max(len(report.rest), len(stderr)) >= 2 * KEEP_BYTES,
    )


def receipt_of(report: Report, stderr: bytes, target: Target) -> Receipt:
    """Return the receipt that the host answered; raise where it could not answer."""
    if report.exit_code is not None:
        return Receipt(state="done", output=output_of(report, stderr, 0.0))
    states = {"spent": "absent", "running": "running", "started": "broken"}
    if state := states.get(report.last):
        return Receipt(state=state)
    raise refusal(report, target) or Transient(
        f"the host did not answer for its receipt: {stderr.decode('utf-8', 'replace')[-300:]}",
        target=str(target),
    )


def _unusable(reason: str, target: Target) -> ActionError:
    if reason.endswith("no space left"):
        return Transient(f"no receipt can be kept: {reason}", target=str(target))
    cure = "make it on the host: install -d -m 0700 -o USER DIRECTORY (setting `receipts`)"
    return Permanent(f"no receipt can be kept: {reason}; {cure}", target=str(target))


def _line_start(text: bytes, mark: bytes) -> int | None:
    if text.startswith(mark):
        return 0
    at = text.find(b"\n" + mark)
    return None if at < 0 else at + 1
