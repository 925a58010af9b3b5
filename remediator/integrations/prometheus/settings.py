"""The section `prometheus`."""

from __future__ import annotations

from remediator.documents.sign_in import ServerShape, read_sign_in
from remediator.documents.value_types import Url
from remediator.ports.sections import Section, SectionReading


class PrometheusSettings(ServerShape):
    """`prometheus`."""

    url: Url


def _read(reading: SectionReading, written: PrometheusSettings | None) -> PrometheusSettings | None:
    return written and read_sign_in(reading.report, reading.secrets, ("prometheus",), written)


PROMETHEUS_SECTION: Section[PrometheusSettings | None] = Section(
    key="prometheus",
    shape=PrometheusSettings | None,
    read=_read,
    absent=None,
)
