"""What every test may use, and in which lanes the slow ones run side by side."""

from pathlib import Path

import pytest

pytest_plugins = ["tests.parts.fixtures"]

_ROOT = Path(__file__).parent
_LONG = ("acceptance", "actions/kubernetes", "gateways")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together (they share their servers) and begin with what takes long.

    Files that are in the group `heavy` need both cores of a small machine: they run one after the other, beside the
    others.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(_ROOT))))
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    assert group is not None
    name = str(group.args[0])
    if name == "heavy":
        return 0
    return 1 if name.startswith(_LONG) else 2
