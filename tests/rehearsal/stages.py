"""Short ways to rehearse a playbook that a test writes."""

from __future__ import annotations

from functools import cache

from remediator.config.case_files import WrittenCase
from remediator.config.case_reader import read_own_cases
from remediator.config.catalog import find_catalog
from remediator.config.settings import Settings
from remediator.documents.report import Report
from remediator.documents.yaml_source import read_yaml
from remediator.rehearsal.results import Result
from remediator.rehearsal.site import Site
from remediator.rehearsal.suite import run_case


@cache
def site() -> Site:
    return Site.of(find_catalog(), Settings())


def rehearse(playbook: str, tests: str) -> list[Result]:
    """Run what stands under `tests` of a playbook; both are YAML. Raise where anything is wrong with them."""
    source = read_yaml("p.yaml", f"{playbook}\ntests:\n{tests}".encode())
    book = site().loader.read([source]).checked()
    (loaded,) = book
    report = Report(source)
    cases = read_own_cases(report, site().catalog, loaded)
    return [run_case(site(), WrittenCase(case, (loaded,)), hears=True) for case in cases]


def differences(playbook: str, test: str) -> list[str]:
    """Run one test (its keys without its name), and return what is not as expected."""
    (result,) = rehearse(playbook, f"  - {{name: one, {test}}}\n")
    return [found.sentence for found in result.differences]
