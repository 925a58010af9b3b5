"""`check --online`: asks every outside system that the settings name whether it answers and lets us do our work.

Nothing is changed anywhere. Another system is one more function in `INSPECTORS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remediator.app.gateways import build_gateways
from remediator.config.catalog import Catalog
from remediator.config.needs import find_needs
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.core.errors import ActionError
from remediator.integrations.alertmanager.api import ALERTMANAGER
from remediator.integrations.aws.api import AWS
from remediator.integrations.aws.inspect import inspect_cloud
from remediator.integrations.kubernetes.api import KUBERNETES
from remediator.integrations.kubernetes.inspect import inspect_clusters
from remediator.integrations.prometheus.api import PROMETHEUS
from remediator.integrations.slack.gateway.side import SLACK
from remediator.integrations.slack.settings.slack_names import slack_names
from remediator.ports.gateways import Reads
from remediator.ports.inspection import Finding, Level

SIGN_IN = "see `bearer_token_file` and `basic` in the settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What is asked about: the settings, the playbooks and the gateways that only look."""

    settings: Settings
    book: PlaybookBook
    catalog: Catalog
    reads: Reads


Inspector = Callable[[Inspected], Awaitable[Sequence[Finding]]]


def inspect_online(
    paths: Sequence[Path], settings_path: Path, catalog: Catalog
) -> tuple[Finding, ...]:
    """Ask everything; settings and playbooks must be without errors. Raise InvalidSettings, InvalidPlaybook."""
    settings = load_settings(settings_path, catalog).checked()
    templates = Templates(settings.resolver)
    loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
    book = loader.load(paths or settings.playbooks).checked()
    return asyncio.run(inspect(settings, book, catalog))


async def inspect(settings: Settings, book: PlaybookBook, catalog: Catalog) -> tuple[Finding, ...]:
    """Ask all inspectors at once; their findings come in the order of the inspectors."""
    gateways = build_gateways(settings)
    subject = Inspected(settings=settings, book=book, catalog=catalog, reads=gateways.reads)
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(_ask(inspector, subject)) for inspector in INSPECTORS]
    finally:
        await gateways.close()
    return tuple(finding for one in asked for finding in one.result())


async def inspect_slack(subject: Inspected) -> Sequence[Finding]:
    """Ask Slack: tokens, scopes, and every channel, group and person that is named."""
    settings = subject.settings.slack
    if settings is None:
        return ()
    from remediator.integrations.slack.inspect import inspect as inspect_workspace

    names = slack_names(subject.settings, subject.book)
    return await inspect_workspace(
        subject.reads[SLACK],
        app_token=settings.app_token.reveal() if settings.app_token else None,
        channels=names.channels,
        groups=names.groups,
        users=names.users,
    )


async def inspect_prometheus(subject: Inspected) -> Sequence[Finding]:
    """Ask Prometheus one cheap query that has an answer wherever anything is scraped."""
    server = subject.settings.prometheus
    if server is None:
        return ()
    where = f"prometheus {server.urls[0]}"
    try:
        samples = await subject.reads[PROMETHEUS].query("count(up)")
    except ActionError as error:
        return (_no_answer(where, error),)
    if not samples:
        hint = "checks with `promql` will not hold"
        return (Finding(level=Level.WARNING, where=where, text="it has no targets", hint=hint),)
    text = f"answers, with {samples[0].value:.0f} targets"
    return (Finding(level=Level.OK, where=where, text=text),)


async def inspect_alertmanager(subject: Inspected) -> Sequence[Finding]:
    """Ask each Alertmanager by itself: in daily work one that answers hides another that does not."""
    server = subject.settings.alertmanager
    if server is None:
        return ()
    alone = [Settings(alertmanager=replace(server, urls=(url,))) for url in server.urls]
    return [
        await _alertmanager(settings, url) for settings, url in zip(alone, server.urls, strict=True)
    ]


async def inspect_kubernetes(subject: Inspected) -> Sequence[Finding]:
    """Ask every cluster whether we may do what the playbooks need, and no more."""
    clusters, settings = subject.reads[KUBERNETES], subject.settings.kubernetes
    needs = find_needs(subject.book, subject.catalog)
    return await inspect_clusters(clusters, settings, needs, subject.catalog)


async def inspect_aws(subject: Inspected) -> Sequence[Finding]:
    """Ask AWS whether we may do what the playbooks need."""
    needs = find_needs(subject.book, subject.catalog)
    return await inspect_cloud(subject.reads[AWS], subject.settings.aws, needs)


INSPECTORS: tuple[Inspector, ...] = (
    inspect_slack,
    inspect_prometheus,
    inspect_alertmanager,
    inspect_kubernetes,
    inspect_aws,
)


async def _ask(inspector: Inspector, subject: Inspected) -> Sequence[Finding]:
    return await inspector(subject)


async def _alertmanager(settings: Settings, url: str) -> Finding:
    where = f"alertmanager {url}"
    gateways = build_gateways(settings)
    try:
        started = await gateways.reads[ALERTMANAGER].started_at()
    except ActionError as error:
        return _no_answer(where, error)
    finally:
        await gateways.close()
    return Finding(level=Level.OK, where=where, text=f"answers, since {started:%Y-%m-%d %H:%M} UTC")


def _no_answer(where: str, error: ActionError) -> Finding:
    refused = any(f"status {status}" in error.detail for status in (401, 403))
    hint = SIGN_IN if refused else ""
    return Finding(level=Level.ERROR, where=where, text=error.detail, hint=hint)
