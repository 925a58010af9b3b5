"""Alerts as people give them to a command: labels in words, or a file with what Alertmanager writes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from remediator.documents.strictjson import InvalidJson, read_json, refuse_deep
from remediator.ports.preview import Wanted

MOST_ALERTS = 50
_PAIR = re.compile(r'\s*([^=,\s"{}]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]*?))\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def labels_of(texts: Iterable[str]) -> dict[str, str]:
    """Read `NAME=VALUE,…`, with a value in double quotes where it has a comma; raise ValueError."""
    found: dict[str, str] = {}
    for text in texts:
        found |= _pairs(text.strip().removeprefix("{").removesuffix("}"))
    return found


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:
            raise ValueError(f'{text!r} is no list of labels: write alertname=Full,instance="web1"')
        name, quoted, bare = pair.groups()
        found[name] = bare if quoted is None else _ESCAPED.sub(r"\1", quoted)
        place = pair.end()
    return found


def alerts_in(raw: bytes) -> tuple[Wanted, ...]:
    """Read one alert, a list of them (`amtool alert -o json`) or a notification; raise ValueError.

    Resolved alerts are left out: nothing is done about them.
    """
    try:
        value = read_json(raw)
        refuse_deep(value)
    except InvalidJson as error:
        raise ValueError(str(error)) from error
    found = tuple(_alert(each) for each in _listed(value) if not _is_resolved(each))
    if not 0 < len(found) <= MOST_ALERTS:
        raise ValueError(f"{len(found) or 'no'} firing alerts; 1 to {MOST_ALERTS} are wanted")
    return found


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("alerts"), list):
        return list(value["alerts"])
    return value if isinstance(value, list) else [value]


def _is_resolved(raw: object) -> bool:
    return isinstance(raw, dict) and raw.get("status") == "resolved"


def _alert(raw: object) -> Wanted:
    labels = _texts(raw, "labels")
    if not labels:
        raise ValueError('an alert is an object with `labels`: {"labels": {"alertname": "Full"}}')
    return Wanted(labels=labels, annotations=_texts(raw, "annotations"))


def _texts(raw: object, key: str) -> Mapping[str, str]:
    found = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(found, dict):
        return {}
    if odd := next((name for name, text in found.items() if not isinstance(text, str)), None):
        raise ValueError(f"`{key}`: `{odd}` is not a text")
    return found
