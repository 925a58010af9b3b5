"""`new`: a playbook with a test, from a rule, an alert or a template; checked first, and nothing is overwritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediator.cli.alert_words import alerts_in
from remediator.cli.failures import UNREACHABLE, USAGE, Failure
from remediator.cli.options import PLAYBOOKS_HERE, check_hint, config_option
from remediator.cli.terminal import say

if TYPE_CHECKING:
    from remediator.app.beginnings import Beginning
    from remediator.config.catalog import Catalog
    from remediator.config.settings import Settings

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("name")
@click.option("--from", "origin", required=True, metavar="RULE|ALERT|FILE|TEMPLATE")
@click.option("--rules", multiple=True, type=_EXISTING, help="Rule files or folders with the rule.")
@click.option(
    "--step", "action", metavar="ACTION", help="What answers it; else it looks and calls."
)
@click.option(
    "--to", "to", type=click.Path(path_type=Path), help="A folder, a file, or - to print it."
)
@config_option
def new(
    name: str,
    origin: str,
    rules: tuple[Path, ...],
    action: str | None,
    to: Path | None,
    config_file: str | None,
) -> None:
    """Write the playbook NAME, with everything filled in that can be known, and a test.

    --from is the name of an alert rule (in --rules, else in the Prometheus of the settings), of an
    alert that fires now, or its fingerprint (Alertmanager of the settings), a JSON file with an
    alert (as `plan --alert`), or a template: disk-space-low, look-first. It is a dry run, passes
    `check --strict`, and nothing is overwritten.

    \b
    Examples:
      remediator new host-hot --from HostHot --rules rules/
      remediator new crash --from KubePodCrashLooping --step kubernetes.delete_pod
      remediator new my-disk --from disk-space-low --to playbooks/
    """
    if not _NAME.fullmatch(name):
        hint = "lower-case letters, digits, - and _, at most 63"
        raise Failure(f"{name!r} is no name of a playbook", hint=hint, exit_code=USAGE)
    from remediator.config.catalog import find_catalog

    catalog, settings = find_catalog(), _settings(config_file)
    text = _from_template(name, origin) or _sketched(
        name, _beginning(origin, rules, settings, catalog), action, settings, catalog
    )
    if to == Path("-"):
        click.echo(text, nl=False)
    _refuse_problems(name, text, settings, catalog)
    if to != Path("-"):
        _write(text, _place(name, to, settings))


def _settings(config_file: str | None) -> Settings:
    from remediator.config.catalog import find_catalog
    from remediator.config.settings_reader import load_settings

    path = Path(config_file) if config_file else None
    return _said(lambda: load_settings(path, find_catalog()).checked(), check_hint(config_file))


def _from_template(name: str, origin: str) -> str:
    from remediator.config.starter import template_names, template_text

    return template_text(origin, name) if origin in template_names() else ""


def _beginning(
    origin: str, rules: tuple[Path, ...], settings: Settings, catalog: Catalog
) -> Beginning:
    from remediator.app.beginnings import find_in_files, find_live

    if rules:
        return _said(lambda: find_in_files(origin, rules, catalog))
    if Path(origin).is_file():
        return _of_file(Path(origin))
    hint = "give --rules, a file, or settings with `prometheus` or `alertmanager`"
    return _said(lambda: find_live(origin, settings, catalog), hint)


def _of_file(path: Path) -> Beginning:
    from remediator.app.beginnings import of_labels

    try:
        first = alerts_in(path.read_bytes())[0]
    except (ValueError, OSError) as error:
        raise Failure(f"{path}: {error}", exit_code=USAGE) from error
    found = of_labels(first.labels, first.annotations, f"an alert in {path}")
    if not found.alert:
        raise Failure(f"{path}: the alert has no `alertname`", exit_code=USAGE)
    return found


def _said(find: Callable[[], T], hint: str = "") -> T:
    from remediator.core.errors import ActionError, InputError

    try:
        return find()
    except InputError as error:
        raise Failure(str(error), hint=hint, exit_code=USAGE) from error
    except ActionError as error:
        raise Failure(str(error), hint=hint, exit_code=UNREACHABLE) from error


def _sketched(
    name: str, begun: Beginning, action: str | None, settings: Settings, catalog: Catalog
) -> str:
    from remediator.config.sketch import Sketch, sketch_text
    from remediator.ports.targets import fitting

    step = _action(action, catalog) if action else None
    usual = [each for i in catalog.integrations for each in i.usual_targets]
    if step:
        usual = [each for each in usual if each.target.partition("/")[0] in step.targets]
    target = fitting(usual, begun.labels)
    if step and target is None:
        wanted = " or ".join(step.targets)
        raise Failure(f"{begun.alert} carries no labels that name a {wanted}, for {step.name}")
    sketch = Sketch(
        name=name,
        alert=begun.alert,
        origin=begun.origin,
        labels=begun.labels,
        sample=begun.sample,
        annotations=begun.annotations,
        expression=begun.expression,
        target=target,
        step=step,
        contact=next(iter(settings.contacts), None),
    )
    return sketch_text(sketch, catalog.probes.values(), catalog.actions.values())


def _action(name: str, catalog: Catalog) -> Any:
    from remediator.documents.problem import did_you_mean

    if name not in catalog.actions:
        hint = did_you_mean(name, catalog.actions) or "remediator actions list"
        raise Failure(f"there is no action {name}", hint=hint, exit_code=USAGE)
    return catalog.actions[name]


def _refuse_problems(name: str, text: str, settings: Settings, catalog: Catalog) -> None:
    """Write nothing that `check --strict` would not take; what it says tells what this alert needs by hand."""
    from remediator.config.playbooks import PlaybookLoader
    from remediator.config.templates import Templates
    from remediator.documents.yaml_source import read_yaml

    templates = Templates(catalog.filters(settings.sections))
    rules = settings.playbook_rules()
    loader = PlaybookLoader(catalog, rules, templates=templates)
    problems = loader.read([read_yaml(f"{name}.yaml", text.encode())]).problems
    if problems:
        said = "\n".join(map(str, problems))
        hint = "nothing was written; --to - shows the text itself"
        raise Failure(f"what was put together does not pass `check --strict`:\n{said}", hint=hint)


def _write(text: str, path: Path) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        hint = "choose another name, or --to; nothing is overwritten"
        raise Failure(f"{path} is there already", hint=hint, exit_code=USAGE) from None
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}", exit_code=USAGE) from error
    say(f"wrote  {path}")
    say("Next: read it, then remediator check --strict, remediator plan --labels …")


def _place(name: str, to: Path | None, settings: Settings) -> Path:
    if to is not None:
        return to / f"{name}.yaml" if to.is_dir() else to
    folders = (
        [Path(PLAYBOOKS_HERE), *settings.playbooks] if not settings.file else settings.playbooks
    )
    folder = next((each for each in folders if each.is_dir()), Path())
    return folder / f"{name}.yaml"
