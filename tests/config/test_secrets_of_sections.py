"""Whatever an integration makes of its section, every secret in it is masked in logs and messages."""

from __future__ import annotations

import pytest

from remediator.config.settings import Settings
from remediator.documents.secret import Secret
from remediator.ports.sections import Section, Sections

HIDDEN = Secret("hidden")


@pytest.mark.parametrize("value", [{"a": {"b": HIDDEN}}, [HIDDEN], ((HIDDEN,),), HIDDEN], ids=str)
def test_a_secret_is_found_however_a_section_keeps_it(value: object) -> None:
    section: Section[object] = Section(
        key="x", shape=object, unwritten=None, read=lambda *_: None, absent=None
    )

    assert Settings(sections=Sections().having(section, value)).secrets() == ("hidden",)
