"""The section `prometheus`."""

from __future__ import annotations

from remediator.documents.value_types import SignInShape, Url
from remediator.integrations.api_settings import Server, read_server
from remediator.ports.sections import Section, SectionReading


class PrometheusShape(SignInShape):
    """`prometheus`."""

    url: Url


def _read(reading: SectionReading, shape: object) -> Server | None:
    if not isinstance(shape, PrometheusShape):
        return None
    return read_server(reading, "prometheus", shape, (shape.url,))


PROMETHEUS_SECTION: Section[Server | None] = Section(
    key="prometheus",
    shape=PrometheusShape | None,
    unwritten=None,
    read=_read,
    absent=None,
)
