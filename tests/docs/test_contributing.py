"""What CONTRIBUTING.md tells newcomers to do works: its example is run as they would run it."""

import importlib.util
import re
import sys
from types import ModuleType

import pytest

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "CONTRIBUTING.md"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[ModuleType]:
    """The probe and its test, under the names that the page gives them."""
    paths = re.findall(r"^\d\. `(.*)\.py`", PAGE.read_text(), re.MULTILINE)
    modules = []
    for path, code in zip(paths, blocks(PAGE, "python"), strict=True):
        name = path.replace("/", ".")
        spec = importlib.util.spec_from_loader(name, None)
        assert spec
        modules.append(importlib.util.module_from_spec(spec))
        monkeypatch.setitem(sys.modules, name, modules[-1])
        exec(compile(code, path, "exec"), vars(modules[-1]))
    return modules


async def test_the_first_change_passes_its_own_test(written: list[ModuleType]) -> None:
    probe, test = written
    ((_, runs),) = ((name, it) for name, it in vars(test).items() if name.startswith("test_"))

    await runs()
    assert probe.PROBES[0].example.startswith(probe.PROBES[0].name)


def test_every_target_of_make_that_it_names_is_listed_by_make_help() -> None:
    made = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word for line in re.findall(r"make ([a-z -]+)", PAGE.read_text()) for word in line.split()
    }

    assert {"check", "test-fast", "demo"} <= named & made
