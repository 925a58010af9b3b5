"""The section `alertmanager`: one server, or several that know the same."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from remediator.documents.sign_in import ServerShape, read_sign_in
from remediator.documents.value_types import Url
from remediator.ports.sections import Section, SectionReading


class AlertmanagerSettings(ServerShape):
    """`alertmanager`."""

    urls: Annotated[tuple[Url, ...], Field(min_length=1, max_length=20)]


def _read(
    reading: SectionReading, written: AlertmanagerSettings | None
) -> AlertmanagerSettings | None:
    return written and read_sign_in(reading.report, reading.secrets, ("alertmanager",), written)


ALERTMANAGER_SECTION: Section[AlertmanagerSettings | None] = Section(
    key="alertmanager",
    shape=AlertmanagerSettings | None,
    read=_read,
    absent=None,
)
