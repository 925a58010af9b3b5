"""A load after the first reads only the files that changed, and finds all the same what is wrong with the whole."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.known_playbooks import KnownPlaybooks
from remediator.config.playbook_report import PlaybookRules
from remediator.config.playbooks import LoadedPlaybooks, PlaybookLoader

CATALOG = find_catalog()
HOUR = 3600 * 10**9
OPENED: list[str] = []
TEXT = """\
name: {name}
match: ['alertname="{name}"']
target: host/{{{{ labels.instance | host }}}}
requires: [instance]
runbook_url: https://example.com
mode: approve
steps: [{{journal.vacuum: {{keep_time: 2d}}}}]
verify: {{all: [{{alert: resolved}}]}}
"""
_IS_HEARD = False


def hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _IS_HEARD and isinstance(arguments[0], str | os.PathLike):
        OPENED.append(os.fspath(arguments[0]))


sys.addaudithook(hear)  # the interpreter's own record of what is opened


@contextmanager
def opened(folder: Path) -> Iterator[list[str]]:
    """The names of the files in a folder that were opened meanwhile."""
    global _IS_HEARD  # noqa: PLW0603 — a hook stays for the life of the interpreter
    OPENED.clear()
    names: list[str] = []
    _IS_HEARD = True
    try:
        yield names
    finally:
        _IS_HEARD = False
        names += [Path(each).name for each in OPENED if str(folder) in each and "." in each]


class Site:
    """Files that have rested for an hour, as far as the loader knows."""

    def __init__(self, folder: Path, count: int = 50) -> None:
        self.folder, self.rules = folder, PlaybookRules()
        self.later = HOUR
        self.known = KnownPlaybooks(now=lambda: time.time_ns() + self.later)
        for number in range(count):
            self.write(number, f"book-{number}")

    def write(self, number: int, name: str, text: str = TEXT) -> None:
        (self.folder / f"{number}.yaml").write_text(text.format(name=name))

    def load(self) -> LoadedPlaybooks:
        return PlaybookLoader(CATALOG, self.rules, known=self.known).load([self.folder])

    def files_read(self) -> list[str]:
        with opened(self.folder) as names:
            self.load()
        return sorted(names)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    assert len(site.files_read()) == 50
    return site


def test_nothing_changed_and_nothing_is_read(site: Site) -> None:
    before = site.load().checked()

    assert site.files_read() == []
    assert all(site.load().book.by_name[each.name] is each for each in before)


def test_the_file_that_changed_is_read_and_no_other(site: Site) -> None:
    before = site.load().checked()
    site.write(7, "other")

    with opened(site.folder) as names:
        after = site.load().checked()

    assert names == ["7.yaml"]
    assert set(after.by_name) == (set(before.by_name) - {"book-7"}) | {"other"}
    assert all(
        after.by_name[name] is before.by_name[name] for name in after.by_name if name != "other"
    )


def test_a_change_that_leaves_size_and_mtime_is_seen(site: Site) -> None:
    file = site.folder / "7.yaml"
    was = file.stat()
    site.write(7, "kook-7")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert file.stat().st_size == was.st_size

    assert "kook-7" in site.load().checked().by_name


def test_a_file_that_was_written_anew_with_the_same_words_keeps_its_playbook(site: Site) -> None:
    before = site.load().checked()
    (site.folder / "new").write_text(TEXT.format(name="book-7"))
    (site.folder / "new").replace(site.folder / "7.yaml")

    with opened(site.folder) as names:
        after = site.load().checked()

    assert names == ["7.yaml"]
    assert after.by_name["book-7"] is before.by_name["book-7"]


def test_what_was_written_a_moment_ago_may_be_written_again_in_the_same_tick(site: Site) -> None:
    site.later = 0

    assert len(site.files_read()) == 50
    assert len(site.files_read()) == 50


def test_other_rules_have_everything_read_again(site: Site) -> None:
    site.rules = PlaybookRules(protected=("host/*",))

    assert len(site.files_read()) == 50
    assert site.files_read() == []


def test_two_of_one_name_are_found_where_only_one_of_them_was_read(site: Site) -> None:
    site.write(7, "book-9")

    problems = [str(each) for each in site.load().problems]

    place, other = site.folder / "9.yaml", site.folder / "7.yaml"
    assert problems == [
        f"{place}:1:7: error[duplicate-name]: `book-9` is also the name of the playbook in {other}"
    ]


def test_a_file_that_is_named_twice_is_two_playbooks_of_one_name_also_when_it_is_known(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path, count=1)
    for _ in range(2):
        loader = PlaybookLoader(CATALOG, site.rules, known=site.known)
        found = loader.load([tmp_path, tmp_path / "0.yaml"])

        assert [each.code for each in found.problems] == ["duplicate-name"]


def test_what_was_wrong_is_said_again_though_it_is_not_read_again(site: Site) -> None:
    site.write(7, "wrong", TEXT.replace("mode: approve", "mode: never"))
    first = site.load().problems

    with opened(site.folder) as names:
        again = site.load().problems

    assert names == []
    assert again == first
    assert first[0].line == 6
    site.write(7, "right")
    assert "right" in site.load().checked().by_name


def test_a_file_that_is_gone_takes_its_playbook_along(site: Site) -> None:
    (site.folder / "7.yaml").unlink()

    assert "book-7" not in site.load().checked().by_name
    site.write(7, "book-7")
    assert site.files_read() == ["7.yaml"]


def test_a_file_that_can_no_longer_be_read_is_an_error_though_it_was_known(site: Site) -> None:
    (site.folder / "7.yaml").unlink()
    (site.folder / "7.yaml").symlink_to(site.folder / "nowhere")

    assert site.load().has_errors
