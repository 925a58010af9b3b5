"""One way to write a value down, so that equal values have equal digests on every machine."""

from __future__ import annotations

import hashlib
import json
import re

DIGEST_DIGITS = 64
"""A yes binds a whole digest. Shorter forms are for the eye only: no door takes one."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys, no spaces and no NaN; mappings, tuples and plain values only."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of a value, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Say whether this is a whole digest."""
    return _DIGEST.fullmatch(text) is not None
