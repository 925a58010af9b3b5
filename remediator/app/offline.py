"""`plan` and `drill` without a daemon: the settings' own gateways that look, a store that is thrown away, the engine.

What would change something is not there: no executor is built. The daemon's memory is not there either, so cooldowns,
limits, the breaker and pauses have nothing to go by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from remediator.app.configuration import InForce, load_configuration
from remediator.app.parts import drill_of, observer_of
from remediator.config.catalog import Catalog
from remediator.config.expressions import CelConditions
from remediator.core.alert import Alert
from remediator.core.drill import DrillWanted
from remediator.core.errors import Refused
from remediator.engine.observer import Observer
from remediator.engine.preview import Preview
from remediator.http.drills import drill_shape
from remediator.http.plan_shape import plan_shape
from remediator.ports.ambient import system_ambient
from remediator.ports.gateways import Reads
from remediator.ports.preview import Wanted
from remediator.ports.store import Store
from remediator.stores.store import open_store, sqlite_url

T = TypeVar("T")


def preview_offline(
    config_file: Path, catalog: Catalog, wanted: Sequence[Wanted]
) -> list[dict[str, object]]:
    """Return for each alert what would be done about it now, as the API answers.

    Raise InputError, Refused, ActionError.
    """

    async def ask(looking: _Looking) -> list[dict[str, object]]:
        in_force = looking.in_force
        preview = Preview(
            store=looking.store,
            ambient=system_ambient(),
            observer=looking.observer,
            rules=in_force.rules,
            protected=in_force.protected,
        )
        asked = [await _with_labels(each, in_force.reads, catalog) for each in wanted]
        found = [plan_shape(await preview.plan(each)) for each in asked]
        return [in_force.mask().texts(each) for each in found]

    return _look(config_file, catalog, ask)


def drill_offline(config_file: Path, catalog: Catalog, wanted: DrillWanted) -> dict[str, object]:
    """Return what a drill finds on the targets that the settings name, or that are asked for, as the API answers.

    Raise InputError, Refused.
    """

    async def ask(looking: _Looking) -> dict[str, object]:
        in_force = looking.in_force
        drill = drill_of(looking.store, system_ambient(), in_force, looking.observer, catalog)
        report = await drill.run(wanted, in_force.now.settings.drill)
        found: dict[str, object] = in_force.mask().texts(drill_shape(report).plain())
        return found

    return _look(config_file, catalog, ask)


@dataclass(frozen=True, slots=True)
class _Looking:
    """What there is to look with: the settings' gateways, and a store that knows nothing."""

    in_force: InForce
    store: Store
    observer: Observer


def _look(config_file: Path, catalog: Catalog, ask: Callable[[_Looking], Awaitable[T]]) -> T:
    """Ask something with these settings; whatever happens, gateways and store are closed and nothing is kept."""
    conditions = CelConditions()
    in_force = InForce(load_configuration(config_file, catalog, conditions))

    async def looked(folder: str) -> T:
        try:
            store = await open_store(sqlite_url(Path(folder)))
            try:
                observer = observer_of(in_force, catalog, conditions)
                return await ask(_Looking(in_force, store, observer))
            finally:
                await store.close()
        finally:
            await in_force.now.gateways.close()

    with TemporaryDirectory(prefix="remediator-look-") as folder:
        return asyncio.run(looked(folder))


async def _with_labels(wanted: Wanted, reads: Reads, catalog: Catalog) -> Wanted:
    """Look an alert's fingerprint up among those that fire now, as there is no store that would know it."""
    if not wanted.fingerprint:
        return wanted
    fires = await firing(reads, catalog)
    found = next((each for each in fires if each.fingerprint == wanted.fingerprint), None)
    if found is None:
        text = f"no alert with the fingerprint {wanted.fingerprint} fires now"
        raise Refused("not_found", text, hint="give its labels instead, or ask a daemon")
    return replace(wanted, fingerprint="", labels=found.labels, annotations=found.annotations)


async def firing(reads: Reads, catalog: Catalog) -> list[Alert]:
    """Return the alerts that fire now, of every system that can list them."""
    known = [each.firing for each in catalog.integrations if each.firing]
    return [alert for ask in known for alert in await ask(reads)]
