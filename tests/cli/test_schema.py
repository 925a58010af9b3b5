"""`schema`: what editors need, from what is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remediator import __version__
from tests.cli.command import offline
from tests.http.daemon import running


@pytest.mark.parametrize("kind", ["playbook", "settings", "test"])
def test_a_schema_is_printed_whole(kind: str) -> None:
    schema = json.loads(offline("schema", kind).stdout)

    assert schema["$id"].endswith(f"/{__version__}/{kind}.json")
    assert schema["type"] == "object"


def test_a_playbooks_is_printed_unless_another_is_named() -> None:
    assert "steps" in json.loads(offline("schema").stdout)["properties"]


def test_the_modelines_name_the_place() -> None:
    assert offline("schema", "--modeline", "../schemas/playbook.json").stdout == (
        "# yaml-language-server: $schema=../schemas/playbook.json\n"
        "# $schema: ../schemas/playbook.json\n"
    )


async def test_a_daemon_has_them_for_editors_without_a_token(tmp_path: Path) -> None:

    async with running(tmp_path) as daemon:
        found = await daemon.get("/api/schema/playbook.json")
        missing = await daemon.get("/api/schema/playbook")
        other = await daemon.get("/api/schema/runs.json")

    assert found.status == 200
    assert found.json == json.loads(offline("schema", "playbook").stdout)
    assert (missing.status, other.status) == (404, 404)
