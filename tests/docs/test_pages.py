"""What operators can set, see and meet stands on a page: settings, metrics, log lines, commands, guards, outcomes."""

import ast
import re
import shlex
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest

from remediator.cli import main
from remediator.config.catalog import Catalog
from remediator.config.settings_shape import shape_with
from remediator.core.events import EVENTS, Outcome
from remediator.core.guards import GUARDS
from remediator.documents.model_reader import Shape
from remediator.integrations.hosts.settings.section import Rewrite
from remediator.telemetry import Telemetry
from tests.docs.pages import PAGES, ROOT, every_block

DOCS = ROOT / "docs"
CATALOG = Catalog()
SETTINGS = (DOCS / "settings.md").read_text()
OPERATIONS = (DOCS / "operations.md").read_text()
METRICS = (DOCS / "metrics.md").read_text()
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
LONGEST_DECISION = 60


def shapes(root: type[Shape]) -> Iterator[type[Shape]]:
    yield root
    for field in root.model_fields.values():
        for inner in inner_shapes(field.annotation):
            yield from shapes(inner)


def inner_shapes(annotation: Any) -> Iterator[type[Shape]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, Shape):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from inner_shapes(argument)


def keys_of_settings() -> list[str]:
    """Every key at any depth; of `NAME` and `NAME_file`, the page teaches the second."""
    found: set[str] = set()
    for shape in (*shapes(shape_with(CATALOG.sections, CATALOG.members)), Rewrite):
        names = {field.alias or name for name, field in shape.model_fields.items()}
        found |= {name for name in names if f"{name}_file" not in names}
    return sorted(found)


@pytest.mark.parametrize("key", keys_of_settings())
def test_every_key_of_the_settings_is_on_their_page(key: str) -> None:
    code = "\n".join(re.findall(r"```yaml.*?```|`[^`\n]+`", SETTINGS, re.DOTALL))
    assert re.search(rf"(?<![\w-]){key}(?![\w-])", code)


def test_keys_are_really_found_at_every_depth() -> None:
    assert {"listen", "passphrase_file", "client_ca_file", "gitops", "to"} <= set(
        keys_of_settings()
    )
    assert "bearer_token" not in keys_of_settings()


def exported() -> list[tuple[str, str, str]]:
    text = Telemetry(CATALOG.door_signs).render()[0].decode()
    helps = dict(re.findall(r"^# HELP (remediator_\w+) (.*)$", text, re.MULTILINE))
    kinds = re.findall(r"^# TYPE (remediator_\w+) (\w+)$", text, re.MULTILINE)
    return [(n, kind, helps[n]) for n, kind in kinds if not n.endswith("_created")]


@pytest.mark.parametrize(("name", "kind", "meaning"), exported())
def test_every_metric_is_on_their_page(name: str, kind: str, meaning: str) -> None:
    rows = [row for row in METRICS.splitlines() if row.startswith(f"| `{name}` |")]
    assert [(row.split(" | ")[1], row.endswith(f" {meaning} |")) for row in rows] == [(kind, True)]


def test_the_page_names_no_metric_that_is_not_exported() -> None:
    named = set(re.findall(r"`(remediator_\w+)`", METRICS + OPERATIONS))
    assert named <= {name for name, _, _ in exported()}


def logged_names() -> set[str]:
    """The first argument of every call of a method `log`."""
    calls = (
        node
        for path in (ROOT / "remediator").rglob("*.py")
        if ".log(" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "log" and node.args
    )
    return {n.args[0].value for n in calls if isinstance(n.args[0], ast.Constant)}


def test_every_line_of_the_log_is_explained() -> None:
    names = logged_names()
    assert "listening" in names
    assert {name for name in names if f"`{name}`" not in OPERATIONS} == set()


@pytest.mark.parametrize("guard", [guard.name for guard in GUARDS])
def test_every_guard_that_speaks_to_people_is_explained(guard: str) -> None:
    assert f"`{guard}`" in OPERATIONS


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_explained(outcome: Outcome) -> None:
    words = outcome.value.replace("_", " ")
    assert re.search(rf"^\| {words} \| [A-Z].+\. \|$", (DOCS / "lifecycle.md").read_text(), re.M)


def test_every_event_is_explained() -> None:
    page = (DOCS / "lifecycle.md").read_text()
    kinds = {event.__dataclass_fields__["kind"].default.replace("_", " ") for event in EVENTS}
    assert {k for k in kinds if f"| {k} |" not in page and f": {k}" not in page} == set()


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_half_a_page_and_numbered(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) < LONGEST_DECISION
    assert lines[0].startswith(f"# {path.name[:4]}: ")


_COMMAND_LINE = r"(?:^|[\s`]|(?<=\w)/)remediator ((?:[a-z-]+)(?: [^\n`#;,|]*)?)"
"""Also at the end of a path; not `/remediator`, which is Slack's."""


def written_commands() -> set[str]:
    """Every command line of `remediator` on a page, in a code block or between backticks, and in deploy/."""
    texts = [text for language in ("sh", "text") for _, text in every_block(language)]
    texts += [code for page in PAGES for code in re.findall(r"`([^`\n]+)`", page.read_text())]
    texts += [path.read_text() for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    found = re.findall(_COMMAND_LINE, "\n".join(texts))
    return {line for line in found if line.split()[0] in COMMAND_LIKE}


COMMAND_LIKE = {*main.commands, "db", "test", "plan", "replay", "schema", "openapi", "rbac"}
WORDS = sorted(written_commands())


@pytest.mark.parametrize("line", WORDS)
def test_a_command_that_is_written_down_exists_with_its_options(line: str) -> None:
    command: click.Command = main
    words = shlex.split(line.partition("  ")[0])
    for word in words:
        if isinstance(command, click.Group):
            assert word in command.commands, f"there is no `remediator {line}`"
            command = command.commands[word]
    known = {option for parameter in command.params for option in parameter.opts}
    asked = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert asked <= known | {"--help"}


def test_commands_are_really_found() -> None:
    assert len(WORDS) > 15
    assert any(line.startswith("runs settle") for line in WORDS)
    assert any(line.startswith("serve --config.file") for line in WORDS)


def test_commands_of_slack_are_told_from_commands_of_the_shell() -> None:
    text = "`/remediator status` /opt/bin/remediator serve\n/remediator why\n`remediator runs list`"

    assert re.findall(_COMMAND_LINE, text) == ["serve", "runs list"]


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{page.name}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []
