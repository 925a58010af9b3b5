"""An environment of its own, with ACME's package in it."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ACME = Path(__file__).parent / "acme"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python of an environment that has remediator, and acme by pip."""
    folder = tmp_path_factory.mktemp("scratch")
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "remediator.pth").write_text(f"{ROOT}\n{ours}\n")
    program = str(folder / "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", program, "install", "--quiet"]
    offline = ["--no-index", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, *offline, str(ACME)], check=True, timeout=120)
    return program
