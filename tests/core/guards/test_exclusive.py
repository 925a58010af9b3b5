"""one_run_per_target: who holds a target acts on it alone."""

from __future__ import annotations

import pytest

from remediator.core.guards.exclusive import GUARD, ExclusiveSettings
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import HOST, a_subject, facts, ruling

VOLUME = Target("volume", "vol-1")


@pytest.mark.parametrize(
    ("holders", "expected"),
    [
        ({}, None),
        ({HOST: "run_1"}, None),
        ({HOST: "run_2"}, Ruling.DEFER),
        ({VOLUME: "run_2"}, Ruling.DEFER),
        ({HOST: "run_1", VOLUME: "run_2"}, Ruling.DEFER),
        ({Target("host", "web2"): "run_2"}, None),
    ],
)
@pytest.mark.parametrize("acted", [False, True])
def test_a_target_that_another_run_holds_is_waited_for(
    holders: dict[Target, str], expected: Ruling | None, acted: bool
) -> None:
    subject = a_subject(targets=(HOST, VOLUME), acted=acted)
    assert ruling(GUARD, ExclusiveSettings(), subject, facts(holders=holders)) is expected


def test_the_reason_names_the_holder_and_it_looks_again_soon() -> None:
    verdict = GUARD.judge(ExclusiveSettings(), a_subject(), facts(holders={HOST: "run_2"}))
    assert verdict is not None
    assert verdict.reason == "host/web1 is held by run_2"
    assert verdict.until is not None
    assert verdict.until > MOMENT
