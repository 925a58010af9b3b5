"""The section `http`: which hosts may be asked and posted to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictStr

from remediator.documents.model_reader import Shape
from remediator.ports.sections import Section


class HttpSettings(Shape):
    """`http`."""

    allow: tuple[Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._:\[\]-]{1,255}$")], ...] = ()


HTTP_SECTION: Section[HttpSettings] = Section(key="http", shape=HttpSettings, absent=HttpSettings())
