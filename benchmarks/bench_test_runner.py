"""`remediator test`: 500 tests in under five seconds, reading included, on the processors that there are.

They are as people write them: most are about a decision and a plan, one in ten lives to a verified end.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import finish, report

from remediator.config.case_files import read_suite
from remediator.config.catalog import find_catalog
from remediator.config.settings import Settings
from remediator.rehearsal.site import Site
from remediator.rehearsal.suite import run_cases

FILES, ROUNDS = 10, 5
PLAYBOOK = Path(__file__).parents[1] / "playbooks" / "service-down.yaml"
HEAD = f"""\
playbooks: [{PLAYBOOK}]
alerts: [{{labels: {{alertname: ServiceDown, instance: "web1:9100", name: nginx.service}}}}]
given: {{unit: holds, promql: holds}}
tests:
"""
TESTS = """\
  - {name: runs N, expect: {decision: run, plan: [service.restart]}}
  - {name: shows N, given: {mode: dry_run}, expect: {decision: dry_run, plan: [service.restart]}}
  - {name: asks N, given: {mode: approve}, expect: {approval: asked, plan: [service.restart]}}
  - {name: blocked N, given: {unit: fails}, expect: {decision: blocked, by: require}}
  - {name: unknown N, given: {promql: unknown}, expect: {decision: blocked, by: require}}
  - {name: paused N, people: [{pause: ana}], expect: {decision: run}}
  - {name: skipped N, alerts: [{labels: {alertname: ServiceDown, name: nginx.service}}], expect: {decision: skipped}}
  - {name: other N, alerts: [{labels: {alertname: Other}}], expect: {decision: not_matched}}
  - {name: silenced N, given: {silenced: true}, expect: {guards: {silenced: defer}}}
  - name: lives N
    alerts: [{labels: {alertname: ServiceDown, instance: "web1:9100", name: nginx.service}, resolves: 1m}]
    expect: {outcome: resolved, messages: [result]}
"""


def write(folder: Path) -> None:
    for file in range(FILES):
        tests = "".join(TESTS.replace(" N", f" {file}-{n}") for n in range(ROUNDS))
        (folder / f"t{file}_test.yaml").write_text(HEAD + tests)


def run(folder: Path) -> tuple[int, float]:
    """Read and run everything; return how many tests, and the seconds that it took."""
    began = time.perf_counter()
    catalog = find_catalog()
    site = Site.of(catalog, Settings())
    suite = read_suite(site.loader, catalog, [folder])
    results = list(run_cases(site, suite.tests))
    assert all(each.passed for each in results), [e.differences for e in results if not e.passed]
    return len(results), time.perf_counter() - began


with TemporaryDirectory() as name:
    write(Path(name))
    run(Path(name))
    count, seconds = min((run(Path(name)) for _ in range(3)), key=lambda found: found[1])
finish(report(f"remediator test, {count} tests", seconds, "s", "< 5", is_met=seconds < 5))
