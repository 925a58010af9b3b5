"""Keys inside JSON pointers (RFC 6901, section 3): a `/` or `~` in a key is spelt otherwise there. Pure."""

from __future__ import annotations


def escaped(key: str) -> str:
    """Return a key as a JSON pointer spells it."""
    return key.replace("~", "~0").replace("/", "~1")


def unescaped(word: str) -> str:
    """Return the key behind one word of a JSON pointer."""
    return word.replace("~1", "/").replace("~0", "~")
