"""Sources and doors that another package brings are served like our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remediator.http.readers import MIDDLING, SMALL, Readers
from remediator.integrations.alertmanager.integration import SOURCE
from tests.http import pager
from tests.http.daemon import payload, running


@pytest.mark.parametrize("size", [0, SMALL, MIDDLING], ids=["here", "thread", "apart"])
async def test_another_source_has_a_path_of_its_own_and_is_read_at_every_size(
    tmp_path: Path, size: int
) -> None:
    readers = Readers((SOURCE, pager.SOURCE))

    async with running(tmp_path, readers=readers) as daemon:
        good, bad = ({"pages": pages, "filling": "x" * size} for pages in (2, 0))
        taken = await daemon.post("/webhooks/pager", good)
        refused = await daemon.post("/webhooks/pager", bad)
        ours = await daemon.notify(payload("firing"))
        stored = await daemon.stored()

        assert (taken.status, taken.json["alerts"]) == (202, 2)
        assert (refused.status, refused.error["message"]) == (400, "this pages nobody")
        assert ours.status == 202
        assert [each.kind for each in stored] == ["pager", "pager", "alertmanager"]
        assert (await readers.read(stored[0])) == pager.parse(json.dumps(good).encode())


async def test_another_door_says_itself_who_may_post(tmp_path: Path) -> None:
    async with running(tmp_path, doors=(pager.DOOR,)) as daemon:
        path, right = pager.DOOR.path, {"X-Pager": "right"}
        taken = await daemon.ask("POST", path, data=b"yes", headers=right)
        stranger = await daemon.ask("POST", path, data=b"yes")
        large = await daemon.ask("POST", path, data=b"x" * 101, headers=right)
        described = (await daemon.get("/api/openapi.json")).json

        assert (taken.status, taken.body) == (202, b"YES")
        assert (stranger.status, large.status) == (401, 413)
        assert described["paths"][path]["post"]["security"] == [{"pager": []}]
        assert described["components"]["securitySchemes"]["pager"]["name"] == "X-Pager"
