"""What CI servers read holds nothing that they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from remediator.documents.yaml_source import Mark
from remediator.rehearsal.reports import write_junit
from remediator.rehearsal.results import Difference, Result
from tests.rehearsal.stages import written

PLAYBOOK = """\
name: fix
match: [alertname="A"]
target: host/web1
steps: [{service.restart: {unit: a.service}}]
"""
TEST = "  - {name: one, alerts: [{labels: {alertname: A}}], expect: {runs: 0}}\n"


def test_junit_holds_no_character_that_xml_refuses(tmp_path: Path) -> None:
    (case,) = written(PLAYBOOK, TEST)
    odd = Difference(
        file="p.yaml", mark=Mark(), what="reason", expected=("a",), actual=("bell \x07 \ud800 end",)
    )
    result = replace(Result(case=case.case), differences=(odd,))

    write_junit(tmp_path / "results.xml", [result])

    root = ElementTree.parse(tmp_path / "results.xml").getroot()
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "reason: expected a, got bell � � end"
