"""Python's collector of garbage looks at all that lives now and then, and everything stands still meanwhile: for a
second, with ten thousand playbooks. What stays anyway is kept out of its sight.

Used by whoever loads playbooks by the thousand, and by the daemon while it starts.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = gc.get_threshold()
_NEVER = 2**31 - 1
_SELDOM = 10_000


@contextmanager
def only_young() -> Iterator[None]:
    """Let the collector look only at what is new; what it costs then does not grow with what there is."""
    young, middle, full = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, full)


def rest() -> None:
    """Let the collector look seldom, and at what is new, until `keep_all`: what is imported at the start stays."""
    gc.set_threshold(_SELDOM, _USUAL[1], _NEVER)


def keep_all() -> None:
    """Take all that there is now for something that stays: it is freed when nobody refers to it, and not sought."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
