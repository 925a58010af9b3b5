"""Short ways to rehearse a playbook that a test writes."""

from __future__ import annotations

from functools import cache

from remediator.config.case_files import WrittenCase
from remediator.config.case_reader import read_own_cases
from remediator.config.catalog import find_catalog
from remediator.config.settings import Settings
from remediator.core.selection import Index
from remediator.documents.report import Report
from remediator.documents.yaml_source import read_yaml
from remediator.rehearsal.life import live
from remediator.rehearsal.results import Result
from remediator.rehearsal.seen import Lived
from remediator.rehearsal.site import Site
from remediator.rehearsal.suite import run_case


@cache
def site() -> Site:
    return Site.of(find_catalog(), Settings())


def written(playbook: str, tests: str) -> list[WrittenCase]:
    """Read what stands under `tests` of a playbook; both are YAML. Raise where anything is wrong with them."""
    source = read_yaml("p.yaml", f"{playbook}\ntests:\n{tests}".encode())
    (loaded,) = site().loader.read([source]).checked()
    cases = read_own_cases(Report(source), site().catalog, loaded)
    return [WrittenCase(case, (loaded,)) for case in cases]


def rehearse(playbook: str, tests: str) -> list[Result]:
    """Run what stands under `tests` of a playbook."""
    return [run_case(site(), each) for each in written(playbook, tests)]


def lives(playbook: str, tests: str) -> list[Lived]:
    """Live the lives of the tests of a playbook."""
    found = written(playbook, tests)
    return [live(site(), Index(each.playbooks), each.case) for each in found]


def differences(playbook: str, test: str) -> list[str]:
    """Run one test (its keys without its name), and return what is not as expected."""
    (result,) = rehearse(playbook, f"  - {{name: one, {test}}}\n")
    return [found.sentence for found in result.differences]
