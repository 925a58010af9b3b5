"""Finds the playbooks in a folder: all of them, or a problem for each that would be missing without a word.

Files whose names end in `_test` hold tests of playbooks; the daemon never reads them.

Links are followed within the folder, as Kubernetes mounts ConfigMaps by links into `..data`; one that leads out of it
is refused, because an error about a playbook repeats some of its text. Used by `playbooks`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from remediator.documents.problem import Problem

_SUFFIXES = (".yaml", ".yml")
_MOST_FILES = 2000
_MOST_ENTRIES = 50_000
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class PlaybookFile:
    """A playbook as it is named, and the file that is really read."""

    named: Path
    real: Path


class _Refused(Exception):
    """Ask for a problem about one path."""


class PlaybookFolder:
    """Looks through one file or folder that the settings or the command line name.

    `tests` are the files with tests of playbooks, `test_problems` what keeps any of them from being found: neither
    matters to whoever runs playbooks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._home = path
        self._entries = 0
        self.files: list[PlaybookFile] = []
        self.problems: list[Problem] = []
        self.tests: list[PlaybookFile] = []
        self.test_problems: list[Problem] = []

    def look(self) -> None:
        """Fill the lists."""
        try:
            is_folder = stat.S_ISDIR(self._path.stat().st_mode)
        except OSError:
            is_folder = False  # reading it will say why
        self._home = Path(os.path.realpath(self._path if is_folder else self._path.parent))
        if not is_folder:
            take = self._take_tests if _holds_tests(self._path) else self._take
            take(self._path)
            return
        self._walk(self._path, (self._home,))
        if not self.problems and not 0 < len(self.files) <= _MOST_FILES:
            count = f"more than {_MOST_FILES}" if self.files else "no"
            self._refuse(self._path, f"the folder holds {count} playbooks (*.yaml)", code="folder")

    def _walk(self, folder: Path, above: tuple[Path, ...]) -> None:
        for path in self._listed(folder):
            if path.name.startswith("."):
                continue
            try:
                self._visit(path, above)
            except _Refused as refusal:
                self._refuse(path, str(refusal))

    def _listed(self, folder: Path) -> Iterator[Path]:
        try:
            found = sorted(folder.iterdir())
        except OSError as error:
            text = f"the folder cannot be read: {error.strerror}; its playbooks would be missing"
            self._refuse(folder, f"{text}. Let the daemon's user read it, or take it away")
            return
        self._entries += len(found)
        if self._entries > _MOST_ENTRIES:
            self._refuse(folder, f"more than {_MOST_ENTRIES} files: is this a folder of playbooks?")
            return
        yield from found

    def _visit(self, path: Path, above: tuple[Path, ...]) -> None:
        if _holds_tests(path) and not path.is_dir():
            self._take_tests(path)
            return
        is_playbook = path.suffix in _SUFFIXES and not _holds_tests(path)
        try:
            mode = path.stat().st_mode
        except OSError as error:
            if not is_playbook and path.is_symlink():
                return
            raise _Refused(f"{_named(path)} leads to nothing: {error.strerror}") from error
        if not stat.S_ISDIR(mode):
            if is_playbook:
                self._take(path)
            return
        if is_playbook:
            raise _Refused("it is a folder with the name of a playbook: rename it, or take it away")
        real = self._inside(path)
        if real in above or len(above) > _DEEPEST:
            raise _Refused("the folder lies within itself, or too deep")
        self._walk(path, (*above, real))

    def _take(self, path: Path) -> None:
        try:
            self.files.append(PlaybookFile(path, self._inside(path)))
        except _Refused as refusal:
            self._refuse(path, str(refusal))

    def _take_tests(self, path: Path) -> None:
        try:
            self.tests.append(PlaybookFile(path, self._inside(path)))
        except _Refused as refusal:
            self.test_problems.append(_unreadable(path, str(refusal)))

    def _inside(self, path: Path) -> Path:
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._home):
            raise _Refused(
                f"it leads out of {self._home}: put the file there, or name its own folder"
            )
        return real

    def _refuse(self, path: Path, message: str, *, code: str = "unreadable") -> None:
        self.problems.append(_unreadable(path, message, code=code))


def _unreadable(path: Path, message: str, *, code: str = "unreadable") -> Problem:
    return Problem(file=str(path), line=1, column=1, code=code, message=message)


def _holds_tests(path: Path) -> bool:
    return path.suffix in _SUFFIXES and path.stem.endswith("_test")


def _named(path: Path) -> str:
    return f"the link to {os.readlink(path)}" if path.is_symlink() else "the name"
