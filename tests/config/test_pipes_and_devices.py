"""A pipe or a device where the settings name a file: an error at once, never a start that waits for ever."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from remediator.documents.regular_file import read_regular
from remediator.documents.secret import read_quietly
from remediator.documents.yaml_source import read_yaml_file
from remediator.integrations.hosts.gateway.trust import known_hosts_problem
from remediator.integrations.hosts.settings.inventory import read_inventory
from remediator.integrations.json_api import tls_context
from remediator.integrations.kubernetes.targets import own_places
from tests.config.settings_texts import problems


@pytest.fixture(name="pipe", params=["pipe", "device", "folder"])
def _pipe(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "device":
        return Path("/dev/zero")
    make: Callable[[Path], object] = os.mkfifo if request.param == "pipe" else Path.mkdir
    make(tmp_path / "odd")
    return tmp_path / "odd"


def test_it_is_not_read(pipe: Path) -> None:
    with pytest.raises(OSError, match=r"not a regular file|directory"):
        read_regular(pipe)


def test_no_reader_waits_for_it(pipe: Path) -> None:
    assert "cannot be read" in str(known_hosts_problem(pipe))
    assert read_quietly(pipe) is None
    assert own_places(pipe) == ()
    assert "cannot be read" in str(read_yaml_file(pipe).problems[0])
    with pytest.raises(ValueError, match="cannot be read"):
        read_inventory(pipe)
    with pytest.raises(OSError, match=r"not a regular file|directory"):
        tls_context(str(pipe))


def test_a_secret_is_not_read_from_it(settings_folder: Path) -> None:
    os.mkfifo(settings_folder / "pipe")
    (settings_folder / "huge").write_text("x" * 70_000)

    found = problems(
        settings_folder,
        "sources:\n  - {name: a, bearer_token_file: pipe}\n  - {name: b, bearer_token_file: huge}\n",
    )

    assert any("pipe cannot be read: it is not a regular file" in line for line in found)
    assert any("huge is larger than 64 KiB" in line for line in found)
