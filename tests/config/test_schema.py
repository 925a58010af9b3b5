"""The schemas for editors: they take all that is shipped, and refuse nothing that `check` takes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from remediator import __version__
from remediator.config.case_reader import read_case_file
from remediator.config.catalog import find_catalog
from remediator.config.playbooks import PlaybookLoader
from remediator.config.schema import KINDS, schema_of
from remediator.config.settings_reader import load_settings
from remediator.config.starter import starter_files
from remediator.core.duration import parse_duration
from remediator.documents.report import Report
from remediator.documents.yaml_source import YamlSource, read_yaml
from tests.config.mutations import mutated
from tests.docs.pages import ROOT
from tests.docs.test_examples import PLAYBOOKS, SETTINGS, with_files_of_its_own

CATALOG = find_catalog()
LOADER = PlaybookLoader(CATALOG)
SCHEMAS = {kind: schema_of(kind, CATALOG, "1.2.3") for kind in KINDS}
STARTER = starter_files(CATALOG, "http://127.0.0.1:9095")
MANY = int(os.environ.get("REMEDIATOR_MUTATIONS", "40"))


def _value(text: str) -> Any:
    return read_yaml("x.yaml", text.encode()).value


def _complaints(kind: str, value: object) -> list[str]:
    errors = Draft202012Validator(SCHEMAS[kind]).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def _schemas(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    inner = schema.values() if isinstance(schema, dict) else schema
    for each in inner if isinstance(schema, dict | list) else ():
        yield from _schemas(each)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$id"] == f"https://remediator.example.com/schema/1.2.3/{kind}.json"
    assert "x-part" not in json.dumps(SCHEMAS[kind])


@pytest.mark.parametrize("kind", ["playbook", "test"])
def test_the_schemas_beside_the_playbooks_are_of_today(kind: str) -> None:
    written = json.loads((ROOT / "docs/schemas" / f"{kind}.json").read_text())

    assert written == schema_of(kind, CATALOG, __version__), (
        f"run: remediator schema {kind} > docs/schemas/{kind}.json"
    )


@pytest.mark.parametrize("where", PLAYBOOKS)
def test_every_playbook_that_is_shown_passes(where: str) -> None:
    kind = "test" if where.endswith("_test.yaml") else "playbook"
    assert _complaints(kind, _value(PLAYBOOKS[where])) == []


@pytest.mark.parametrize("where", SETTINGS)
def test_all_settings_that_are_shown_pass(where: str) -> None:
    assert _complaints("settings", _value(SETTINGS[where])) == []


def test_what_init_writes_passes() -> None:
    playbooks = [name for name in STARTER if name.startswith("playbooks/")]

    assert len(playbooks) == 2
    assert [_complaints("playbook", _value(STARTER[name])) for name in playbooks] == [[], []]
    assert _complaints("settings", _value(STARTER["remediator.yaml"])) == []


@pytest.mark.parametrize("name", CATALOG.actions)
def test_the_example_of_an_action_passes(name: str) -> None:
    step = _value(f"- {CATALOG.actions[name].example}\n")[0]

    assert _complaints("playbook", {**_value(PLAYBOOK), "steps": [step]}) == []


PLAYBOOK = """\
name: disk
match: [alertname=DiskSpaceLow]
target: host/web1
steps: [{journal.vacuum: {keep_time: 2d}}]
"""
WRONG = [
    ("a key that is not there", PLAYBOOK + "guard: {}\n", "'guard' was unexpected"),
    ("nothing that is needed", "description: x\n", "'match' is a required property"),
    ("an unknown action", PLAYBOOK.replace("journal.", "jurnal."), "jurnal.vacuum"),
    ("a word for a duration", PLAYBOOK.replace("2d", "2 days"), "steps[0]"),
    ("a number for a duration", PLAYBOOK.replace("2d", "2"), "steps[0]"),
    ("a wrong mode", PLAYBOOK + "mode: automatic\n", "'automatic' is not one of"),
    ("a guard that is none", PLAYBOOK + "guards: {cooldwn: 1h}\n", "cooldwn"),
    ("no matchers", PLAYBOOK.replace("[alertname=DiskSpaceLow]", "[]"), "match"),
]


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in WRONG], ids=[r[0] for r in WRONG])
def test_what_is_wrong_is_refused(text: str, words: str) -> None:
    found = _complaints("playbook", _value(text))

    assert any(words in each for each in found), found


def test_every_duration_that_is_offered_can_be_written() -> None:
    found = [
        each["default"]
        for schema in SCHEMAS.values()
        for each in _schemas(schema)
        if "(\\d+ms)" in str(each.get("pattern")) and "default" in each
    ]

    assert len(found) > 20
    assert all(parse_duration(each) is not None for each in found)


def test_every_default_fits_its_own_schema() -> None:
    for kind, schema in SCHEMAS.items():
        for each in _schemas(schema):
            if "default" in each and "type" in each and not isinstance(each["default"], dict):
                validator = Draft202012Validator(each)
                assert validator.is_valid(each["default"]), (kind, each)


def test_no_field_repeats_its_name_as_a_title() -> None:
    for schema in SCHEMAS.values():
        titles = [each["title"] for each in _schemas(schema) if isinstance(each.get("title"), str)]
        assert titles == []


def test_every_key_of_a_playbook_and_a_step_says_what_it_means() -> None:
    step = SCHEMAS["playbook"]["$defs"]["step"]["anyOf"][0]["properties"]
    for keys in (SCHEMAS["playbook"]["properties"], step):
        assert [name for name, each in keys.items() if not each.get("description")] == []


def test_what_the_schema_refuses_check_refuses_of_playbooks() -> None:
    random, refused = Random(20261129), 0
    documents = [_value(text) for text in (*PLAYBOOKS.values(), PLAYBOOK)]
    documents = [each for each in documents if not _errors(each)]
    validator = Draft202012Validator(SCHEMAS["playbook"])
    for _ in range(MANY):
        document = mutated(random.choice(documents), random)
        if not validator.is_valid(document):
            refused += 1
            assert _errors(document), (_complaints("playbook", document), document)
    assert refused > MANY / 3


def _errors(document: object) -> bool:
    return LOADER.read([YamlSource(file="p.yaml", value=document)]).has_errors


def test_what_the_schema_refuses_check_refuses_of_tests() -> None:
    random, refused = Random(20261129), 0
    files = sorted((ROOT / "playbooks" / "tests").glob("*_test.yaml"))
    documents = [_value(path.read_text()) for path in files]
    validator = Draft202012Validator(SCHEMAS["test"])
    for _ in range(MANY):
        document = mutated(random.choice(documents), random)
        if not validator.is_valid(document):
            refused += 1
            report = Report(YamlSource(file="p_test.yaml", value=document))
            read_case_file(report, CATALOG)
            assert report.has_errors, (_complaints("test", document), document)
    assert refused > MANY / 5


def test_what_the_schema_refuses_check_refuses_of_settings(tmp_path: Path) -> None:
    random, refused = Random(20261129), 0
    file = tmp_path / "settings.yaml"
    texts = (*SETTINGS.values(), STARTER["remediator.yaml"])
    documents = [_value(with_files_of_its_own(text, tmp_path)) for text in texts]
    validator = Draft202012Validator(SCHEMAS["settings"])
    for _ in range(MANY):
        document = mutated(random.choice(documents), random)
        if not validator.is_valid(document):
            refused += 1
            file.write_text(json.dumps(document))  # JSON is YAML
            loaded = load_settings(file, CATALOG)
            assert loaded.has_errors, (_complaints("settings", document), document)
    assert refused > MANY / 3
