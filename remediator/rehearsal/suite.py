"""Lives the life of each test, and holds what it expects against what was seen."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any

from remediator.config.case_files import WrittenCase
from remediator.config.case_reader import expectations
from remediator.core.selection import Index
from remediator.rehearsal.comparing import compare
from remediator.rehearsal.coverage import facts_of
from remediator.rehearsal.life import live
from remediator.rehearsal.results import Difference, Result, difference_at
from remediator.rehearsal.seen import Lived
from remediator.rehearsal.site import Site


def run_case(site: Site, written: WrittenCase, *, covers: bool = False) -> Result:
    """Run one test; with `covers`, what its life went through is kept, and what people are told heard in any case."""
    began = time.perf_counter()
    lived = live(site, Index(written.playbooks), written.case, hears=covers)
    return Result(
        case=written.case,
        differences=tuple(_differences(written, lived)),
        simulated=lived.simulated,
        facts=facts_of(written.playbook, lived) if covers else {},
        seconds=time.perf_counter() - began,
    )


def run_cases(
    site: Site, tests: Sequence[WrittenCase], *, covers: bool = False, jobs: int = 0
) -> Iterator[Result]:
    """Run tests and yield their results in order; many of them on all processors (`jobs` says on how many)."""
    jobs = min(jobs or os.cpu_count() or 1, len(tests) // _FEW)
    if jobs < 2 or not hasattr(os, "fork"):
        yield from (run_case(site, each, covers=covers) for each in tests)
        return
    _SHARED[:] = [partial(run_case, site, covers=covers), tests]
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        for found, written in zip(
            pool.map(_apart, range(len(tests)), chunksize=8), tests, strict=True
        ):
            yield replace(found, case=written.case)


_FEW = 20
"""So many tests are run as quickly here as they are handed over."""
_SHARED: list[Any] = []
"""What a forked process finds: how to run a test, and all tests. Results go back without their tests."""


def _apart(number: int) -> Result:
    run, tests = _SHARED
    found: Result = run(tests[number])
    return replace(found, case=None)  # type: ignore[arg-type]  # set again by whoever asked


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
