"""Loads folders of playbooks into a `PlaybookBook`: all of them, or none and every problem of every file.

Used by the daemon at start and on reload, by `remediator check`, and by the store's readers, who load a playbook
version again from its document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from remediator.config.catalog import Catalog
from remediator.config.check_orders import written_check
from remediator.config.expressions import CelConditions
from remediator.config.playbook_files import PlaybookFolder
from remediator.config.playbook_reader import read_playbook
from remediator.config.playbook_report import PlaybookRules, Reading
from remediator.config.templates import Templates
from remediator.core.errors import InvalidPlaybook
from remediator.core.playbook import Playbook
from remediator.documents.problem import Problem, errors_first, has_errors, in_order
from remediator.documents.report import Report
from remediator.documents.yaml_source import YamlSource, read_yaml_file
from remediator.ports.inspection import WrittenCheck
from remediator.ports.sections import Sections


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookBook:
    """All playbooks in use, by name and by version."""

    by_name: Mapping[str, Playbook] = field(default_factory=dict)
    by_digest: Mapping[str, Playbook] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Playbook]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPlaybooks:
    """What loading found. The book holds the playbooks without errors: use it only where there are none at all.

    `checks` are all that were read, with their places, for whoever asked for them.
    """

    book: PlaybookBook
    problems: tuple[Problem, ...] = ()
    checks: tuple[WrittenCheck, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether anything keeps the playbooks from being used."""
        return has_errors(self.problems)

    def checked(self) -> PlaybookBook:
        """Return the book, or raise InvalidPlaybook with every error."""
        if self.has_errors:
            raise InvalidPlaybook(errors_first(self.problems))
        return self.book


class PlaybookLoader:
    """Reads playbooks with one catalog, one set of rules, and the templates and conditions that runs will use."""

    def __init__(
        self,
        catalog: Catalog,
        rules: PlaybookRules | None = None,
        *,
        templates: Templates | None = None,
        conditions: CelConditions | None = None,
    ) -> None:
        self._catalog = catalog
        self._rules = rules or PlaybookRules()
        self._templates = templates or Templates(catalog.filters(Sections()))
        self._conditions = conditions or CelConditions()

    def load(self, paths: Iterable[Path], *, with_checks: bool = False) -> LoadedPlaybooks:
        """Read files and folders; files whose names end in `_test` hold tests, not playbooks."""
        sources: list[YamlSource] = []
        problems: list[Problem] = []
        for path in paths:
            folder = PlaybookFolder(path)
            folder.look()
            sources += [read_yaml_file(file.named, file.real) for file in folder.files]
            problems += folder.problems
        return self.read(sources, problems, with_checks=with_checks)

    def read(
        self,
        sources: Iterable[YamlSource],
        problems: Iterable[Problem] = (),
        *,
        with_checks: bool = False,
    ) -> LoadedPlaybooks:
        """Read sources that are already at hand."""
        by_name: dict[str, Playbook] = {}
        found, checks = list(problems), list[WrittenCheck]()
        for source in sources:
            report = Report(source)
            reading = self._reading(report)
            playbook = read_playbook(reading)
            if with_checks:
                checks += (written_check(source, *each) for each in reading.checks)
            if playbook is not None and playbook.name in by_name:
                other = by_name[playbook.name].source
                message = f"`{playbook.name}` is also the name of the playbook in {other}"
                report.error(("name",), "duplicate-name", message)
            elif playbook is not None:
                by_name[playbook.name] = playbook
            found += report.problems
        by_digest = {playbook.digest: playbook for playbook in by_name.values()}
        book = PlaybookBook(by_name=by_name, by_digest=by_digest)
        return LoadedPlaybooks(book=book, problems=in_order(found), checks=tuple(checks))

    def from_document(self, document: str, *, source: str = "stored document") -> Playbook:
        """Return the playbook that a document was written from; raise InvalidPlaybook where it no longer loads."""
        report = Report(YamlSource(file=source, value=json.loads(document)))
        playbook = read_playbook(self._reading(report))
        if playbook is None:
            raise InvalidPlaybook(errors_first(report.problems))
        return playbook

    def _reading(self, report: Report) -> Reading:
        return Reading(
            report=report,
            catalog=self._catalog,
            templates=self._templates,
            conditions=self._conditions,
            rules=self._rules,
        )
