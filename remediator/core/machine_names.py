"""Which of the texts that an outside system calls a machine by can be a host. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from remediator.core.spelling import canonical_host, is_loopback
from remediator.core.target import Target

_HOST = re.compile(r"[A-Za-z0-9:][A-Za-z0-9._:-]{0,252}")


def hosts_of(texts: Iterable[object]) -> Iterator[Target]:
    """Yield the hosts among these; what leads back to the machine itself names none."""
    for text in dict.fromkeys(texts):
        if isinstance(text, str) and _HOST.fullmatch(text) and not _is_loopback(text):
            yield Target("host", text)


def _is_loopback(text: str) -> bool:
    name = canonical_host(text)
    return is_loopback(name) or name.split(".")[0] == "localhost"
