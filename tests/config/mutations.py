"""A file as it might be mistyped: one value replaced, left out, added or moved."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

Path = tuple[str | int, ...]
JUNK = [None, True, False, 0, 1, -1, 5.0, 2.5, 10**9, "", "x", "0", "5", "30s", "PT5M", "500M"]
JUNK += ["{{ labels.instance }}", "rollback", "a=b", [], ["x"], [1], [[]], ["{{ labels.a }}"]]
JUNK += [{}, {"x": 1}, {"to": "x"}]
NAMES = ["nme", "steps", "max", "unless", "query", "when", "timeout", "per", "of", "path", "text"]


def mutated(document: Any, random: Random) -> Any:
    """Return a copy with one thing changed."""
    found = copy.deepcopy(document)
    places = [place for place in _places(found) if place]
    place = random.choice(places)
    parent, key = _at(found, place[:-1]), place[-1]
    match random.randrange(5):
        case 0 | 1:
            parent[key] = copy.deepcopy(random.choice(JUNK))
        case 2:
            del parent[key]
        case 3 if isinstance(parent, dict):
            name = random.choice([*NAMES, f"{key}x"])
            parent[name] = copy.deepcopy(random.choice(JUNK))
        case 4 if isinstance(parent, list):
            parent.append(copy.deepcopy(random.choice([*JUNK, *parent])))
        case _:
            parent[key] = copy.deepcopy(_at(found, random.choice(places)))
    return found


def _places(value: Any, place: Path = ()) -> Iterator[Path]:
    yield place
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, each in inner:
        yield from _places(each, (*place, key))


def _at(value: Any, place: Path) -> Any:
    for key in place:
        value = value[key]
    return value
