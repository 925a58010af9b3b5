"""What every test may use, and in which lanes the slow ones run side by side."""

import gc
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["tests.parts.fixtures"]

HEAVY = (
    *(
        f"tests/acceptance/test_{name}.py"
        for name in (
            "chaos_kills",
            "chaos_storm",
            "hostile_values",
            "replicas",
            "slack_crowd",
            "slack_replicas",
        )
    ),
    "tests/world/test_chaos.py",
)
"""Files that need all cores of a small machine: they run one after the other, beside the rest."""
ROOM = 1024**3
"""Many times what the fast tests leave behind."""
_LONG = (
    *("tests/acceptance/", "tests/integrations/kubernetes/"),
    *("tests/integrations/hosts/gateway/", "tests/integrations/prometheus/"),
)


class Lanes(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests stay together, because they share their servers; the heavy files are like one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "heavy" if file in HEAVY else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    """Use the lanes for `--dist loadfile`."""
    return Lanes(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_configure(config: pytest.Config) -> None:
    """Let fast tests write to memory where there is room: no disk is waited for at each of ten thousand commits."""
    memory = Path("/dev/shm")
    is_there = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    if is_there and config.getoption("markexpr") == "not slow":
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import files in which all is slow, where nothing slow is wanted."""
    if config.getoption("markexpr") != "not slow" or collection_path.suffix != ".py":
        return None
    return True if "\npytestmark = pytest.mark.slow" in collection_path.read_text() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=_rank)


def pytest_collection_finish() -> None:
    """Tests and modules stay to the end: the garbage collector need not look through them again and again."""
    if "sqlalchemy" in sys.modules:  # some test has a store
        from tests.parts.once import work_once

        work_once()
    gc.collect()
    gc.freeze()


def _rank(item: pytest.Item) -> int:
    if item.nodeid.startswith(HEAVY):
        return 0
    return 1 if item.nodeid.startswith(_LONG) else 2
