"""pause: people said stop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.facts import Pause
from remediator.core.guards.pause import GUARD, PauseSettings
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT
from tests.core.guards.cases import a_subject, facts, ruling

API = Target("deployment", "payments/api")


def a_pause(scope: str) -> Pause:
    return Pause(
        id="pau_1",
        scope=scope,
        who="ana",
        reason="migration",
        since=MOMENT,
        until=MOMENT + timedelta(hours=1),
    )


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("all", Ruling.DENY),
        ("playbook/disk-space-low", Ruling.DENY),
        ("playbook/disk-space", None),
        ("target/deployment/payments/api", Ruling.DENY),
        ("target/deployment/payments", None),
        ("target/host/api", None),
        ("namespace/payments", Ruling.DENY),
        ("namespace/pay", None),
        ("everything", None),
    ],
)
@pytest.mark.parametrize("acted", [False, True])
def test_a_pause_stops_what_it_covers_before_every_change(
    scope: str, expected: Ruling | None, acted: bool
) -> None:
    subject = a_subject(targets=(API,), acted=acted)
    known = facts(pauses=(a_pause(scope),))
    assert ruling(GUARD, PauseSettings(), subject, known) is expected


def test_the_reason_says_who_and_until_when_and_how_to_go_on() -> None:
    verdict = GUARD.judge(PauseSettings(), a_subject(), facts(pauses=(a_pause("all"),)))
    assert verdict is not None
    assert verdict.reason == "ana paused all until 2026-03-14 10:26 UTC: migration"
    assert verdict.clears == "remediator resume all"


def test_without_a_pause_there_is_nothing_to_say() -> None:
    assert ruling(GUARD, PauseSettings(), a_subject(), facts()) is None
