"""The section `acme`."""

from pathlib import Path

from remediator.sdk import Path_, Section, SectionReading, Shape


class AcmeShape(Shape):
    """`acme`."""

    shelf: Path_


def _read(reading: SectionReading, shape: object) -> Path | None:
    return reading.folder / shape.shelf if isinstance(shape, AcmeShape) else None


ACME: Section[Path | None] = Section(
    key="acme", shape=AcmeShape | None, unwritten=None, read=_read, absent=None
)
