"""Whatever an integration makes of its section, every secret in it is masked in logs and messages."""

from __future__ import annotations

import pytest

from remediator.config.settings import Settings
from remediator.documents.model_reader import Shape
from remediator.documents.secret import Secret
from remediator.documents.value_types import SecretText
from remediator.ports.sections import Section, Sections

HIDDEN = Secret("hidden")


class Model(Shape):
    """A section as ours are."""

    key: SecretText | None = None
    inner: tuple[Model, ...] = ()


MODEL = Model(inner=(Model(key=HIDDEN),))
VALUES = [{"a": {"b": HIDDEN}}, [HIDDEN], ((HIDDEN,),), HIDDEN, MODEL]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_secret_is_found_however_a_section_keeps_it(value: object) -> None:
    section: Section[object] = Section(key="x", shape=object, read=lambda *_: None, absent=None)

    assert Settings(sections=Sections().having(section, value)).secrets() == ("hidden",)
