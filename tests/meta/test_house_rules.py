"""The rules of style.md that a machine can see: sizes, names, excepts, clocks, mocks, places."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tests.meta.tree import PACKAGE, ROOT, TESTS, functions, place, sources, tracked_texts, tree

MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 45
NAMELESS = {"utils", "util", "base", "common", "helpers", "helper"}
BROAD = {"Exception", "BaseException"}
BROAD_PLACES = {"engine/runner.py": 1, "engine/courier.py": 1, "http/": 1}
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns", "monotonic_ns"}
# Put together here, so that this file does not break its own rules.
REMINDERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
INDEXES = re.compile(
    r"py" + r"pi\.org|python" + r"hosted\.org|registry\.npm" + r"js|crates" + r"\.io"
    r"|--(extra-)?index" + r"-url|--find" + r"-links"
)
MACHINE_PATHS = re.compile(
    r"/work" + r"/(main|shared)|/tmp" + r"/(venv|team)|/opt" + r"/(wheels|pypi)"
)


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in sources(PACKAGE, TESTS)}
    assert {name: n for name, n in lengths.items() if n > MOST_FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        place(path, function.lineno)
        for path in sources(PACKAGE)
        if path.read_text().count("\n") > MOST_FUNCTION_LINES
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 > MOST_FUNCTION_LINES
    ]
    assert long == []


def test_every_module_has_a_name_that_says_what_it_is() -> None:
    nameless = [
        place(path)
        for path in sources(PACKAGE, TESTS)
        if NAMELESS & {path.stem, *path.relative_to(ROOT).parent.parts}
    ]
    assert nameless == []


def test_broad_excepts_stand_in_three_places_only() -> None:
    found = Counter(_broad_place(path) for path in sources(PACKAGE) for _ in _broad_excepts(path))
    assert dict(found) == {name: n for name, n in BROAD_PLACES.items() if _is_built(name)}


def test_the_core_never_asks_a_clock() -> None:
    asked = [
        place(path, node.lineno)
        for path in sources(PACKAGE / "core")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and _asks_a_clock(node.func)
    ]
    assert asked == []


def test_mocks_are_for_gateways_only() -> None:
    mocked = [
        place(path)
        for path in sources(TESTS)
        if "gateway" not in path.parts and _imports_mock(path)
    ]
    assert mocked == []


def test_no_test_sleeps_and_then_trusts_that_it_was_long_enough() -> None:
    """Wait for what is to happen; where time itself is meant, say so beside the sleep."""
    assert [
        place(path, sleep.lineno)
        for path in sources(TESTS)
        if "sleep(" in (text := path.read_text())
        for sleep in _trusted_sleeps(path)
        if "#" not in text.splitlines()[sleep.lineno - 1]
    ] == []


def test_nothing_is_left_for_later() -> None:
    assert _lines_with(REMINDERS) == []


def test_no_tracked_file_names_a_package_index() -> None:
    assert _lines_with(INDEXES) == []


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    assert _lines_with(MACHINE_PATHS) == []


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        place(path, number)
        for path, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def _broad_excepts(path: Path) -> list[int]:
    if "except" not in path.read_text():
        return []
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    return [h.lineno for h in handlers if h.type is None or BROAD & set(_names(h.type))]


def _names(node: ast.expr) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]


def _broad_place(path: Path) -> str:
    """The known place a file belongs to; its own name if it is none of them."""
    name = path.relative_to(PACKAGE).as_posix()
    return "http/" if name.startswith("http/") else name


def _is_built(name: str) -> bool:
    if name.endswith("/"):
        return any("middleware" in path.read_text() for path in sources(PACKAGE / name))
    return (PACKAGE / name).is_file()


def _asks_a_clock(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute):
        return False
    if called.attr == "time":  # `moment.time()` is the time of day of a given moment
        return isinstance(called.value, ast.Name) and called.value.id == "time"
    return called.attr in CLOCKS


def _trusted_sleeps(path: Path) -> Iterator[ast.stmt]:
    """The statements that sleep for a fixed time and are followed by an assert at once."""
    for node in ast.walk(tree(path)):
        body = getattr(node, "body", None)
        for one, following in pairwise(body if isinstance(body, list) else []):
            if isinstance(following, ast.Assert) and _sleeps(one):
                yield one


def _sleeps(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(ast.Call() as call) | ast.Expr(ast.Await(ast.Call() as call)):
            return (
                isinstance(call.func, ast.Attribute)
                and call.func.attr == "sleep"
                and isinstance(call.args[0], ast.Constant)
                and bool(call.args[0].value)
            )
    return False


def _imports_mock(path: Path) -> bool:
    if "unittest" not in path.read_text():
        return False
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import) and any("unittest" in n.name for n in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"):
            return True
    return False
