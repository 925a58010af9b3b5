"""The section `alertmanager`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from remediator.documents.value_types import SignInShape, Url
from remediator.integrations.api_settings import Server, read_server
from remediator.ports.sections import Section, SectionReading


class AlertmanagerShape(SignInShape):
    """`alertmanager`."""

    urls: Annotated[tuple[Url, ...], Field(min_length=1, max_length=20)]


def _read(reading: SectionReading, shape: object) -> Server | None:
    if not isinstance(shape, AlertmanagerShape):
        return None
    return read_server(reading, "alertmanager", shape, shape.urls)


ALERTMANAGER_SECTION: Section[Server | None] = Section(
    key="alertmanager",
    shape=AlertmanagerShape | None,
    unwritten=None,
    read=_read,
    absent=None,
)
