"""Small playbooks as text, and the reading of them, for the tests of this folder."""

from __future__ import annotations

from remediator.config.playbook_report import PlaybookRules
from remediator.config.playbooks import LoadedPlaybooks, PlaybookLoader
from remediator.core.playbook import Playbook
from remediator.documents.yaml_source import read_yaml
from tests.config.catalogs import small_catalog

LOADER = PlaybookLoader(small_catalog())
HEAD = """\
name: disk
runbook_url: https://example.com/disk
match: ['alertname="DiskSpaceLow"']
requires: [instance]
target: host/{{ labels.instance | host }}
"""
STEPS = "steps:\n  - ssh.run: {command: tidy}\n"
VERIFY = "verify: {all: [{alert: resolved}]}\n"


def load(text: str, rules: PlaybookRules | None = None) -> LoadedPlaybooks:
    loader = LOADER if rules is None else PlaybookLoader(small_catalog(), rules)
    return loader.read([read_yaml("p.yaml", text.encode())])


def playbook(text: str, rules: PlaybookRules | None = None) -> Playbook:
    return next(iter(load(text, rules).checked()))


def problems(text: str, rules: PlaybookRules | None = None) -> list[str]:
    return [str(problem) for problem in load(text, rules).problems]


def assert_lines(found: list[str], expected: list[str]) -> None:
    """Compare line by line; an expected line that ends in … is only a beginning."""
    assert len(found) == len(expected), found
    for line, wanted in zip(found, expected, strict=True):
        assert line.startswith(wanted[:-1]) if wanted.endswith("…") else line == wanted
