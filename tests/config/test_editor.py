"""The real yaml-language-server, with the schemas and modelines as they are shipped: what people see in an editor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.schema.modeline import modelines
from remediator.config.starter import starter_files
from tests.docs.pages import ROOT
from tests.parts.language_server import LanguageServer

pytestmark = pytest.mark.slow

SHIPPED = sorted((ROOT / "playbooks").rglob("*.yaml"))
TEXT = """\
# yaml-language-server: $schema=../schemas/playbook.json
name: disk
match: [alertname=DiskSpaceLow]
target: host/web1
mode: dry_run
steps:
  - journal.vacuum:
      keep_time: 2d
"""


@pytest.fixture(name="editor", scope="module")
def _editor() -> Iterator[LanguageServer]:
    with LanguageServer() as server:
        yield server


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name, text in starter_files(find_catalog(), "http://127.0.0.1:9095").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("path", SHIPPED, ids=[path.name for path in SHIPPED])
def test_nothing_is_underlined_in_a_shipped_playbook(editor: LanguageServer, path: Path) -> None:
    assert editor.look(path, path.read_text()) == []


def test_nothing_is_underlined_in_what_init_writes(editor: LanguageServer, site: Path) -> None:
    files = [site / "remediator.yaml", *sorted((site / "playbooks").glob("*.yaml"))]

    assert len(files) == 3
    assert [editor.look(path, path.read_text()) for path in files] == [[], [], []]
    assert all(path.read_text().startswith("# yaml-language-server: $schema=") for path in files)


WRONG = [
    (
        "a key that is not there",
        "mode: dry_run",
        "moed: dry_run",
        "5:1 Property moed is not allowed.",
    ),
    ("a word that is none", "mode: dry_run", "mode: automatic", "5:7 Value is not accepted."),
    ("an action that is none", "journal.vacuum", "journal.vacum", "7:5 Property journal.vacum"),
    ("a parameter that is none", "keep_time", "kep_time", "8:7 Property kep_time is not allowed."),
    ("a word for a duration", "2d", "two days", "8:18 "),
    ("a key too few", "target: host/web1", "owner: sre", 'Missing property "target".'),
]


@pytest.mark.parametrize(("old", "new", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_underlined(
    editor: LanguageServer, site: Path, old: str, new: str, said: str
) -> None:
    path = site / "playbooks" / f"{abs(hash(new))}.yaml"  # one that was never open

    found = editor.look(path, TEXT.replace(old, new))

    assert len(found) == 1
    assert said in found[0]


def test_a_hover_says_what_a_key_means(editor: LanguageServer, site: Path) -> None:
    path = site / "playbooks" / "hover.yaml"
    assert editor.look(path, TEXT) == []

    assert "`approve` (asks)" in editor.hover(path, 5, 2)
    assert "Effect: irreversible" in editor.hover(path, 7, 8)
    assert "Delete archived journals until" in editor.hover(path, 8, 9)


def test_keys_actions_and_words_are_offered(editor: LanguageServer, site: Path) -> None:
    path = site / "playbooks" / "offered.yaml"
    more = "      \n  - \n"
    editor.look(path, TEXT.replace("mode: dry_run", "mode: ") + more)

    assert {"dry_run", "approve", "auto"} <= set(editor.complete(path, 5, 7))
    assert {"keep_size", "path"} <= set(editor.complete(path, 9, 7))
    assert {"kubernetes.scale", "service.restart", "when"} <= set(editor.complete(path, 10, 5))


def test_a_template_is_not_underlined_where_a_number_is_wanted(
    editor: LanguageServer, site: Path
) -> None:
    step = '  - kubernetes.scale: {replicas: "+1", max: "{{ labels.most }}"}\n'

    assert editor.look(site / "playbooks" / "template.yaml", TEXT + step) == []


def test_a_modeline_leads_to_the_schema(editor: LanguageServer, tmp_path: Path, site: Path) -> None:
    text = f"{modelines(str(site / 'schemas' / 'playbook.json'))}\nname: 1\n"

    assert len(editor.look(tmp_path / "x.yaml", text)) == 4  # three keys too few, and a number
