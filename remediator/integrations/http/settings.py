"""The section `http`: which hosts may be asked and posted to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictStr

from remediator.documents.model_reader import Shape
from remediator.ports.sections import Section, SectionReading


class HttpShape(Shape):
    """`http`."""

    allow: tuple[Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._:\[\]-]{1,255}$")], ...] = ()


def _read(reading: SectionReading, shape: object) -> tuple[str, ...]:
    return shape.allow if isinstance(shape, HttpShape) else ()


HTTP_SECTION: Section[tuple[str, ...]] = Section(
    key="http", shape=HttpShape, unwritten=HttpShape(), read=_read, absent=()
)
