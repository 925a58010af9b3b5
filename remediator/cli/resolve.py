"""`resolve`: which host an alert's `instance` is, and which rule says so. Needs the settings, but no daemon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remediator.cli.failures import USAGE, Failure, require_integration
from remediator.cli.options import check_hint, config_option, output_option
from remediator.cli.terminal import dump, say, say_table

if TYPE_CHECKING:
    from remediator.integrations.hosts.settings.hosts import HostResolver


@click.command()
@click.argument("instance")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Another label.")
@config_option
@output_option
def resolve(instance: str, labels: tuple[str, ...], config_file: str | None, output: str) -> None:
    """Say which host an INSTANCE is, rule by rule. Exit code 1 where it is none.

    \b
    Examples:
      remediator resolve web1:9100 --config.file /etc/remediator/remediator.yaml
      remediator resolve 10.0.0.7:9100 --label ssh_host=web1
    """
    require_integration("resolve", "hosts")
    from remediator.core.errors import InvalidTarget

    resolver = _resolver(config_file)
    known = _labels(labels)
    findings = resolver.explain(instance, known)
    host, problem = None, ""
    try:
        host = resolver.resolve(instance, known)
    except InvalidTarget as error:
        problem = str(error)
    if output != "table":
        rules = [{"rule": f.rule, "hosts": list(f.hosts), "note": f.note} for f in findings]
        dump({"instance": instance, "host": host, "problem": problem, "rules": rules}, output)
    else:
        rows = [(f.rule, ", ".join(f.hosts) or "-", f.note) for f in findings]
        say_table(("RULE", "FINDS", "SO"), rows, empty="The settings have no rules.")
        say(f"{instance} is host/{host}" if host else "no target", bold=True)
    if host is None:
        raise Failure(problem, hint="see `hosts` in the settings")


def _resolver(config_file: str | None) -> HostResolver:
    from remediator.config.catalog import find_catalog
    from remediator.config.settings_reader import load_settings
    from remediator.documents.problem import errors_first
    from remediator.integrations.hosts.settings.section import HOSTS_SECTION

    loaded = load_settings(Path(config_file) if config_file else None, find_catalog())
    if loaded.has_errors:
        text = errors_first(loaded.problems)
        hint = check_hint(config_file)
        raise Failure(f"the settings have errors\n{text}", hint=hint, exit_code=USAGE)
    return loaded.settings.sections[HOSTS_SECTION].resolver


def _labels(texts: tuple[str, ...]) -> dict[str, str]:
    labels = dict(text.partition("=")[::2] for text in texts)
    if any("=" not in text for text in texts):
        raise Failure("--label is written NAME=VALUE", exit_code=USAGE)
    return labels
