"""A plugin for pytest: which functions of the program each test calls and how long it takes, or only chosen tests.

REMEDIATOR_WATCH names the folder for what was seen (one file per process), REMEDIATOR_CHOSEN a file with the tests that
shall run, in that order.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

import pytest

ROOT = Path.cwd() / "remediator"
WATCH = os.environ.get("REMEDIATOR_WATCH", "")
CHOSEN = os.environ.get("REMEDIATOR_CHOSEN", "")

_seen: set[CodeType] = set()
_tests: dict[str, tuple[float, list[str]]] = {}


def _note(frame: FrameType, event: str, argument: object) -> None:
    _seen.add(frame.f_code)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note every call while a test runs, its fixtures with it."""
    if not WATCH:
        return (yield)
    _seen.clear()
    began = time.perf_counter()
    threading.settrace_all_threads(_note) if sys.version_info >= (3, 12) else threading.settrace(
        _note
    )
    sys.settrace(_note)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        _tests[item.nodeid] = (time.perf_counter() - began, sorted(_places()))


def _places() -> Iterator[str]:
    root = str(ROOT)
    for code in tuple(_seen):
        if code.co_filename.startswith(root):
            yield f"remediator{code.co_filename[len(root) :]}:{code.co_firstlineno}"


def pytest_sessionfinish() -> None:
    """Leave behind what was seen."""
    if WATCH and _tests:
        Path(WATCH, f"{os.getpid()}.json").write_text(json.dumps(_tests))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the chosen tests, in the order in which they were chosen."""
    if CHOSEN and (chosen := json.loads(Path(CHOSEN).read_text())):
        rank = {test: n for n, test in enumerate(chosen)}
        items[:] = sorted(
            (item for item in items if item.nodeid in rank), key=lambda item: rank[item.nodeid]
        )
