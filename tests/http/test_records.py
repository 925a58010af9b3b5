"""The records of playbooks by API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remediator.config.playbooks import PlaybookBook
from remediator.core.errors import Refused
from remediator.core.playbook import Mode
from remediator.core.track_record import record_of
from remediator.core.trust import Reason, Trust
from remediator.http.records import record, records
from tests.http.calls import a_call
from tests.http.daemon import a_playbook, a_waiting_run, keep, running
from tests.parts.past_runs import a_past_run


def a_trust(name: str) -> Trust:
    found = record_of([a_past_run()], frozenset())
    return Trust(
        playbook=name,
        mode=Mode.APPROVE,
        digest="d" * 64,
        record=found,
        current=found,
        next_mode=Mode.AUTO,
        reasons=(Reason(holds=True, text="10 runs"),),
    )


async def trust(name: str) -> Trust:
    if name == "nope":
        raise Refused("not_found", "there is no playbook nope")
    return a_trust(name)


async def test_a_record_says_what_became_of_the_runs_and_what_speaks_for_more() -> None:
    answer = await record(a_call(match="disk", trust=trust))
    found = json.loads(answer.body)

    assert (found["playbook"], found["next_mode"], found["is_ready"]) == ("disk", "auto", True)
    assert found["reasons"] == [{"holds": True, "text": "10 runs"}]
    assert found["record"]["with_changes"] == {"alerts": 1, "middle": 600.0}


async def test_a_playbook_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused):
        await record(a_call(match="nope", trust=trust))


async def test_records_are_listed_by_name_page_by_page() -> None:
    names = ["a", "b", "c"]
    book = PlaybookBook(by_name={n: a_playbook(n) for n in names}, by_digest={})

    async def page(query: str) -> tuple[list[str], str | None]:
        answer = await records(a_call(f"/?{query}", trust=trust, book=lambda: book))
        found = json.loads(answer.body)
        return [each["playbook"] for each in found["items"]], found["next"]

    assert await page("limit=2") == (["a", "b"], "b")
    assert await page("limit=2&after=b") == (["c"], None)
    assert await page("") == (names, None)


@pytest.mark.slow
async def test_a_real_store_gives_the_record_of_what_it_holds(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        found = (await daemon.get("/api/v1/playbooks/disk-space-low/record")).json

        assert (found["record"]["runs"], found["record"]["acted"]) == (1, 0)
        assert found["is_ready"] is False
        assert (await daemon.get("/api/v1/playbooks/nope/record")).status == 404
