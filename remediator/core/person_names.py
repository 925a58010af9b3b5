"""Names of people: one spelling for each, which of them look alike, and what is no name. Pure; used by `core.person`,
the doors and the settings.

Two spellings of one name are one person (Unicode's NFKC and case folding). Names that only look alike (another
alphabet's letters, an accent, an e-mail and what stands before its @) may be one person, and nobody can know it.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 256
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SEPARATORS = re.compile(r"[\W_]+")
_LIKE = str.maketrans(
    "\u0430\u0432\u0435\u0451\u0433\u0437\u0456\u0457\u043a\u043c\u043d\u043e\u0440\u0455\u0442\u0443\u0445\u0441\u0501\u04bb\u0458\u04cf\u051b\u051d\u0475\u044c\u043f\u0131\u0251\u0261\u03b1\u03b2\u03b3\u03b5\u03b9\u03ba\u03b7\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9\u03f2\u03f3\xdf\xf8\u0142\u011101",
    "abeer3iikmhopstyxcdhjlqwvbniagabyeiknvoptuxwcjboldol",
)
"""Letters of other alphabets, and digits, that are taken for Latin letters: the common part of Unicode's list."""


def canonical_person(name: str) -> str:
    """Return the one spelling of a person's name, id or e-mail."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _SPACE.sub(" ", folded).strip()


def look_of(name: str) -> str:
    """Return what a name looks like: two names of one look may be one person's."""
    local, at, _ = canonical_person(name).partition("@")
    shown = (local or canonical_person(name)) if at else canonical_person(name)
    plain = unicodedata.normalize("NFKD", shown.partition("+")[0] or shown)
    letters = "".join(c for c in plain if not unicodedata.combining(c)).translate(_LIKE)
    return _SEPARATORS.sub("", letters) or shown


def is_printable_name(name: str) -> bool:
    """Say whether a name is text that people can read: no control, direction, zero-width or invisible characters."""
    if not 0 < len(name) <= LONGEST_NAME or not name.strip():
        return False
    return name.isprintable() and not _INVISIBLE.search(name)


def printable(name: str) -> str:
    """Return what people can read of a name that somebody chose for show."""
    kept = "".join(c for c in name if c.isprintable() and not _INVISIBLE.match(c))
    return _SPACE.sub(" ", kept).strip()[:LONGEST_NAME]
