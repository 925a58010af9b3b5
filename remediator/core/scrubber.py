"""Known secrets, masked in every text that leaves the daemon; used by log lines and by shells."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from urllib.parse import quote

_SHORTEST_SECRET = 4


class Scrubber:
    """Masks known secrets in texts, also where they were quoted, escaped or put into base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {s for secret in secrets for s in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def __call__(self, text: str) -> str:
        """Return the text with every secret replaced by `***`."""
        return self._pattern.sub("***", text) if self._pattern else text

    def inside(self, value: object) -> object:
        """Return a JSON-like value with every text in it masked; what is not JSON-like becomes text first."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self(str(key)): self.inside(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.inside(item) for item in value]
        if value is None or isinstance(value, int):
            return value
        return value if isinstance(value, float) and isfinite(value) else self(str(value))


def _spellings(secret: str) -> Iterable[str]:
    lines = [line for line in secret.splitlines() if len(line) >= 16]  # a key in a file
    for text in {secret, secret.strip(), *lines}:
        if len(text) >= _SHORTEST_SECRET:
            encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
            yield from (text, quote(text, safe="", errors="replace"), encoded.rstrip("="))
            yield from (repr(text)[1:-1], json.dumps(text)[1:-1])
