"""`test`: the tests of playbooks, each a life in virtual time. Nothing outside is reached, whatever settings say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remediator.cli.failures import NO, USAGE, Failure
from remediator.cli.options import PLAYBOOKS_HERE, config_option
from remediator.cli.terminal import say

if TYPE_CHECKING:
    from remediator.config.case_files import CaseSuite
    from remediator.rehearsal.results import Result
    from remediator.rehearsal.site import Site


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_option
@click.option("--run", "pattern", metavar="REGEX", help="Only tests whose names match somewhere.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    show_default=True,
)
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Also write JUnit's XML.",
)
@click.option("--coverage", is_flag=True, help="Also say which branches no test goes through.")
@click.option(
    "--min-coverage",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Fail where a playbook has less; implies --coverage.",
)
def test(  # noqa: PLR0913, PLR0917 - its options
    paths: tuple[Path, ...],
    config_file: str | None,
    pattern: str | None,
    form: str,
    junit: Path | None,
    coverage: bool,
    min_coverage: int | None,
) -> None:
    """Run the tests of playbooks. Exit code 1 where one fails.

    PATH is a playbook, a file *_test.yaml or a folder; without one, the settings' folders are taken,
    and ./playbooks where there are no settings.
    A test gives alerts and a world, lets people act and time pass, and says what is expected then.
    The real engine decides; nothing outside is asked or changed.

    \b
    Examples:
      remediator test playbooks/
      remediator test playbooks/disk-space-low.yaml --run "no data"
      remediator test --junit results.xml --format github
    """
    if not paths and config_file is None and not Path(PLAYBOOKS_HERE).is_dir():
        raise click.UsageError("there is nothing here to test: give PATHS or --config.file")
    site, suite = _suite(paths, Path(config_file) if config_file else None)
    _keep_matching(suite, pattern)
    covers = coverage or min_coverage is not None
    results = _run_all(site, suite, form, hears=covers)
    if junit:
        _write(junit, results)
    is_fine = all(each.passed for each in results)
    if covers:
        is_fine &= _say_coverage(suite, results) >= (min_coverage or 0)
    raise click.exceptions.Exit(0 if is_fine else NO)


def _suite(paths: tuple[Path, ...], settings_path: Path | None) -> tuple[Site, CaseSuite]:
    from remediator.config.case_files import read_suite
    from remediator.config.catalog import find_catalog
    from remediator.config.settings_reader import load_settings
    from remediator.core.errors import InvalidSettings
    from remediator.documents.problem import errors_first, has_errors
    from remediator.rehearsal.site import Site

    catalog = find_catalog()
    try:
        site = Site.of(catalog, load_settings(settings_path, catalog).checked())
    except InvalidSettings as error:
        raise Failure(str(error), hint="remediator check", exit_code=USAGE) from error
    suite = read_suite(site.loader, catalog, paths or site.settings.playbooks)
    if has_errors(suite.problems):
        say(errors_first(suite.problems), err=True)
        raise Failure("nothing was run: mend these errors first", exit_code=NO)
    return site, suite


def _keep_matching(suite: CaseSuite, pattern: str | None) -> None:
    from remediator.core.pattern import compiled

    if not suite.tests:
        hint = "docs/testing-playbooks.md says how to write them"
        raise Failure("there are no tests here", hint=hint, exit_code=USAGE)
    if pattern is None:
        return
    try:
        found = compiled(f"(?s:.*(?:{pattern}).*)")
    except ValueError as error:
        raise click.UsageError(f"--run: {error}") from error
    suite.tests = [each for each in suite.tests if found.matches(each.case.name)]
    if not suite.tests:
        raise Failure(f"no test matches {pattern!r}", exit_code=USAGE)


def _say_coverage(suite: CaseSuite, results: list[Result]) -> int:
    """Say what the tests of each playbook went through; return the least of it."""
    from remediator.rehearsal.coverage import Coverage

    coverage = Coverage()
    for written, result in zip(suite.tests, results, strict=True):
        coverage.note(written.playbook, result.lived)
    covered = [
        coverage.of(playbook, suite.sources[file])
        for file, playbook in sorted(suite.playbooks.items())
    ]
    for each in covered:
        say("\n".join(each.lines()))
    return min((each.percent for each in covered), default=100)


def _run_all(site: Site, suite: CaseSuite, form: str, *, hears: bool) -> list[Result]:
    from remediator.rehearsal import reports
    from remediator.rehearsal.suite import run_case

    say(reports.first_line(len(suite.tests), suite.files))
    results = []
    for each in suite.tests:
        results.append(run_case(site, each, hears=hears))
        if not results[-1].passed:
            say("\n".join(reports.as_text(results[-1])))
    if simulated := reports.simulated_line(results):
        say(simulated)
    say(reports.last_line(results))
    if form == "github":
        for line in reports.as_annotations(results):
            click.echo(line)
    return results


def _write(path: Path, results: list[Result]) -> None:
    from remediator.rehearsal.reports import write_junit

    try:
        write_junit(path, results)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Failure(f"cannot write {path}: {reason}", exit_code=USAGE) from error
