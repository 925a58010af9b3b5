"""What we ship and what our pages show loads without a word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.playbook_report import PlaybookRules
from remediator.config.playbook_shape import PlaybookShape
from remediator.config.playbooks import PlaybookLoader
from remediator.config.settings_reader import load_settings
from remediator.config.settings_shape import shape_with
from remediator.config.steps import STEP_KEYS
from remediator.config.template_filters import FILTER_ARGUMENTS
from remediator.core.change import ActionEffect
from remediator.documents.yaml_source import read_yaml, read_yaml_file
from remediator.ports.gateways import ReadKey, Reads
from remediator.ports.sections import Sections

ROOT = Path(__file__).parents[2]
CATALOG = find_catalog()
FILTERS = {*FILTER_ARGUMENTS, *CATALOG.filters(Sections())}
SETTINGS_SHAPE = shape_with(CATALOG.sections, CATALOG.members)
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yaml"))
PLAYBOOK_PAGE = (ROOT / "docs" / "playbooks.md").read_text()
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text()


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_shipped_playbook_loads_without_a_word(path: Path) -> None:
    loader = PlaybookLoader(CATALOG, PlaybookRules(contacts=frozenset({"oncall"})))

    loaded = loader.read([read_yaml_file(path)])

    assert loaded.problems == ()
    (playbook,) = loaded.book
    assert playbook.name == path.stem
    assert playbook.runbook_url
    assert playbook.owner
    assert '"tests":' in playbook.document
    assert loader.from_document(playbook.document, source=str(path)) == playbook


class Opened(Reads):
    """Gateways that are not there, and remember which of them a check looks with."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __getitem__(self, key: ReadKey[Any]) -> Any:
        self.names.add(key.name)
        return super().__getitem__(key)


def asks_the_object(kind: str) -> bool:
    """Whether a check looks at the target itself: in its cluster or on its host, not where somebody tells of it."""
    opened = Opened()
    CATALOG.checks[kind].checker(opened)
    assert opened.names <= {
        "kubernetes",
        "looker",
        "prometheus",
        "alertmanager",
        "http",
        "tcp",
        "postgres",
    }, kind
    return bool(opened.names & {"kubernetes", "looker", "postgres"})


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_shipped_playbook_asks_the_object_itself_before_it_changes_it(path: Path) -> None:
    (playbook,) = PlaybookLoader(CATALOG).read([read_yaml_file(path)]).book
    required = playbook.guards["require"].checks

    assert any(step.effect is not ActionEffect.READ for step in playbook.steps)
    assert any(asks_the_object(check.kind) for check in required), [c.key for c in required]


def test_a_metric_and_an_alert_are_no_word_of_the_object() -> None:
    told = {kind for kind in CATALOG.checks if not asks_the_object(kind)}

    assert told == {"promql", "alert", "firing", "http", "tcp"}


def test_there_are_playbooks() -> None:
    assert {path.stem for path in PLAYBOOKS} >= {"disk-space-low", "service-down"}


def test_every_playbook_of_the_page_loads() -> None:
    found = [block for block in blocks(PLAYBOOK_PAGE, "yaml") if block.startswith("name:")]

    assert found
    for block in found:
        loaded = PlaybookLoader(CATALOG).read([read_yaml("docs/playbooks.md", block.encode())])
        assert not loaded.has_errors, loaded.problems


def test_the_settings_of_the_page_load(tmp_path: Path) -> None:
    (block,) = (b for b in blocks(SETTINGS_PAGE, "yaml") if b.startswith("listen:"))
    for number, file in enumerate(re.findall(r"/run/secrets/([\w-]+)", block)):
        (tmp_path / file).write_text(f"secret-{number}")
    (tmp_path / "inventory.json").write_text('{"_meta": {"hostvars": {}}}')
    text = block.replace("/run/secrets/", "").replace("/etc/ansible/", "")
    (tmp_path / "settings.yaml").write_text(text)

    loaded = load_settings(tmp_path / "settings.yaml", CATALOG)

    assert not loaded.has_errors, [str(problem) for problem in loaded.problems]


@pytest.mark.parametrize("key", sorted(SETTINGS_SHAPE.model_fields))
def test_every_settings_key_is_on_the_page(key: str) -> None:
    assert f"`{key}`" in SETTINGS_PAGE


@pytest.mark.parametrize("word", sorted({*PlaybookShape.model_fields, *STEP_KEYS, *FILTERS}))
def test_every_word_of_the_language_is_on_the_page(word: str) -> None:
    assert f"`{word}`" in PLAYBOOK_PAGE


@pytest.mark.parametrize(
    ("name", "made_from"),
    [
        ("node-not-ready-drain", {"node"}),
        ("pod-crash-looping", {"namespace", "pod"}),
        ("disk-space-low", {"instance"}),
    ],
)
def test_a_playbook_knows_which_labels_its_target_is_made_from(
    name: str, made_from: set[str]
) -> None:
    loaded = PlaybookLoader(CATALOG).read([read_yaml_file(ROOT / "playbooks" / f"{name}.yaml")])

    assert made_from <= set(loaded.book.by_name[name].target_labels)


@pytest.mark.parametrize(
    ("target", "parameters", "expected"),
    [
        ("host/web1", "{by_percent: 20, max_gib: 500}", ["on a host, `ebs.grow` needs `path`"]),
        ("host/web1", "{path: /var, by_percent: 20, max_gib: 500}", []),
        ("volume/vol-0123456789abcdef0", "{by_percent: 20, max_gib: 500}", []),
    ],
)
def test_a_volume_of_a_host_is_named_by_its_path_when_a_playbook_is_written(
    target: str, parameters: str, expected: list[str]
) -> None:
    text = (
        f"name: grow\nmatch: [alertname=Full]\ntarget: {target}\nmode: dry_run\n"
        f"steps: [{{ebs.grow: {parameters}, irreversible: allow}}]\nverify: {{all: [{{alert: resolved}}]}}\n"
    )
    found = PlaybookLoader(find_catalog()).read([read_yaml("p.yaml", text.encode())])
    assert [p.message for p in found.problems if p.code == "missing-key"] == expected


def test_a_guard_that_would_block_what_the_published_rule_fires_at_is_a_warning() -> None:
    text = (
        "name: full\nmatch: [alertname=NodeFilesystemSpaceFillingUp]\ntarget: host/web1\n"
        "runbook_url: https://r.example.com\nmode: dry_run\n"
        "guards: {require: [{disk: {path: /, below_percent: 40}}, "
        "{promql: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.15}]}\n"
        "steps: [{service.restart: {unit: a.service}}]\nverify: {all: [{alert: resolved}]}\n"
    )
    found = PlaybookLoader(CATALOG).read([read_yaml("p.yaml", text.encode())])

    (told,) = found.problems
    assert str(told).startswith("p.yaml:6:58: warning[stricter]: ")
    assert "the published rule NodeFilesystemSpaceFillingUp, which fires at < 0.4" in told.message
