"""The rooms import only downwards, and the contracts that say so would notice if they did not."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "remediator"
LINT = Path(sys.executable).with_name("lint-imports")
ROOMS = (
    *(
        "cli",
        "rehearsal",
        "app",
        "integrations",
        "http",
        "config",
        "testing",
        "engine",
        "stores",
        "telemetry",
    ),
    *("ports", "documents", "core"),
)
VIOLATIONS = [
    ("core", "import asyncio", "pure half"),
    ("core", "import os.path", "pure half"),
    ("core", "import pydantic", "pure half"),
    ("core", "import remediator.ports", "rooms below"),
    ("engine", "import remediator.integrations", "rooms below"),
    ("documents", "import remediator.ports", "rooms below"),
    ("integrations/aws", "from remediator import telemetry", "an integration knows"),
    ("integrations/aws", "import remediator.config", "an integration knows"),
    ("integrations/aws", "import remediator.integrations.hosts", "each other"),
    ("integrations/aws", "import remediator.app", "rooms below"),
    ("http", "import remediator.config", "rooms below"),
    ("app", "import remediator.cli", "rooms below"),
    ("app", "import remediator.rehearsal", "rooms below"),
    ("rehearsal", "import remediator.integrations.hosts", "only what is declared"),
    ("app", "import remediator.integrations.hosts", "only what is declared"),
    ("cli", "def late():\n    import remediator.integrations.aws", "only what is declared"),
    ("integrations/aws/actions", "def late():\n    import boto3", "only gateways"),
    ("testing", "import asyncssh", "only gateways"),
    ("engine", "import sqlalchemy", "only stores"),
]


def linted(directory: Path) -> subprocess.CompletedProcess[str]:
    argv = [str(LINT), "--no-cache"]
    return subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False)


def missing_rooms() -> list[str]:
    places = {room: (PACKAGE / f"{room}.py", PACKAGE / room / "__init__.py") for room in ROOMS}
    return [room for room, paths in places.items() if not any(path.exists() for path in paths)]


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    """All rooms of the architecture, empty, under this project's contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        directory = tmp_path / "remediator" / room
        directory.mkdir(parents=True)
        (directory / "__init__.py").touch()
    for name in ("__init__", "__main__", "sdk"):
        (tmp_path / f"remediator/{name}.py").touch()
    for system in ("aws", "hosts"):
        for folder in (system, f"{system}/actions"):
            (tmp_path / "remediator/integrations" / folder).mkdir()
            (tmp_path / f"remediator/integrations/{folder}/__init__.py").touch()
        for name in ("one", "two"):
            (tmp_path / f"remediator/integrations/{system}/actions/{name}.py").touch()
    return tmp_path


def test_the_contracts_hold() -> None:
    if missing := missing_rooms():
        pytest.skip(f"rooms not built yet: {', '.join(missing)}")
    done = linted(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_house_keeps_the_contracts(empty_house: Path) -> None:
    done = linted(empty_house)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("room", "line", "contract"), VIOLATIONS)
def test_a_forbidden_import_is_noticed(
    empty_house: Path, room: str, line: str, contract: str
) -> None:
    (empty_house / "remediator" / room / "__init__.py").write_text(line + "\n")

    done = linted(empty_house)

    assert done.returncode == 1, done.stdout + done.stderr
    broken = [text for text in done.stdout.splitlines() if " BROKEN" in text]
    assert len(broken) == 1, done.stdout
    assert contract in broken[0]


def test_actions_may_share_their_receipts(empty_house: Path) -> None:
    systems = empty_house / "remediator/integrations"
    (systems / "shell").mkdir()
    (systems / "shell/__init__.py").touch()
    (systems / "shell/receipts.py").touch()
    line = "import remediator.integrations.shell.receipts\n"
    (systems / "hosts/actions/one.py").write_text(line)
    (systems / "aws/actions/one.py").write_text(line)

    done = linted(empty_house)

    assert done.returncode == 0, done.stdout


def test_an_action_that_imports_another_is_noticed(empty_house: Path) -> None:
    one = empty_house / "remediator/integrations/hosts/actions/one.py"
    one.write_text("import remediator.integrations.hosts.actions.two\n")

    assert "actions never import each other BROKEN" in linted(empty_house).stdout


def test_a_new_room_that_no_contract_knows_is_noticed(empty_house: Path) -> None:
    (empty_house / "remediator/attic.py").touch()

    assert linted(empty_house).returncode == 1


PURE = {"re2"}
"""Other people's code without state, IO or clock (docs/decisions/0001)."""


def test_the_core_imports_only_the_standard_library_and_what_is_as_pure() -> None:
    strangers = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((PACKAGE / "core").rglob("*.py"))
        for name in _imported(path)
        if not name.startswith("remediator.core")
        and name.partition(".")[0] not in sys.stdlib_module_names | PURE
    ]
    assert strangers == []


def _imported(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
