"""docs/lifecycle.md is what the table of transitions says."""

from __future__ import annotations

import runpy
from dataclasses import fields
from pathlib import Path

from remediator.core.events import EVENTS
from remediator.core.run import Phase

DOCS = Path(__file__).parents[2] / "docs"


def printed() -> str:
    return str(runpy.run_path(str(DOCS / "print_lifecycle.py"))["page"]())


def test_the_page_is_up_to_date() -> None:
    page = (DOCS / "lifecycle.md").read_text()
    assert page == printed(), "run `python docs/print_lifecycle.py > docs/lifecycle.md`"


def test_every_event_and_every_phase_is_on_the_page() -> None:
    page = printed()
    for event in EVENTS:
        (kind,) = (each.default for each in fields(event) if each.name == "kind")
        assert f"| {str(kind).replace('_', ' ')} |" in page or kind == "admitted"
    for phase in Phase:
        assert f"{phase.value} -->" in page
