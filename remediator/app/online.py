"""`check --online`: asks every outside system that the settings name whether it answers and lets us do our work.

Nothing is changed anywhere. Another system is one more function in `INSPECTORS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from remediator.app.gateways import build_gateways, services_of
from remediator.config.catalog import Catalog
from remediator.config.needs import declared_rights, find_needs
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.integrations.slack.gateway.side import SLACK
from remediator.integrations.slack.settings.slack_names import slack_names
from remediator.ports.gateways import Reads
from remediator.ports.inspection import Finding
from remediator.ports.integration import Inspected as Asked


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
    templates = Templates(catalog.filters(settings.sections))
    loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
    book = loader.load(paths or settings.playbooks).checked()
    return asyncio.run(inspect(settings, book, catalog))


async def inspect(settings: Settings, book: PlaybookBook, catalog: Catalog) -> tuple[Finding, ...]:
    """Ask all inspectors at once; their findings come in the order of the integrations' names."""
    gateways, services = build_gateways(settings), services_of(settings)
    asked = Asked(
        services=services,
        reads=gateways.reads,
        needs=find_needs(book, catalog),
        declared=declared_rights(catalog),
    )
    subject = Inspected(settings=settings, book=book, catalog=catalog, reads=gateways.reads)
    systems = (each.inspect(asked) for each in catalog.integrations if each.inspect)
    by_hand = (inspector(subject) for inspector in INSPECTORS)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_found(each)) for each in (*systems, *by_hand)]
    finally:
        await gateways.close()
    return tuple(finding for task in tasks for finding in task.result())


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


INSPECTORS: tuple[Inspector, ...] = (inspect_slack,)


async def _found(findings: Awaitable[Sequence[Finding]]) -> Sequence[Finding]:
    return await findings
