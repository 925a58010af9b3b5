"""`slack manifest`: what an administrator of the workspace needs to create the app. Asks nobody."""

from __future__ import annotations

import re

import click

from remediator.cli.failures import require_integration

_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


@click.group()
def slack() -> None:
    """Set Slack up.

    \b
    Examples:
      remediator slack manifest
      remediator slack manifest --url https://remediator.example.com
    """


@slack.command()
@click.option("--url", help="Slack calls the daemon here (https), instead of Socket Mode.")
def manifest(url: str | None) -> None:
    """Print the app's manifest, to be pasted at api.slack.com/apps.

    Without --url the daemon connects to Slack (Socket Mode): no public address is needed.

    \b
    Examples:
      remediator slack manifest > slack-manifest.yaml
      remediator slack manifest --url https://remediator.example.com
    """
    require_integration("slack manifest", "slack")
    from remediator.integrations.slack.manifest import manifest_text

    click.echo(manifest_text(_address(url) if url else ""), nl=False)


def _address(url: str) -> str:
    """Return a URL that Slack takes; it must not be able to say anything else in the manifest."""
    if not _ADDRESS.fullmatch(url):
        raise click.BadParameter("Slack needs an https:// address", param_hint="--url")
    return url
