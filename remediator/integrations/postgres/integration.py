"""PostgreSQL: sessions that hold others up, and questions to a database."""

from __future__ import annotations

from collections.abc import Iterator

from remediator.core.target import Target
from remediator.integrations.postgres.api import POSTGRES, POSTGRES_WRITES
from remediator.integrations.postgres.inspect import inspect
from remediator.integrations.postgres.settings import POSTGRES_SECTION
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected, Integration, Services
from remediator.ports.sections import Sections


def connect(services: Services) -> Connected:
    """Return both halves; each question connects by itself, so there is nothing to close."""
    databases = services.sections[POSTGRES_SECTION]
    if not databases:
        return Connected()
    from remediator.integrations.postgres.gateway.databases import DatabasesLooker, DatabasesWriter

    return Connected(
        reads=Reads().having(POSTGRES, DatabasesLooker(databases)),
        writes=Writes().having(POSTGRES_WRITES, DatabasesWriter(databases)),
    )


def databases(sections: Sections) -> Iterator[tuple[Target, str]]:
    """Yield every database of the settings, and where it is."""
    return ((Target("postgres", each.name), each.url) for each in sections[POSTGRES_SECTION])


INTEGRATION = Integration(
    name="postgres",
    sections=(POSTGRES_SECTION,),
    connect=connect,
    inspect=inspect,
    databases=databases,
)
