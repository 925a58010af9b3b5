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
from remediator.config.named import named_in
from remediator.config.needs import find_needs
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.integrations.aws.api import AWS
from remediator.integrations.aws.inspect import inspect_cloud
from remediator.integrations.kubernetes.api import KUBERNETES
from remediator.integrations.kubernetes.inspect import inspect_clusters
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
    templates = Templates(settings.resolver)
    loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
    book = loader.load(paths or settings.playbooks).checked()
    return asyncio.run(inspect(settings, book, catalog))


async def inspect(settings: Settings, book: PlaybookBook, catalog: Catalog) -> tuple[Finding, ...]:
    """Ask all inspectors at once; their findings come in the order of the integrations' names."""
    gateways, services = build_gateways(settings), services_of(settings)
    named = named_in(settings, book)
    asked = Asked(
        services=services,
        reads=gateways.reads,
        needs=find_needs(book, catalog),
        ways=named.ways,
        people=named.people,
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
    inspect_kubernetes,
    inspect_aws,
)


async def _found(findings: Awaitable[Sequence[Finding]]) -> Sequence[Finding]:
    return await findings
