"""`rbac` and `iam`: exactly what the loaded playbooks must be allowed to do, to be granted. Ask nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import config_option
from remediator.cli.terminal import say

if TYPE_CHECKING:
    from remediator.config.settings import Settings
    from remediator.ports.rights import Need

_ACCOUNT = re.compile(r"([a-z0-9-]{1,63})/([a-z0-9.-]{1,253})")
_paths = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))


@click.command()
@_paths
@config_option
@click.option("--cluster", help="Only this one of the settings' clusters.")
@click.option(
    "--account",
    default="remediator/remediator",
    show_default=True,
    help="The daemon's service account, NAMESPACE/NAME.",
)
def rbac(
    paths: tuple[Path, ...], config_file: str | None, cluster: str | None, account: str
) -> None:
    """Print the Kubernetes roles that the playbooks need, and bindings to the daemon's account.

    PATH is a playbook or a folder of them; without one, the settings' folders are read.
    With --config.file, the roles are for the namespaces that the settings allow.

    \b
    Examples:
      remediator rbac --config.file /etc/remediator/remediator.yaml | kubectl apply -f -
      remediator rbac playbooks/pod-crash-looping.yaml
    """
    _require("rbac", "kubernetes")
    from remediator.integrations.kubernetes.needs import ANY_CLUSTER, cluster_needs
    from remediator.integrations.kubernetes.rbac import rbac_text
    from remediator.integrations.kubernetes.settings import KUBERNETES_SECTION

    owner = _ACCOUNT.fullmatch(account)
    if owner is None:
        raise click.BadParameter("expected NAMESPACE/NAME", param_hint="--account")
    settings, needs = _needs(paths, config_file)
    known = settings.sections[KUBERNETES_SECTION]
    chosen = [each for each in known or (ANY_CLUSTER,) if cluster in (None, each.name)]
    if not chosen:
        names = ", ".join(each.name for each in known) or "none"
        raise click.BadParameter(f"the settings have: {names}", param_hint="--cluster")
    if len(chosen) > 1:
        say("for several clusters, one after the other: --cluster NAME prints one", err=True)
    texts = [rbac_text(cluster_needs(needs, each), each, (owner[1], owner[2])) for each in chosen]
    click.echo("---\n".join(texts), nl=False)


@click.command()
@_paths
@config_option
def iam(paths: tuple[Path, ...], config_file: str | None) -> None:
    """Print the AWS policy that the playbooks need.

    Changes are allowed only where the tags of the settings' `aws.allow_tags` are on a thing.

    \b
    Examples:
      remediator iam --config.file /etc/remediator/remediator.yaml > policy.json
      remediator iam playbooks/disk-full-grow-volume.yaml
    """
    _require("iam", "aws")
    from remediator.integrations.aws.iam import iam_text
    from remediator.integrations.aws.needs import cloud_needs
    from remediator.integrations.aws.settings import AWS_SECTION

    settings, needs = _needs(paths, config_file)
    rights = cloud_needs(needs)
    if not rights:
        say("the playbooks need nothing at AWS", err=True)
    click.echo(iam_text(rights, settings.sections[AWS_SECTION]))


def _require(command: str, integration: str) -> None:
    from remediator.config.catalog import find_integrations

    if integration not in {each.name for each in find_integrations()}:
        raise Failure(
            f"`{command}` comes with the integration `{integration}`, which is not installed",
            exit_code=USAGE,
        )


def _needs(paths: tuple[Path, ...], config_file: str | None) -> tuple[Settings, tuple[Need, ...]]:
    """Return the settings and what their playbooks (or those of `paths`) need; raise what is wrong with them."""
    from remediator.config.catalog import find_catalog
    from remediator.config.needs import find_needs
    from remediator.config.playbooks import PlaybookLoader
    from remediator.config.settings import Settings
    from remediator.config.settings_reader import load_settings
    from remediator.config.templates import Templates
    from remediator.core.errors import InputError

    if not paths and config_file is None:
        raise click.UsageError("which playbooks? give PATHS or --config.file")
    catalog = find_catalog()
    try:
        if config_file is None:
            return Settings(), find_needs(PlaybookLoader(catalog).load(paths).checked(), catalog)
        settings = load_settings(Path(config_file), catalog).checked()
        templates = Templates(catalog.filters(settings.sections))
        loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
        book = loader.load(paths or settings.playbooks).checked()
        return settings, find_needs(book, catalog)
    except InputError as error:
        raise Failure(str(error), hint="remediator check", exit_code=USAGE) from error
