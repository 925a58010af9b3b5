"""The section `acme`."""

from pathlib import Path

from remediator.documents.shapes import Shape
from remediator.documents.words import Path_
from remediator.ports.sections import Section, SectionReading


class AcmeShape(Shape):
    """`acme`."""

    shelf: Path_


def _read(reading: SectionReading, shape: object) -> Path | None:
    return reading.folder / shape.shelf if isinstance(shape, AcmeShape) else None


ACME: Section[Path | None] = Section(
    key="acme", shape=AcmeShape | None, unwritten=None, read=_read, absent=None
)
