"""The lines of known_hosts: those that count, and those that ssh passes over; used by `known_hosts` and `trust`.

One odd line makes no host unreachable: as ssh does (OpenSSH, hostfile.c), it is skipped. `remediator check` names it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

_MARKERS = ("", "@cert-authority", "@revoked")
_HASH_BYTES = 20  # of HMAC-SHA1, the only kind there is


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """One line that counts: `names` as they are written, `key` with its type and without a comment."""

    marker: str
    names: str
    key: str

    @property
    def is_hashed(self) -> bool:
        """Whether nobody can read whom it names."""
        return self.names.startswith("|")

    def __str__(self) -> str:
        return f"{self.marker} {self.names} {self.key}".lstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class OddLine:
    """A line that is passed over, with its number and why."""

    number: int
    why: str


def read_known_lines(text: str) -> tuple[tuple[KnownLine, ...], tuple[OddLine, ...]]:
    """Return the lines that count and the odd ones; comments and empty lines are neither."""
    found = [(number, _line(words)) for number, words in _written(text)]
    known = tuple(line for _, line in found if isinstance(line, KnownLine))
    return known, tuple(OddLine(number=n, why=why) for n, why in found if isinstance(why, str))


def _written(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, words


def _line(words: list[str]) -> KnownLine | str:
    marker = words[0] if words[0].startswith("@") else ""
    fields = words[1:] if marker else words
    if marker not in _MARKERS:
        return f"there is no marker {marker[:40]}"
    if len(fields) < 3:
        return "expected names, a type of key and a key"
    names, kind, key = fields[:3]
    if names.startswith("|") and not _is_hash(names):
        return "its hash is broken"
    if not _is_key(kind, key):
        return "its key is broken"
    return KnownLine(marker=marker, names=names, key=f"{kind} {key}")


def _is_hash(names: str) -> bool:
    magic, _, rest = names[1:].partition("|")
    salt, _, digest = rest.partition("|")
    return magic == "1" and len(_decoded(salt)) == len(_decoded(digest)) == _HASH_BYTES


def _is_key(kind: str, key: str) -> bool:
    """Say whether a key is of the type that is written before it (RFC 4253, 6.6: a length, and the type's name)."""
    raw = _decoded(key)
    name = kind.encode()
    return raw[:4] == len(name).to_bytes(4, "big") and raw[4:].startswith(name)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:  # also for what is no ASCII
        return b""
