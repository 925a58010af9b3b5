"""alert_firing: no first change for an alert that is not known to fire."""

from __future__ import annotations

import pytest

from remediator.core.guards.firing import GUARD, FiringSettings
from remediator.core.verdict import Ruling
from tests.core.guards.cases import a_subject, facts, ruling


@pytest.mark.parametrize(
    ("firing", "acted", "expected"),
    [
        (True, False, None),
        (False, False, Ruling.DENY),
        (None, False, Ruling.DENY),
        (False, True, None),
        (None, True, None),
    ],
)
def test_what_has_begun_is_finished_and_nothing_else(
    firing: bool | None, acted: bool, expected: Ruling | None
) -> None:
    known = facts(alert_firing=firing)
    assert ruling(GUARD, FiringSettings(), a_subject(changed=acted), known) is expected
