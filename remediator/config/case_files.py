"""Finds the tests in playbooks and beside them, and reads all of them strictly; nothing is run here.

Used by `check` and by `remediator test`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from remediator.config.case_reader import (
    Case,
    CaseFile,
    check_case,
    read_case_file,
    read_own_cases,
)
from remediator.config.catalog import Catalog
from remediator.config.playbook_files import PlaybookFile, PlaybookFolder
from remediator.config.playbooks import PlaybookLoader
from remediator.core.playbook import Playbook
from remediator.documents.problem import Problem, in_order
from remediator.documents.report import Report
from remediator.documents.yaml_source import YamlSource, read_yaml_file


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """One test, and the playbooks that take part in it."""

    case: Case
    playbooks: tuple[Playbook, ...]

    @property
    def playbook(self) -> str:
        """The playbook that it is about; "" where nobody says, and there are several."""
        named = self.case.playbook or self.case.shape.playbook
        names = [each.name for each in self.playbooks]
        return named or (names[0] if len(names) == 1 else "")


@dataclass(slots=True)
class CaseSuite:
    """All tests in some paths, with every problem of reading them and their playbooks. `sources` and `playbooks` are
    by the real names of files."""

    tests: list[WrittenCase] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    sources: dict[str, YamlSource] = field(default_factory=dict)

    @property
    def files(self) -> int:
        """In how many files the tests stand."""
        return len({each.case.source.file for each in self.tests})


def read_suite(loader: PlaybookLoader, catalog: Catalog, paths: Iterable[Path]) -> CaseSuite:
    """Read every playbook and every file of tests in these paths."""
    return _Reader(loader, catalog).read(paths)


class _Reader:
    def __init__(self, loader: PlaybookLoader, catalog: Catalog) -> None:
        self._suite = CaseSuite()
        self._loader = loader
        self._catalog = catalog
        self._problems: list[Problem] = []

    def read(self, paths: Iterable[Path]) -> CaseSuite:
        files: list[PlaybookFile] = []
        tests: list[PlaybookFile] = []
        for path in paths:
            folder = PlaybookFolder(path)
            folder.look()
            files, tests = files + folder.files, tests + folder.tests
            self._problems += folder.test_problems
            self._problems += [
                p for p in folder.problems if not (folder.tests and p.code == "folder")
            ]
        self._load([(file.named, file.real) for file in files])
        for source in self._sources(files):
            self._own(source)
        for file in tests:
            self._beside(file)
        self._suite.problems = in_order(self._problems)
        return self._suite

    def _load(self, files: Sequence[tuple[Path, Path | None]]) -> dict[str, Playbook]:
        """Load these playbooks together; those that were loaded before are not read again."""
        sources = []
        for named, real in files:
            key = _key(named)
            if key not in self._suite.sources:
                self._suite.sources[key] = read_yaml_file(named, real)
            sources.append(self._suite.sources[key])
        loaded = self._loader.read(sources)
        self._problems += loaded.problems
        found = dict(loaded.book.by_name)
        self._suite.playbooks |= {_key(Path(each.source)): each for each in found.values()}
        return found

    def _sources(self, files: Iterable[PlaybookFile]) -> Iterator[YamlSource]:
        for file in files:
            yield self._suite.sources[_key(file.named)]

    def _own(self, source: YamlSource) -> None:
        playbook = self._suite.playbooks.get(_key(Path(source.file)))
        if playbook is not None:
            cases = read_own_cases(Report(source), self._catalog, playbook)
            self._suite.tests += [WrittenCase(case, (playbook,)) for case in cases]

    def _beside(self, file: PlaybookFile) -> None:
        report = Report(read_yaml_file(file.named, file.real))
        read = read_case_file(report, self._catalog)
        if read is not None:
            found = self._load([(path, None) for path in self._meant(report, file.named, read)])
            together = tuple(found.values())
            for case in read.cases:
                self._take(report, WrittenCase(case, together), found)
        self._problems += report.problems

    def _take(self, report: Report, written: WrittenCase, found: Mapping[str, Playbook]) -> None:
        check_case(report, written.case, found)
        if not written.playbook and found:
            message = f"which playbook is this about? There are {', '.join(sorted(found))}"
            hint = "Write `playbook: NAME` in the test."
            report.error(written.case.path, "which-playbook", message, hint)
        self._suite.tests.append(written)

    def _meant(self, report: Report, named: Path, read: CaseFile) -> list[Path]:
        """Return the playbooks that a file of tests is about: those that it names, else those beside it."""
        if not read.playbooks:
            found = _playbooks_in(named.parent)
            if not found:
                message = f"there are no playbooks beside it, in {named.parent}"
                hint = "Name them: `playbooks: [../disk-space-low.yaml]`."
                report.error((), "no-playbooks", message, hint)
            return found
        return [
            path
            for number, text in enumerate(read.playbooks)
            for path in self._named(report, number, named.parent / text)
        ]

    def _named(self, report: Report, number: int, path: Path) -> list[Path]:
        if not path.exists():
            message = f"there is no file or folder {path}"
            report.error(("playbooks", number), "no-playbooks", message)
            return []
        return _playbooks_in(path) if path.is_dir() else [path]


def _playbooks_in(path: Path) -> list[Path]:
    folder = PlaybookFolder(path)
    folder.look()
    return [file.named for file in folder.files]


def _key(path: Path) -> str:
    return str(path.resolve())
