"""What `check --online` asks a Prometheus about the queries of the playbooks: can it read them, and is anything there.

Each is asked once, as it is written, with harmless words for labels: what the server cannot read it refuses with a line
and a column. Then for any label instead: a query whose series nobody has is probably misspelt.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from remediator.core.errors import ActionError, Permanent
from remediator.core.facts import Known
from remediator.core.plaintext import one_line
from remediator.integrations.prometheus.api import Prometheus
from remediator.integrations.prometheus.checks.promql_absence import Absence
from remediator.integrations.prometheus.knowledge.promql_reading import (
    filled,
    for_any_label,
    offset_of,
)
from remediator.integrations.prometheus.knowledge.promql_tree import parse_promql
from remediator.ports.inspection import Finding, Level, WrittenCheck

AT_ONCE = 4
_PLACE = re.compile(r"(\d+):(\d+): (?:parse error: )?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Remark:
    """What is to be said of a query, and of which of its characters."""

    level: Level
    text: str
    hint: str = ""
    offset: int = 0


async def inspect_queries(
    prometheus: Prometheus, checks: Sequence[WrittenCheck], where: str
) -> Sequence[Finding]:
    """Return what is to be said of the `promql` checks of all playbooks, in their order; each text is asked once."""
    written = [(str(each.parameters["query"]), each) for each in checks if each.kind == "promql"]
    limit = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        asked = {
            text: group.create_task(_limited(limit, prometheus, text))
            for text in dict.fromkeys(text for text, _ in written)
        }
    remarks = [(check, remark) for text, check in written if (remark := asked[text].result())]
    return [_finding(check, remark, where) for check, remark in remarks]


def _finding(check: WrittenCheck, remark: _Remark, where: str) -> Finding:
    place = check.place("query", remark.offset)
    text, hint = remark.text, remark.hint
    return Finding(level=remark.level, where=where, text=text, hint=hint, place=place)


async def _limited(limit: asyncio.Semaphore, prometheus: Prometheus, text: str) -> _Remark | None:
    async with limit:
        try:
            samples = await prometheus.query(filled(text))
        except Permanent as error:
            return _unreadable(text, error.detail)
        except ActionError as error:
            return _Remark(Level.WARNING, one_line(f"Prometheus gave no answer: {error.detail}"))
        return None if samples else await _empty(prometheus, for_any_label(text))


def _unreadable(text: str, detail: str) -> _Remark:
    """Prometheus counts the bytes of a line."""
    found = _PLACE.search(detail)
    if found is None:
        return _Remark(Level.ERROR, one_line(detail))
    offset = offset_of(filled(text), int(found[1]), int(found[2]))
    return _Remark(Level.ERROR, f"Prometheus cannot read this: {one_line(found[3])}", "", offset)


async def _empty(prometheus: Prometheus, text: str) -> _Remark | None:
    """Say whether series are missing, or only nothing of the kind is so now."""
    whole = parse_promql(text)
    try:
        if await prometheus.query(text):
            return None
        found = await Absence(prometheus.query).of(whole) if whole else None
    except ActionError:
        return None  # for one alert it may well be answered: labels that tell series apart were left out
    if found is None or found.known is Known.UNKNOWN:
        detail = f": {found.detail}" if found and found.detail else ""
        hint = "Is it spelt as it is scraped? Until there are series the answer is unknown, which is no."
        return _Remark(Level.WARNING, one_line(f"this returns nothing now{detail}"), hint)
    return _Remark(Level.OK, "this returns nothing now; its series are there")
