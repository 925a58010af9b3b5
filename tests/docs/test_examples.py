"""Every example loads: YAML on any page, in playbooks/, and of every action, check and probe."""

import re
import subprocess
from pathlib import Path

import pytest

from remediator.config.catalog import find_catalog
from remediator.config.playbook_report import PlaybookRules
from remediator.config.playbooks import PlaybookLoader
from remediator.config.settings_reader import load_settings
from remediator.documents.yaml_source import read_yaml
from tests.cli.command import offline
from tests.docs.pages import ROOT, every_block
from tests.parts.require import find, require

CATALOG = find_catalog()
LOADER = PlaybookLoader(CATALOG, PlaybookRules(contacts=frozenset({"oncall", "leads"})))
YAML = dict(every_block("yaml"))
FOREIGN = {where: text for where, text in YAML.items() if text.startswith("# prometheus.yml")}
PLAYBOOKS = {where: text for where, text in YAML.items() if re.search("^steps:", text, re.M)}
CASES = {w: t for w, t in YAML.items() if re.search("^tests:", t, re.M) and w not in PLAYBOOKS}
SETTINGS = {w: text for w, text in YAML.items() if w not in FOREIGN | PLAYBOOKS | CASES}
PLAYBOOKS |= {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted((ROOT / "playbooks").glob("*.yaml"))
}
FILE = re.compile(r"/(?:run|etc)/[\w./-]+")
FRAME = """\
name: example
match: [alertname="Example"]
target: host/web1
"""
STEP = "steps:\n  - journal.vacuum: {keep_size: 500M}\n"
NAMES = {"host": "web1", "node": "node1", "volume": "vol-0a1b2c3d4e5f60718"}
"""A name for each kind of target; those of Kubernetes have a namespace."""


def on(kinds: tuple[str, ...]) -> str:
    """The beginning of a playbook whose target fits: a host where it can be one."""
    kind = "host" if "host" in kinds or not kinds else kinds[0]
    return FRAME.replace("host/web1", f"{kind}/{NAMES.get(kind, 'payments/api')}")


def a_step_on(kinds: tuple[str, ...]) -> str:
    """A step that works on the target of `on`; any step fits where the probe is for hosts."""
    if "host" in kinds or not kinds:
        return STEP
    found = (a for a in CATALOG.actions.values() if kinds[0] in a.targets)
    return f"steps:\n  - {next(a for a in found if 'allow_blind' not in a.example).example}\n"


def problems(name: str, text: str) -> list[str]:
    found = LOADER.read([read_yaml(name, text.encode())])
    return [str(problem) for problem in found.problems if found.has_errors]


@pytest.mark.parametrize("where", PLAYBOOKS)
def test_a_playbook_loads(where: str) -> None:
    assert problems(where, PLAYBOOKS[where]) == []


TESTED = [where for where, text in PLAYBOOKS.items() if re.search("^tests:", text, re.M)]


@pytest.mark.parametrize("where", [w for w in TESTED if not w.startswith("playbooks/")])
def test_the_tests_of_a_playbook_pass(where: str, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(PLAYBOOKS[where])

    result = offline("test", str(tmp_path))

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("where", CASES)
def test_a_file_of_tests_passes(where: str, tmp_path: Path) -> None:
    named = re.findall(r"^name: (.*)$", "".join(PLAYBOOKS.values()), re.M)
    for name in re.findall(r"([\w-]+)\.yaml", CASES[where].splitlines()[0]):
        assert name in named
        text = next(text for text in PLAYBOOKS.values() if f"name: {name}\n" in text)
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "example_test.yaml").write_text(CASES[where])

    result = offline("test", str(tmp_path / "example_test.yaml"))

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("where", SETTINGS)
def test_settings_load(where: str, tmp_path: Path) -> None:
    text = with_files_of_its_own(SETTINGS[where], tmp_path)
    (tmp_path / "settings.yaml").write_text(text)

    loaded = load_settings(tmp_path / "settings.yaml", CATALOG)

    assert [str(problem) for problem in loaded.problems if loaded.has_errors] == []


def with_files_of_its_own(text: str, folder: Path) -> str:
    """Make each file that the settings name, with a content that nothing objects to."""
    for number, name in enumerate(sorted(set(FILE.findall(text)))):
        file = folder / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        is_json = name.endswith(".json")
        file.write_text('{"_meta": {"hostvars": {}}}' if is_json else f"secret-{number}")
    return FILE.sub(lambda found: f"{folder}{found.group()}", text)


@pytest.mark.slow
@pytest.mark.parametrize("where", FOREIGN)
def test_prometheus_takes_its_settings(where: str, tmp_path: Path) -> None:
    require("promtool")
    (tmp_path / "token").touch()
    text = re.sub(r"/etc/\S*token", str(tmp_path / "token"), FOREIGN[where])
    rules = str(ROOT / "deploy/prometheus-rules.yaml")
    (tmp_path / "prometheus.yml").write_text(re.sub(r"/etc/\S*?\.yaml", rules, text))
    argv = [find("promtool") or "promtool", "check", "config", str(tmp_path / "prometheus.yml")]

    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", CATALOG.actions)
def test_the_example_of_an_action_is_a_step(name: str) -> None:
    example = CATALOG.actions[name].example
    kept = "\n    allow_blind: true\n    approval: required" if "allow_blind" in example else ""
    commands = frozenset(re.findall(r"name: ([\w-]+)", example))
    loader = PlaybookLoader(CATALOG, PlaybookRules(commands=commands))
    text = f"{on(CATALOG.actions[name].targets)}steps:\n  - {example}{kept}\n"

    found = loader.read([read_yaml(name, text.encode())])

    assert example.startswith(name)
    assert not found.has_errors, [str(problem) for problem in found.problems]


@pytest.mark.parametrize("name", CATALOG.checks)
def test_the_example_of_a_check_is_a_verification(name: str) -> None:
    example = CATALOG.checks[name].example
    assert example.startswith(name)
    assert problems(name, f"{FRAME}{STEP}verify:\n  all:\n    - {example}\n") == []


@pytest.mark.parametrize("name", CATALOG.probes)
def test_the_example_of_a_probe_is_a_diagnosis(name: str) -> None:
    example, kinds = CATALOG.probes[name].example, CATALOG.probes[name].targets
    text = f"{on(kinds)}{a_step_on(kinds)}diagnose:\n  - {example}\n"
    assert example.startswith(name)
    assert problems(name, text) == []


@pytest.mark.parametrize("name", ["playbooks/disk-space-low.yaml", "README.md:2"])
def test_examples_are_really_found(name: str) -> None:
    assert name in PLAYBOOKS
    assert "README.md:1" in SETTINGS
    assert len(FOREIGN) == 1


def test_a_wrong_example_would_be_noticed() -> None:
    assert problems("wrong", f"{FRAME}{STEP}verify: {{all: [{{weather: sunny}}]}}\n")
