"""`check --online`: asks every outside system that the settings name whether it answers and lets us do our work.

Nothing is changed anywhere. What is asked of a system is its integration's `inspect`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path

from remediator.app.gateways import build_gateways, services_of
from remediator.config.catalog import Catalog
from remediator.config.named import named_in
from remediator.config.needs import declared_rights, find_needs
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.ports.inspection import Finding, WrittenCheck
from remediator.ports.integration import Inspected


def inspect_online(
    paths: Sequence[Path], settings_path: Path, catalog: Catalog
) -> tuple[Finding, ...]:
    """Ask everything; settings and playbooks must be without errors. Raise InvalidSettings, InvalidPlaybook."""
    settings = load_settings(settings_path, catalog).checked()
    templates = Templates(catalog.filters(settings.sections))
    loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
    loaded = loader.load(paths or settings.playbooks, with_checks=True)
    return asyncio.run(inspect(settings, loaded.checked(), catalog, loaded.checks))


async def inspect(
    settings: Settings,
    book: PlaybookBook,
    catalog: Catalog,
    checks: tuple[WrittenCheck, ...] = (),
) -> tuple[Finding, ...]:
    """Ask all inspectors at once; their findings come in the order of the integrations' names."""
    gateways, services = build_gateways(settings), services_of(settings)
    named = named_in(settings, book)
    asked = Inspected(
        services=services,
        reads=gateways.reads,
        needs=find_needs(book, catalog),
        declared=declared_rights(catalog),
        destinations=named.destinations,
        people=named.people,
        checks=checks,
    )
    systems = (each.inspect(asked) for each in catalog.integrations if each.inspect)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_found(each)) for each in systems]
    finally:
        await gateways.close()
    return tuple(finding for task in tasks for finding in task.result())


async def _found(findings: Awaitable[Sequence[Finding]]) -> Sequence[Finding]:
    return await findings
