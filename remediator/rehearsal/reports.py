"""What people, GitHub and CI servers read of the results of tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml  # it only writes here

from remediator.config.check import annotation, count_words
from remediator.rehearsal.results import Difference, Result, shown

MOST_ANNOTATIONS = 10
"""GitHub shows no more of each kind for a step (its toolkit, "problem matchers")."""
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 refuses; label values can hold it."""


def first_line(cases: int, files: int) -> str:
    """Say what will be run."""
    return f"{count_words(cases, 'test')} in {count_words(files, 'file')}"


def as_text(result: Result) -> Iterator[str]:
    """Yield what is told of a test that failed, both sides one below the other."""
    place = result.place
    file = shown(result.case.source.file)
    yield f"FAIL {file}:{place.line}:{place.column}: {result.case.name}"
    for found in result.differences:
        yield f"  {found.place}: {found.what}"
        yield from (f"    - {line}" for line in found.expected)
        yield from (f"    + {line}" for line in found.actual)


def last_line(results: Sequence[Result]) -> str:
    """Say how many passed."""
    failed = sum(not each.passed for each in results)
    passed = f"{len(results) - failed} passed"
    return f"{passed}, {failed} failed" if failed else passed


def simulated_line(results: Sequence[Result]) -> str:
    """Name the actions whose steps were simulated, as their tests give no world; "" where there are none."""
    names = sorted({name for each in results for name in each.lived.simulated})
    return f"simulated, as no world is given to them: {', '.join(names)}" if names else ""


def as_annotations(results: Sequence[Result]) -> Iterator[str]:
    """Yield GitHub's workflow commands, no more of them than it shows."""
    found = [(each, one) for each in results for one in each.differences]
    for result, difference in found[:MOST_ANNOTATIONS]:
        yield annotation("error", _properties(result, difference), difference.sentence)
    if len(found) > MOST_ANNOTATIONS:
        rest = f"and {len(found) - MOST_ANNOTATIONS} more, see the log"
        yield annotation("notice", {"title": "remediator test"}, rest)


def _properties(result: Result, difference: Difference) -> dict[str, str]:
    mark = difference.mark
    return {
        "file": difference.file,
        "line": str(mark.line),
        "col": str(mark.column),
        "title": result.case.name,
    }


def write_junit(path: Path, results: Sequence[Result]) -> None:
    """Write the results as JUnit's XML; raise OSError."""
    root = Xml.Element("testsuites", _totals(results))
    for file, of_file in _by_file(results).items():
        suite = Xml.SubElement(root, "testsuite", {"name": _clean(file), **_totals(of_file)})
        for result in of_file:
            _add_case(suite, file, result)
    tree = Xml.ElementTree(root)
    Xml.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _add_case(suite: Xml.Element, file: str, result: Result) -> None:
    about = {"classname": _clean(file), "name": _clean(result.case.name)}
    about |= {"time": f"{result.seconds:.3f}", "file": _clean(file), "line": str(result.place.line)}
    case = Xml.SubElement(suite, "testcase", about)
    for found in result.differences:
        failure = Xml.SubElement(case, "failure", {"message": _clean(found.sentence)})
        failure.text = _clean("\n".join(as_text(result)))
        break


def _by_file(results: Sequence[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(shown(result.case.source.file), []).append(result)
    return found


def _totals(results: Sequence[Result]) -> dict[str, str]:
    counts = Counter(each.passed for each in results)
    seconds = sum(each.seconds for each in results)
    return {
        "tests": str(len(results)),
        "failures": str(counts[False]),
        "errors": "0",
        "time": f"{seconds:.3f}",
    }


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("�", text)
