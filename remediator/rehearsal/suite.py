"""Lives the life of each test, and holds what it expects against what was seen."""

from __future__ import annotations

import time
from collections.abc import Iterator

from remediator.config.case_files import WrittenCase
from remediator.config.case_reader import expectations
from remediator.core.selection import Index
from remediator.rehearsal.comparing import compare
from remediator.rehearsal.life import live
from remediator.rehearsal.results import Difference, Result, difference_at
from remediator.rehearsal.seen import Lived
from remediator.rehearsal.site import Site


def run_case(site: Site, written: WrittenCase, *, hears: bool = False) -> Result:
    """Run one test; with `hears`, what people are told is kept also where nobody asks about it."""
    began = time.perf_counter()
    lived = live(site, Index(written.playbooks), written.case, hears=hears)
    return Result(
        case=written.case,
        differences=tuple(_differences(written, lived)),
        lived=lived,
        seconds=time.perf_counter() - began,
    )


def _differences(written: WrittenCase, lived: Lived) -> Iterator[Difference]:
    case, playbook = written.case, written.playbook
    for problem in lived.broken:
        yield difference_at(case, case.path, (), (f"something broke: {problem}",))
    for number, problem in lived.problems:
        yield difference_at(case, (*case.path, "people", number), (), (problem,))
    for (path, expect), seen in zip(expectations(case), lived.moments, strict=True):
        about = seen.of_playbook(expect.playbook or playbook, expect.alert)
        for found in compare(expect, about):
            yield difference_at(case, (*path, *found.path), found.expected, found.actual)
