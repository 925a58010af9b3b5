"""Loads folders of playbooks into a `PlaybookBook`: all of them, or none and every problem of every file.

Used by the daemon at start and on reload, by `remediator check`, and by the store's readers, who load a playbook
version again from its document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from remediator.config.catalog import Catalog
from remediator.config.check_orders import written_check
from remediator.config.expressions import CelConditions
from remediator.config.known_playbooks import KnownPlaybooks, Outcome
from remediator.config.playbook_files import PlaybookFile, PlaybookFolder
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

Again = Callable[[], YamlSource]
"""Reads what an outcome came from once more, for the place of something that only the whole can tell."""


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
    """Reads playbooks with one catalog, one set of rules, and the templates and conditions that runs will use.

    With `known`, a load reads only the files that changed since the last one with it; its templates must then be those
    of the rules' sections.
    """

    def __init__(
        self,
        catalog: Catalog,
        rules: PlaybookRules | None = None,
        *,
        templates: Templates | None = None,
        conditions: CelConditions | None = None,
        known: KnownPlaybooks | None = None,
    ) -> None:
        self._catalog = catalog
        self._known = known
        self._rules = rules or PlaybookRules()
        self._templates = templates or Templates(catalog.filters(Sections()))
        self._conditions = conditions or CelConditions()

    def load(self, paths: Iterable[Path], *, with_checks: bool = False) -> LoadedPlaybooks:
        """Read files and folders; files whose names end in `_test` hold tests, not playbooks."""
        files: list[PlaybookFile] = []
        problems: list[Problem] = []
        for path in paths:
            folder = PlaybookFolder(path)
            folder.look()
            files += folder.files
            problems += folder.problems
        return self._joined(self._outcomes(files, with_checks=with_checks), problems)

    def read(
        self,
        sources: Iterable[YamlSource],
        problems: Iterable[Problem] = (),
        *,
        with_checks: bool = False,
    ) -> LoadedPlaybooks:
        """Read sources, one after the other: what was read of one is gone before the next is."""
        outcomes = (
            (self._judged(source, with_checks=with_checks), partial(_same, source))
            for source in sources
        )
        return self._joined(outcomes, problems)

    def _outcomes(
        self, files: Sequence[PlaybookFile], *, with_checks: bool
    ) -> Iterator[tuple[Outcome, Again]]:
        known = None if with_checks else self._known
        if known is not None:
            known.begin((self._catalog, self._rules), files)
        for file in files:
            again = partial(read_yaml_file, file.named, file.real)
            if known is not None:
                yield known.outcome(file, self._judged), again
            else:
                yield self._judged(again(), with_checks=with_checks), again

    def _joined(
        self, outcomes: Iterable[tuple[Outcome, Again]], problems: Iterable[Problem]
    ) -> LoadedPlaybooks:
        """Return the book of all of them; what only all of them together can tell is told here."""
        by_name: dict[str, Playbook] = {}
        found, checks = list(problems), list[WrittenCheck]()
        for outcome, again in outcomes:
            found += outcome.problems
            checks += outcome.checks
            playbook = outcome.playbook
            if playbook is not None and playbook.name in by_name:
                found.append(_twin(again(), playbook, by_name[playbook.name]))
            elif playbook is not None:
                by_name[playbook.name] = playbook
        by_digest = {playbook.digest: playbook for playbook in by_name.values()}
        book = PlaybookBook(by_name=by_name, by_digest=by_digest)
        return LoadedPlaybooks(book=book, problems=in_order(found), checks=tuple(checks))

    def from_document(self, document: str, *, source: str = "stored document") -> Playbook:
        """Return the playbook that a document was written from; raise InvalidPlaybook where it no longer loads."""
        found = self._judged(YamlSource(file=source, value=json.loads(document)))
        if found.playbook is None:
            raise InvalidPlaybook(errors_first(found.problems))
        return found.playbook

    def _judged(self, source: YamlSource, *, with_checks: bool = False) -> Outcome:
        report = Report(source)
        reading = Reading(
            report=report,
            catalog=self._catalog,
            templates=self._templates,
            conditions=self._conditions,
            rules=self._rules,
        )
        playbook = read_playbook(reading)
        checks = (written_check(source, *each) for each in reading.checks) if with_checks else ()
        return Outcome(playbook, report.problems, tuple(checks))


def _same(source: YamlSource) -> YamlSource:
    return source


def _twin(source: YamlSource, playbook: Playbook, other: Playbook) -> Problem:
    report = Report(source)
    message = f"`{playbook.name}` is also the name of the playbook in {other.source}"
    report.error(("name",), "duplicate-name", message)
    return report.problems[-1]
